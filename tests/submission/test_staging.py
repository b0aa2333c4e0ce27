"""Copying by value, with somebody who changes the folder at the worst moment."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.findings import ParetoNLPError
from harness.submission import staging, tree
from harness.submission.staging import private_folder, stage, staged
from harness.submission.tree import Tree


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    (root / "d").mkdir(parents=True)
    (root / "a").write_bytes(b"12345")
    (root / "d" / "b").write_bytes(bytes(3 * 2**20))
    (tmp_path / "secret").write_text("secret")
    return root


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def codes(found: Tree) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.file) for finding in found.findings]


def test_copies_what_counts_and_no_more(source: Path, tmp_path: Path) -> None:
    (source / "link").symlink_to(tmp_path / "secret")
    (source / ".git").mkdir()
    (source / ".git" / "config").touch()
    for name in ("report.json", "replicates.npz", "x.pyc"):
        (source / name).touch()
    found = stage(source, tmp_path / "target")
    assert found.sizes == {"a": 5, "d/b": 3 * 2**20}
    assert codes(found) == [("not-a-file", "link")]
    assert contents(tmp_path / "target") == {"a": b"12345", "d/b": bytes(3 * 2**20)}


def test_nothing_is_shared_with_the_original(source: Path, tmp_path: Path) -> None:
    stage(source, tmp_path / "target")
    with (source / "a").open("r+b") as stream:
        stream.write(b"xxxxx")
    assert (tmp_path / "target" / "a").read_bytes() == b"12345"
    assert (tmp_path / "target" / "a").stat().st_ino != (source / "a").stat().st_ino


def test_others_can_read_the_copy_where_they_can_enter(source: Path, tmp_path: Path) -> None:
    os.chmod(source / "a", 0o4700)
    mask = os.umask(0o077)
    try:
        stage(source, tmp_path / "target")
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "target").rglob("*")}
    assert modes == {"a": 0o644, "d": 0o755, "b": 0o644}


@pytest.mark.parametrize(("user", "mode"), [(0, 0o711), (1000, 0o700)])
def test_the_private_folder(monkeypatch: pytest.MonkeyPatch, user: int, mode: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    folder = private_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == mode
    folder.rmdir()


def test_a_copy_for_a_while(source: Path) -> None:
    with staged(source) as (copy, found):
        assert set(contents(copy)) == set(found.files) == {"a", "d/b"}
    assert not copy.parent.exists()


class Swap(NamedTuple):
    """What somebody does to the folder after it was listed, and what then is found."""

    change: Callable[[Path], None]
    code: str
    file: str


def _link(source: Path) -> None:
    (source / "a").unlink()
    (source / "a").symlink_to(source.parent / "secret")


def _linked_folder(source: Path) -> None:
    shutil.rmtree(source / "d")
    (source.parent / "b").write_text("secret")
    (source / "d").symlink_to(source.parent)


def _pipe(source: Path) -> None:
    (source / "a").unlink()
    os.mkfifo(source / "a")


def _folder(source: Path) -> None:
    (source / "a").unlink()
    (source / "a").mkdir()


SWAPS = {
    "a link": Swap(_link, "unreadable-file", "a"),
    "a folder that is a link": Swap(_linked_folder, "unreadable-file", "d/b"),
    "a pipe": Swap(_pipe, "not-a-file", "a"),
    "a folder": Swap(_folder, "not-a-file", "a"),
    "gone": Swap(lambda source: (source / "a").unlink(), "unreadable-file", "a"),
    "longer": Swap(lambda source: (source / "a").write_text("123456"), "file-changed", "a"),
    "endless": Swap(lambda source: os.truncate(source / "a", 2**40), "file-changed", "a"),
    "shorter": Swap(lambda source: (source / "a").write_text("1"), "file-changed", "a"),
}


@pytest.mark.parametrize("name", SWAPS)
def test_what_changes_after_it_was_listed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def listed(top: int) -> Tree:
        found = tree.read_tree(top)
        SWAPS[name].change(source)
        return found

    monkeypatch.setattr(staging, "read_tree", listed)
    found = stage(source, tmp_path / "target")
    assert codes(found) == [(SWAPS[name].code, SWAPS[name].file)]
    assert SWAPS[name].file not in found.files
    assert all(b"secret" not in data for data in contents(tmp_path / "target").values())
    assert sum(map(len, contents(tmp_path / "target").values())) <= 3 * 2**20 + 6


def test_a_folder_that_is_none(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        stage(source / "a", tmp_path / "target")
    assert [finding.code for finding in caught.value.findings] == ["unreadable-file"]


def test_nothing_is_copied_beyond_the_caps(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_BYTES", 100)
    with pytest.raises(ParetoNLPError) as caught:
        stage(source, tmp_path / "target")
    assert [finding.code for finding in caught.value.findings] == ["too-many-bytes"]
    assert contents(tmp_path / "target") == {}


def test_room_is_needed(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 2**20))
        with pytest.raises(ParetoNLPError, match=r"no room in .* for 3 MiB") as caught:
            stage(source, tmp_path / "target")
    assert [finding.code for finding in caught.value.findings] == ["no-room"]
    assert contents(tmp_path / "target") == {}

    def full(path: Path) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(staging, "new_file", full)
    with pytest.raises(ParetoNLPError, match="no room") as caught:
        stage(source, tmp_path / "again")
    assert [finding.code for finding in caught.value.findings] == ["no-room"]
