"""A stranger's folder, copied by value before anything reads it.

What is checked, hashed, run and scored is the copy: it has the files that count and no others, and nobody can change
or swap them between one look and the next. Links are never followed, at no level of the path, and nothing but regular
files is opened for reading.
"""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.text import bytes_read
from harness.submission.tree import Tree, irregular, kind_of, opened, read_tree

_CHUNK_BYTES = 1024**2


def private_folder() -> Path:
    """A new folder that no other user can look into, but for the one that root hands submitted code to.

    That user can enter what it knows the name of, and write nothing.
    """
    folder = Path(tempfile.mkdtemp(prefix="paretonlp-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    return folder


@contextmanager
def staged(source: Path) -> Iterator[tuple[Path, Tree]]:
    """A copy of a folder that lasts as long as the block, and what it holds.

    Raises:
        ParetoNLPError: what ``stage`` raises.

    """
    home = private_folder()
    try:
        yield home / "copy", stage(source, home / "copy")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def stage(source: Path, target: Path) -> Tree:
    """Copy the files of a folder that count into a new one.

    Returns:
        What was copied, and what is wrong with the rest.

    Raises:
        ParetoNLPError: nothing was copied: ``unreadable-file``, ``too-many-files``, ``too-many-bytes`` or ``no-room``.

    """
    make_folder(target)
    try:
        top = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise fail("unreadable-file", f"The folder cannot be read: {error.strerror}.", file=".") from error
    try:
        tree = read_tree(top)
        if tree.beyond_caps:
            raise ParetoNLPError(*tree.findings)
        need_room(sum(tree.sizes.values()), target)
        findings = list(tree.findings)
        sizes = {}
        for name, listed in tree.sizes.items():
            problem = _copy(top, name, listed, target)
            if problem is None:
                sizes[name] = listed
            else:
                findings.append(problem)
        return Tree(sizes, tuple(findings))
    finally:
        os.close(top)


def make_folder(path: Path) -> None:
    """A folder, and those around it, that others can read where they can enter what is around them."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir()
        path.chmod(0o755)


def new_file(path: Path) -> int:
    """A descriptor to write a file that was not there, in a folder that is made where it is missing."""
    make_folder(path.parent)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    os.fchmod(descriptor, 0o644)  # whatever the umask
    return descriptor


def _copy(top: int, name: str, listed: int, target: Path) -> Finding | None:
    """Copy one file of an open folder; what is wrong with it, else."""
    try:
        with _open_below(top, name) as source:
            status = os.fstat(source)
            if not stat.S_ISREG(status.st_mode):
                return irregular(name, kind_of(status.st_mode))
            copied = _copy_bytes(source, target / name, listed)
    except OSError as error:
        if is_no_room(error):
            raise no_room(listed) from error
        return Finding("unreadable-file", f"The file cannot be read: {error.strerror}.", file=name)
    if copied != listed:
        return Finding(
            "file-changed",
            "The file changed while it was read.",
            file=name,
            expected="a folder that nothing writes to",
            remedy="Wait until it is written, and try again.",
        )
    return None


def _copy_bytes(source: int, target: Path, listed: int) -> int:
    """Copy as many bytes as a file was listed with, and one more if there is one; how many there were."""
    copied = 0
    with open(new_file(target), "wb") as written:
        while copied <= listed and (chunk := os.read(source, min(_CHUNK_BYTES, listed + 1 - copied))):
            written.write(chunk)
            copied += len(chunk)
    return copied


@contextmanager
def _open_below(top: int, name: str) -> Iterator[int]:
    """A file below an open folder; a link on the way there is an error."""
    first, _, rest = name.partition("/")
    with opened(first, top, folder=bool(rest)) as place:
        if not rest:
            yield place
            return
        with _open_below(place, rest) as below:
            yield below


def need_room(size: int, target: Path) -> None:
    """Raise where a folder's disk has no room for so many bytes.

    Raises:
        ParetoNLPError: ``no-room``.

    """
    if size > shutil.disk_usage(target).free:
        raise no_room(size)


def is_no_room(error: OSError) -> bool:
    """Whether the system says that a disk is full, or a quota."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def no_room(size: int) -> ParetoNLPError:
    """The error for a copy that the disk has no room for."""
    return fail(
        "no-room",
        f"There is no room in {tempfile.gettempdir()} for {bytes_read(size)}.",
        expected="room for all files: what is evaluated is a copy",
        remedy="Set TMPDIR to a folder on a larger disk, or put large weights on the Hub.",
    )
