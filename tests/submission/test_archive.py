"""Zips as attackers write them, made by hand where ``zipfile`` is too well-behaved."""

import errno
import shutil
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.submission import archive, inspect_submission, load_submission
from harness.submission.archive import unpack

Files = Mapping[str, bytes]


def made(tmp_path: Path, files: Files, method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    return path


def raw(tmp_path: Path, entries: list[dict[str, int | bytes]], directory_size: int | None = None) -> Path:
    """A zip from its records (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16); an entry's ``at`` reuses bytes."""
    body = b""
    directory = b""
    for entry in entries:
        name, data = entry["name"], entry.get("data", b"")
        assert isinstance(name, bytes)
        assert isinstance(data, bytes)
        sizes = (entry.get("crc", zlib.crc32(data)), len(data), entry.get("size", len(data)))
        offset = entry.get("at", len(body))
        flags, method = entry.get("flags", 0), entry.get("method", 0)
        if "at" not in entry:
            local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, method, 0, 0, *sizes, len(name), 0)
            body += local + name + data
        attributes = entry.get("mode", 0)
        assert isinstance(attributes, int)
        directory += (
            struct.pack("<IHHHHHH", 0x02014B50, 20, 20, flags, method, 0, 0)
            + struct.pack("<IIIHHHHHII", *sizes, len(name), 0, 0, 0, 0, attributes << 16, offset)
            + name
        )
    size = len(directory) if directory_size is None else directory_size
    count = len(entries)
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, size, len(body), 0)
    path = tmp_path / "raw.zip"
    path.write_bytes(body + directory + end)
    return path


def codes(path: Path, tmp_path: Path) -> list[str]:
    target = tmp_path / "target"
    target.mkdir(exist_ok=True)
    with pytest.raises(ParetoNLPError) as caught:
        unpack(path, target)
    assert list(target.iterdir()) == []
    assert not (tmp_path.parent / "evil").exists()
    return [finding.code for finding in caught.value.findings]


def test_unpacks_files(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    unpack(
        made(tmp_path, {"a.txt": b"x" * 1000, "d/": b"", "d/b.txt": b"y", "__MACOSX/._a": b"", ".git/x": b""}), target
    )
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert files == {"a.txt": b"x" * 1000, "d/b.txt": b"y"}


def test_a_single_folder_is_left_out(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    unpack(made(tmp_path, {"mine/a.txt": b"1", "mine/d/b.txt": b"2", "__MACOSX/mine/._a.txt": b"3"}), target)
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*")) == ["a.txt", "d", "d/b.txt"]


def test_an_empty_archive_is_an_empty_folder(tmp_path: Path) -> None:
    path = made(tmp_path, {})
    target = tmp_path / "target"
    target.mkdir()
    unpack(path, target)
    assert list(target.iterdir()) == []
    assert [finding.code for finding in inspect_submission(path)[1]] == ["manifest-missing"]


def test_a_former_report_is_left_out(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    unpack(made(tmp_path, {"m/report.json": b"{}", "m/replicates.npz": b"", "m/assets/report.json": b"x"}), target)
    files = [path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()]
    assert files == ["assets/report.json"]


def test_room_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path, {"a": bytes(2**20), "b": bytes(2**20)})
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 2**21 - 1))
        assert codes(path, tmp_path) == ["no-room"]

    def full(_: Path) -> int:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(archive, "new_file", full)
    assert codes(path, tmp_path) == ["no-room"]


@pytest.mark.parametrize(
    "name",
    [
        b"../evil",
        b"a/../../evil",
        b"/evil",
        b"//evil",
        b"C:/evil",
        b"C:evil",
        b"..\\evil",
        b"a\\b",
        b"./a",
        b"a//b",
        b"a/./b",
        b"submission.yaml\0.txt",
        b"",
    ],
)
def test_names_that_leave_the_folder(tmp_path: Path, name: bytes) -> None:
    assert codes(raw(tmp_path, [{"name": name, "data": b"x"}]), tmp_path) == ["zip-name"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_devices(tmp_path: Path, kind: int) -> None:
    entry: dict[str, int | bytes] = {"name": b"a", "data": b"/etc/passwd", "mode": kind | 0o777}
    assert codes(raw(tmp_path, [entry]), tmp_path) == ["not-a-file"]


def test_encryption(tmp_path: Path) -> None:
    assert codes(raw(tmp_path, [{"name": b"a", "data": b"x" * 20, "flags": 1}]), tmp_path) == ["zip-encrypted"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_rare_compression(tmp_path: Path, method: int) -> None:
    assert codes(made(tmp_path, {"a": b"x"}, method), tmp_path) == ["zip-method"]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["a", "a"], "zip-duplicate"),
        (["a", "a/b"], "zip-duplicate"),
        (["a", "A"], "names-collide"),
        (["x/a", "X/b"], "names-collide"),
        (["é", "e\u0301"], "names-collide"),
        (["a\x1bb"], "name-characters"),
    ],
)
def test_names_that_are_one(tmp_path: Path, names: list[str], code: str) -> None:
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            opened.writestr(name, b"x")
    assert code in codes(path, tmp_path)


def test_overlapping_entries(tmp_path: Path) -> None:
    """The bomb of Fifield (2019): many entries, one kernel of bytes."""
    first: dict[str, int | bytes] = {"name": b"a", "data": b"x" * 1000}
    quoted: dict[str, int | bytes] = {"name": b"a", "data": b"x" * 1000, "at": 0}
    assert "zip-overlap" in codes(raw(tmp_path, [first, quoted]), tmp_path)


def test_an_entry_over_the_directory(tmp_path: Path) -> None:
    path = raw(tmp_path, [{"name": b"a", "data": b"x" * 50}])
    data = path.read_bytes()
    longer = struct.pack("<I", 500)
    path.write_bytes(data[:18] + longer + data[22 : 31 + 50 + 20] + longer + data[31 + 50 + 24 :])
    assert codes(path, tmp_path) == ["zip-overlap"]


@pytest.mark.parametrize("offset", [2**63 - 1, 2**63, 2**64 - 1])
def test_an_offset_beyond_the_file(tmp_path: Path, offset: int) -> None:
    """Its true value in an extra field (APPNOTE.TXT 4.5.3)."""
    extra = struct.pack("<HHQ", 1, 8, offset)
    entry = struct.pack("<IHHHHHH", 0x02014B50, 45, 45, 0, 0, 0, 0) + struct.pack("<III", 0, 0, 0)
    entry += struct.pack("<HHHHHII", 1, len(extra), 0, 0, 0, 0, 0xFFFFFFFF) + b"a" + extra
    path = tmp_path / "raw.zip"
    path.write_bytes(entry + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, len(entry), 0, 0))
    assert codes(path, tmp_path) == ["zip-broken"]


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path, {f"{number}": bytes(2**20) for number in range(4)})
    monkeypatch.setattr(archive, "_RATIO_MATTERS_FROM", 2**21)
    assert codes(path, tmp_path) == ["zip-ratio"]
    monkeypatch.setattr(archive, "MAX_UNPACKED", 2**21)
    assert codes(path, tmp_path) == ["too-many-bytes"]


def test_a_size_that_lies(tmp_path: Path) -> None:
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(10_000)) + packed.flush()
    entry: dict[str, int | bytes] = {"name": b"a", "data": data, "method": 8, "size": 10, "crc": zlib.crc32(bytes(10))}
    target = tmp_path / "target"
    target.mkdir()
    try:
        unpack(raw(tmp_path, [entry]), target)
    except ParetoNLPError as error:
        assert [finding.code for finding in error.findings] == ["zip-broken"]  # noqa: PT017
    assert sum(path.stat().st_size for path in target.rglob("*")) <= 10


def test_a_wrong_checksum(tmp_path: Path) -> None:
    assert inspect_submission(raw(tmp_path, [{"name": b"a", "data": b"x", "crc": 1}]))[1][0].code == "zip-broken"


def test_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_FILES", 3)
    assert codes(made(tmp_path, {f"{number}": b"" for number in range(4)}), tmp_path) == ["too-many-files"]


@pytest.mark.parametrize("size", [0xFFFFFFFE, 17 * 2**20])
def test_a_directory_of_gigabytes_is_not_read(tmp_path: Path, size: int) -> None:
    assert codes(raw(tmp_path, [{"name": b"a"}], directory_size=size), tmp_path) == ["zip-broken"]


def test_a_large_directory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_MAX_READ", 100)
    assert codes(made(tmp_path, {f"{number}": b"" for number in range(4)}), tmp_path) == ["too-many-files"]


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip", b"PK\x05\x06" + bytes(17), bytes(1000)])
def test_no_zip(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    assert codes(path, tmp_path) == ["zip-broken"]


def test_every_truncation_and_flipped_byte_is_told(tmp_path: Path) -> None:
    whole = made(tmp_path, {"a": b"hello" * 9, "d/b": b"x"}).read_bytes()
    path = tmp_path / "spoilt.zip"
    spoilt = [whole[:length] for length in range(len(whole))]
    spoilt += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))]
    for number, data in enumerate(spoilt):
        path.write_bytes(data)
        target = tmp_path / f"target-{number}"
        target.mkdir()
        try:
            unpack(path, target)
        except ParetoNLPError as error:
            assert error.findings  # noqa: PT017


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in sorted(folder.rglob("*")):
            opened.write(file, file.relative_to(folder.parent))
    return path


def test_a_zipped_submission_is_the_submission(folder: Path, tmp_path: Path) -> None:
    by_folder = load_submission(folder)
    by_zip = load_submission(zipped(folder, tmp_path / "tiny.zip"))
    assert by_zip.manifest == by_folder.manifest
    assert by_zip.folder_sha256() == by_folder.folder_sha256()
    assert by_zip.root != by_folder.root


def test_the_unpacked_folder_goes_with_its_submission(folder: Path, tmp_path: Path) -> None:
    submission = load_submission(zipped(folder, tmp_path / "tiny.zip"))
    root = submission.root
    assert (root / "model.py").is_file()
    del submission
    assert not root.exists()


def test_nothing_is_left_of_a_refused_zip(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inspected: Callable[[Path], list[tuple[str, str, int]]],
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (folder / "model.py").write_text("def (")
    assert inspected(zipped(folder, tmp_path / "a.zip")) == [("python-syntax", "model.py", 1)]
    assert inspected(raw(tmp_path, [{"name": b"a", "data": b"x", "crc": 1}])) == [("zip-broken", "raw.zip", None)]
    assert list((tmp_path / "temporary").iterdir()) == []
