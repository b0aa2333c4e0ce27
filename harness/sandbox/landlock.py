"""Which files a process may touch (Landlock: man 7 landlock, ``linux/landlock.h``)."""

import ctypes
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine
_ASK_VERSION, _PATH_BENEATH = 1, 1

READ_FILE, READ_DIRECTORY, WRITE_FILE, TRUNCATE = 1 << 2, 1 << 3, 1 << 1, 1 << 14
_MAKE = 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8  # remove directory, remove file, make directory, make regular file
_ONLY_FILES = READ_FILE | WRITE_FILE | TRUNCATE
READ = READ_FILE | READ_DIRECTORY
WRITE = READ | WRITE_FILE | TRUNCATE | _MAKE


@dataclass(frozen=True, slots=True)
class Rule:
    """Rights on a file, or on all that is beneath a directory."""

    path: Path
    rights: int


def handled(version: int) -> tuple[int, int, int]:
    """What a kernel's version can govern: rights on files, on TCP, scopes. All of it is denied but for the rules."""
    files = (1 << 13) - 1
    for since, right in ((2, 1 << 13), (3, TRUNCATE), (5, 1 << 15)):
        files |= right if version >= since else 0
    return files, 0b11 if version >= 4 else 0, 0b11 if version >= 6 else 0


def version() -> int:
    """This kernel's version of Landlock; 0: none."""
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def apply(rules: Sequence[Rule]) -> None:
    """Confine this thread, and those that it starts, to the rules. A path that is not there is left out.

    Raises:
        OSError: the kernel has no Landlock, or does not take the rules.
    """
    known = version()
    if known < 1:
        raise OSError("this kernel has no Landlock")
    files, tcp, scopes = handled(known)
    attributes = struct.pack("<QQQ", files, tcp, scopes)[: 8 if known < 4 else 16 if known < 6 else 24]
    ruleset = _checked(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for rule in rules:
            _add(ruleset, rule, files)
        _checked(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, rule: Rule, files: int) -> None:
    try:
        place = os.open(rule.path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = rule.rights & files
        if not rule.path.is_dir():
            rights &= _ONLY_FILES
        _checked(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _call(*arguments: int | bytes | None) -> int:
    return int(ctypes.CDLL(None, use_errno=True).syscall(*arguments))


def _checked(*arguments: int | bytes | None) -> int:
    result = _call(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"landlock: {os.strerror(ctypes.get_errno())}")
    return result
