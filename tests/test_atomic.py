import stat
from contextlib import suppress
from pathlib import Path

import pytest

from harness.atomic import new_folder, new_text_file
from harness.findings import ParetoNLPError


def test_a_file_appears_whole(tmp_path: Path) -> None:
    path = tmp_path / "d" / "a.txt"
    with new_text_file(path) as stream:
        stream.write("one\ntwo\n")
        assert not path.exists()
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) & 0o444 == 0o444


def test_a_file_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with suppress(KeyboardInterrupt), new_text_file(path) as stream:
        stream.write("new")
        raise KeyboardInterrupt
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]


def test_a_folder_appears_whole_or_not(tmp_path: Path) -> None:
    with new_folder(tmp_path / "d" / "new") as staging:
        (staging / "a").touch()
        assert not (tmp_path / "d" / "new").exists()
    assert [path.name for path in (tmp_path / "d" / "new").iterdir()] == ["a"]
    with suppress(KeyboardInterrupt), new_folder(tmp_path / "other") as staging:
        (staging / "a").touch()
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    for name in ("file", "link", "folder"):
        with pytest.raises(ParetoNLPError) as caught, new_folder(tmp_path / name):
            pass
        assert caught.value.findings[0].code == "folder-exists"
    with pytest.raises(ParetoNLPError), new_folder(tmp_path / "late") as staging:
        (tmp_path / "late").mkdir()
    assert not staging.exists()
    assert (tmp_path / "file").read_text() == "x"
