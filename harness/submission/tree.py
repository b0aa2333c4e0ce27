"""The files of a folder or an archive, as names: what is read, what is ignored, what is refused."""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from harness.findings import Finding
from harness.submission.text import bytes_read, quoted

MAX_FILES = 20_000
MAX_ENTRIES = 100_000
"""Names of any kind, folders and those that are ignored among them."""
MAX_BYTES = 64 * 1024**3
MAX_DEPTH = 10
MAX_NAME_BYTES = 200
HARNESS_FILES = frozenset({"report.json", "replicates.npz"})
"""What the harness writes beside a submission: never read from a stranger, never part of a digest."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CAPS = ("too-many-files", "too-many-bytes")
_IGNORED = frozenset({"__pycache__", "__MACOSX", "Thumbs.db"})
_MOST_FINDINGS = 20
_KINDS = {
    stat.S_IFLNK: "symbolic link",
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


class Tree(NamedTuple):
    """The regular files of a folder, with their sizes: sorted POSIX paths relative to it."""

    sizes: Mapping[str, int]
    findings: tuple[Finding, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """The names."""
        return tuple(self.sizes)

    @property
    def beyond_caps(self) -> bool:
        """Whether there is more than is read."""
        return any(finding.code in _CAPS for finding in self.findings)


def is_ignored(part: str) -> bool:
    """Whether a name is a file manager's, an editor's or Python's own: hidden, or a cache."""
    return part.startswith(".") or part in _IGNORED or part.endswith(".pyc")


def kind_of(mode: int) -> str:
    """What a mode that is neither a file nor a folder is, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "special file")


def read_tree(root: Path | int) -> Tree:
    """The files below a folder, by path or as a descriptor, without following links; reading ends at the caps."""
    walk = _Walk()
    sizes: dict[str, int] = {}
    for name, status in walk.below(os.open(root, _FOLDER) if isinstance(root, Path) else os.dup(root), ""):
        if not stat.S_ISREG(status.st_mode):
            walk.findings.append(irregular(name, kind_of(status.st_mode)))
            continue
        sizes[name] = status.st_size
        if len(sizes) > MAX_FILES:
            walk.left = 0
    if walk.left <= 0:
        walk.findings.append(too_many_files())
    if sum(sizes.values()) > MAX_BYTES:
        walk.findings.append(too_many_bytes(MAX_BYTES))
    names = sorted(sizes)
    walk.findings += name_findings(names)
    return Tree({name: sizes[name] for name in names if name not in HARNESS_FILES}, tuple(walk.findings))


@contextmanager
def opened(name: str, place: int, *, folder: bool) -> Iterator[int]:
    """A descriptor of what has this name in an open folder; a link is an error, and a pipe does not block."""
    descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW if folder else _FILE, dir_fd=place)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def name_findings(names: Iterable[str]) -> list[Finding]:
    """What is wrong with file names: too long, too deep, unprintable, or one name to some systems.

    Names that differ only in case or in Unicode form are one file on macOS and Windows.
    """
    findings: list[Finding] = []
    spellings: dict[str, str] = {}
    for name in names:
        if problem := _name_problem(name):
            findings.append(problem)
            continue
        path = ""
        for part in name.split("/"):
            path = f"{path}/{part}" if path else part
            spelling = spellings.setdefault(folded(path), path)
            if spelling != path:
                findings.append(
                    Finding(
                        "names-collide",
                        f"{quoted(path)} and {quoted(spelling)} are one name on some systems.",
                        file=path,
                        expected="names that differ in more than case or accents' encoding",
                        remedy="Rename one of them.",
                    )
                )
                break
    return findings[:_MOST_FINDINGS]


def folded(name: str) -> str:
    """A name as a system that ignores case and Unicode forms sees it."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def irregular(name: str, kind: str) -> Finding:
    """The finding for what is neither a file nor a folder."""
    return Finding(
        "not-a-file",
        f"{quoted(name)} is a {kind}.",
        file=_printable(name),
        expected="files and folders only",
        remedy="Put the file itself there.",
    )


def too_many_files() -> Finding:
    """The finding for more files than are read."""
    return Finding(
        "too-many-files",
        f"There are more than {MAX_FILES:,} files.",
        expected=f"{MAX_FILES:,} files at most",
        remedy="Leave out what the model does not need.",
    )


def too_many_bytes(limit: int) -> Finding:
    """The finding for more bytes than are read."""
    return Finding(
        "too-many-bytes",
        f"The files hold more than {bytes_read(limit)}.",
        expected=f"{bytes_read(limit)} at most",
        remedy="Put large weights on the Hub and name them as hf://org/repo@revision/file.",
    )


class _Walk:
    """A walk through folders, by descriptors: a folder that becomes a link meanwhile leads nowhere."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.left = MAX_ENTRIES

    def below(self, place: int, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
        """Names and states below a folder, ignored names and too deep folders left out; closes the descriptor."""
        try:
            try:
                with os.scandir(place) as found:
                    entries = sorted(islice(found, self.left), key=lambda entry: entry.name)
            except OSError as error:
                self._unreadable(prefix or ".", error)
                return
            self.left -= len(entries)
            for entry in entries:
                if self.left <= 0:
                    return
                if not is_ignored(entry.name):
                    yield from self._entry(place, entry, prefix + entry.name)
        finally:
            os.close(place)

    def _entry(self, place: int, entry: os.DirEntry[str], name: str) -> Iterator[tuple[str, os.stat_result]]:
        try:
            if not entry.is_dir(follow_symlinks=False):
                yield name, entry.stat(follow_symlinks=False)
                return
            if name.count("/") >= MAX_DEPTH:
                self.findings.append(_too_deep(name))
                return
            folder = os.open(entry.name, _FOLDER | os.O_NOFOLLOW, dir_fd=place)
        except OSError as error:
            self._unreadable(name, error)
            return
        yield from self.below(folder, f"{name}/")

    def _unreadable(self, name: str, error: OSError) -> None:
        message = f"It cannot be read: {error.strerror}."
        self.findings.append(Finding("unreadable-file", message, file=_printable(name)))


def _name_problem(name: str) -> Finding | None:
    shown = _printable(name)
    if shown != name:
        return Finding(
            "name-characters",
            f"The file name {quoted(name)} holds characters that do not print.",
            file=shown,
            expected="printable UTF-8 names",
        )
    if any(len(part.encode()) > MAX_NAME_BYTES for part in name.split("/")):
        return Finding(
            "name-too-long",
            f"The file name {quoted(name)} is too long.",
            file=name[:MAX_NAME_BYTES],
            expected=f"{MAX_NAME_BYTES} bytes at most",
        )
    return _too_deep(name) if name.count("/") > MAX_DEPTH else None


def _too_deep(name: str) -> Finding:
    return Finding(
        "too-deep",
        f"{quoted(name)} lies deeper than {MAX_DEPTH} folders.",
        file=_printable(name)[:MAX_NAME_BYTES],
        expected=f"{MAX_DEPTH} levels of folders at most",
    )


def _printable(name: str) -> str:
    """A name with every character that does not print replaced by '?'."""
    return "".join(character if character.isprintable() else "?" for character in name)
