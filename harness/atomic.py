"""Files and folders that appear whole or not at all."""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from harness.findings import fail


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content becomes ``path`` if the block ends well, and vanishes if it does not.

    A reader sees the old file or the new one; missing parent folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "wb") as stream:
            yield stream
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextmanager
def new_text_file(path: Path) -> Iterator[TextIO]:
    """As ``new_file``, for text in UTF-8. Lines end in ``\\n`` on every system."""
    with new_file(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="\n")
        yield text
        text.detach()


def write_whole(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one step."""
    with new_file(path) as stream:
        stream.write(content)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """An empty folder that becomes ``path`` if the block ends well, and vanishes if it does not.

    Raises:
        ParetoNLPError: ``folder-exists``; nothing that is there is ever overwritten.

    """
    _refuse_existing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield staging
        staging.chmod(0o777 & ~_umask())
        _refuse_existing(path)
        staging.rename(path)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise fail(
            "folder-exists",
            f"{path} is there already.",
            remedy="Choose another folder, or move that one away; nothing is overwritten.",
        )


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
