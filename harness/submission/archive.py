"""Unpacking a stranger's zip: everything is checked against the directory before a byte is written."""

import io
import shutil
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.staging import is_no_room, need_room, new_file, no_room
from harness.submission.text import bytes_read, quoted
from harness.submission.tree import (
    HARNESS_FILES,
    MAX_FILES,
    irregular,
    is_ignored,
    kind_of,
    name_findings,
    too_many_bytes,
    too_many_files,
)

MAX_UNPACKED = 16 * 1024**3
MAX_RATIO = 100
_RATIO_MATTERS_FROM = 256 * 1024**2
_MAX_READ = 16 * 1024**2
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL_HEADER = struct.Struct("<26xHH")
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
)
"""What ``zipfile`` raises for a file that is not what its directory says."""


class _Stream(io.BufferedReader):
    """A file whose largest reads are refused.

    ``zipfile`` reads an archive's directory in one go, of whatever size the archive states, and
    everything else in small pieces: a large read is a directory of very many entries.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes."""
        if size is not None and size > _MAX_READ:
            raise ParetoNLPError(too_many_files())
        return super().read(size)


def unpack(archive: Path, target: Path) -> None:
    """Unpack the regular files of a zip into an empty folder; a single folder around them is left out.

    Refused are: names that leave the folder, links and devices, encryption, two entries of one
    name (case and Unicode form ignored), entries that share bytes, and bombs.

    Raises:
        ParetoNLPError: ``zip-broken``, ``zip-name``, ``zip-encrypted``, ``zip-method``,
            ``zip-overlap``, ``zip-ratio``, ``too-many-files``, ``too-many-bytes``, ``no-room``,
            ``not-a-file`` or what ``name_findings`` finds.

    """
    try:
        with _Stream(io.FileIO(archive)) as stream, zipfile.ZipFile(stream) as opened:
            entries = _checked(opened, stream)
            size = sum(entry.file_size for entry in entries)
            need_room(size, target)
            strip = _single_folder([entry.filename for entry in entries])
            for entry in entries:
                if (name := entry.filename[len(strip) :]) not in HARNESS_FILES:
                    _write(opened, entry, target / name)
    except _BROKEN as error:
        if isinstance(error, OSError) and is_no_room(error):
            raise no_room(size) from error
        raise fail(
            "zip-broken",
            f"The archive cannot be unpacked: {quoted(str(error))}.",
            file=archive.name,
            expected="a zip file as ordinary tools write it",
            remedy="Zip the folder again.",
        ) from error


def _checked(opened: zipfile.ZipFile, stream: IO[bytes]) -> list[zipfile.ZipInfo]:
    """The files worth unpacking, after every check that needs no unpacking."""
    if len(opened.infolist()) > MAX_FILES:
        raise ParetoNLPError(too_many_files())
    findings = _overlaps(opened.infolist(), stream, opened.start_dir)
    entries: list[zipfile.ZipInfo] = []
    for entry in opened.infolist():
        problem = _entry_problem(entry)
        if problem is not None:
            findings.append(problem)
        elif not entry.is_dir() and not any(map(is_ignored, entry.filename.split("/"))):
            entries.append(entry)
    findings += _size_problems(entries)
    names = [entry.filename for entry in entries]
    findings += [_duplicate(name) for name, count in Counter(names).items() if count > 1]
    findings += name_findings(dict.fromkeys(names))
    findings += _files_as_folders(names)
    if findings:
        raise ParetoNLPError(*findings)
    return entries


def _entry_problem(entry: zipfile.ZipInfo) -> Finding | None:
    """Why an entry is not unpacked, or None."""
    # A NUL ends the name in ``filename``, and newer Pythons may take that from an extra field.
    name = entry.orig_filename
    mode = entry.external_attr >> 16
    if _leaves_folder(name) or _leaves_folder(entry.filename):
        return Finding(
            "zip-name",
            f"The archive holds the name {quoted(name)}.",
            expected="relative names with '/' between folders, without '..'",
            remedy="Zip the folder again with an ordinary tool.",
        )
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return irregular(name, kind_of(mode))
    if entry.flag_bits & _ENCRYPTED:
        return Finding(
            "zip-encrypted",
            f"{quoted(name)} is encrypted.",
            expected="an archive without a password",
        )
    if entry.compress_type not in _METHODS:
        return Finding(
            "zip-method",
            f"{quoted(name)} is compressed by method {entry.compress_type}.",
            expected="stored or deflated entries, as ordinary tools write them",
        )
    return None


def _size_problems(entries: Sequence[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Too much to unpack, in all or for the archive's size. ``ZipFile`` holds entries to it."""
    packed = sum(entry.compress_size for entry in entries)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MAX_UNPACKED:
        yield too_many_bytes(MAX_UNPACKED)
    elif unpacked > _RATIO_MATTERS_FROM and unpacked > MAX_RATIO * packed:
        yield Finding(
            "zip-ratio",
            f"The archive grows from {bytes_read(packed)} to {bytes_read(unpacked)}.",
            expected=f"{MAX_RATIO} times at most",
            remedy="Hand in the folder itself.",
        )


def _leaves_folder(name: str) -> bool:
    """Whether a name is absolute, climbs, or means different things to different systems."""
    parts = name.removesuffix("/").split("/")
    return "\\" in name or "\0" in name or ":" in parts[0] or any(part in ("", ".", "..") for part in parts)


def _overlaps(entries: Sequence[zipfile.ZipInfo], stream: IO[bytes], directory: int) -> list[Finding]:
    """Entries whose bytes belong to another entry too: the quiet kind of bomb."""
    ends: list[tuple[int, int, str]] = []
    for entry in entries:
        stream.seek(entry.header_offset)
        header = stream.read(_LOCAL_HEADER.size)
        name_length, extra_length = _LOCAL_HEADER.unpack(header)
        data = entry.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        ends.append((entry.header_offset, data + entry.compress_size, entry.filename))
    ends.sort()
    starts = [*(start for start, _, _ in ends), directory][1:]
    return [
        Finding(
            "zip-overlap",
            f"{quoted(name)} shares bytes with another entry.",
            expected="entries one after the other",
            remedy="Zip the folder again.",
        )
        for (_, end, name), following in zip(ends, starts, strict=True)
        if end > following
    ][:1]


def _files_as_folders(names: Sequence[str]) -> Iterator[Finding]:
    """Names that are a file and, of another entry, a folder."""
    files = set(names)
    for name in names:
        parts = name.split("/")
        for length in range(1, len(parts)):
            if (folder := "/".join(parts[:length])) in files:
                yield _duplicate(folder)


def _duplicate(name: str) -> Finding:
    return Finding(
        "zip-duplicate",
        f"The archive holds {quoted(name)} more than once.",
        file=name,
        expected="every name once",
        remedy="Zip the folder again.",
    )


def _single_folder(names: Sequence[str]) -> str:
    """``folder/`` where all files lie in one folder, else nothing."""
    first = {name.split("/")[0] for name in names}
    if len(first) == 1 and all("/" in name for name in names):
        return f"{first.pop()}/"
    return ""


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one file; ``ZipFile.open`` stops at the stated size and checks the CRC."""
    with opened.open(entry) as source, open(new_file(target), "wb") as written:
        shutil.copyfileobj(source, written, 1024**2)
