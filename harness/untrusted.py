"""Files, JSON and words from a stranger: read within bounds, and meaning the same to every reader."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

_MOST_DIGITS = 19
"""Of a whole number: within 64 bits, as everything that is computed from it."""


def read_bounded(path: Path, most: int) -> bytes:
    """The first ``most + 1`` bytes of a regular file.

    Raises:
        OSError: it is not there, or a link, a pipe or a device, which could lead anywhere and never end.

    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "it is a symbolic link") from error
        raise
    with open(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        return stream.read(most + 1)


def printable(text: str) -> str:
    """Words as they are, with what does not print written out: control characters, marks that turn text around.

    >>> printable("red \\x1b[31m")
    'red \\\\x1b[31m'
    """
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


def parse_json(text: str) -> Any:
    """JSON with every key once, whole numbers of 64 bits, and no NaN.

    Raises:
        ValueError: it is not that; what is wrong.

    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _whole(digits: str) -> int:
    if len(digits.removeprefix("-")) > _MOST_DIGITS:
        raise ValueError("a whole number has more than 64 bits")
    return int(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
