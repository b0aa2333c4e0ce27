import os
import socket
import unicodedata
from pathlib import Path

import pytest

from harness.submission import tree
from harness.submission.tree import name_findings, read_tree


def codes(root: Path) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.file) for finding in read_tree(root).findings]


def test_lists_files_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.txt", "a/b/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    tree = read_tree(tmp_path)
    assert tree.sizes == {"a/b/d.txt": 9, "a/c.txt": 7, "b.txt": 5}
    assert tree.files == ("a/b/d.txt", "a/c.txt", "b.txt")
    assert (tree.findings, tree.beyond_caps) == ((), False)


def test_ignores_what_is_not_the_submitters(tmp_path: Path) -> None:
    for name in (
        ".git/config",
        "__pycache__/a.pyc",
        ".DS_Store",
        "__MACOSX/x",
        "report.json",
        "replicates.npz",
        "a.pyc",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".git" / "link").symlink_to("/etc/passwd")
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "report.json").touch()
    assert read_tree(tmp_path) == ({"assets/report.json": 0}, ())


def test_follows_no_links_and_reads_no_pipes(tmp_path: Path) -> None:
    (tmp_path / "file.txt").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # the names of sockets are short
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
    found = read_tree(tmp_path)
    assert found.files == ()
    assert [(finding.code, finding.file) for finding in found.findings] == [
        ("not-a-file", name) for name in ("dangling", "file.txt", "folder", "loop", "pipe", "socket")
    ]
    assert "symbolic link" in str(found.findings[0])
    assert "named pipe" in str(found.findings[4])


def test_caps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_FILES", 3)
    monkeypatch.setattr(tree, "MAX_BYTES", 10)
    for number in range(3):
        (tmp_path / f"{number}").write_text("xxx")
    assert codes(tmp_path) == []
    (tmp_path / "3").write_text("xxx")
    assert codes(tmp_path) == [("too-many-files", None), ("too-many-bytes", None)]


def test_depth(tmp_path: Path) -> None:
    deep = tmp_path / "/".join("d" * 10)
    (deep / "e").mkdir(parents=True)
    (deep / "file").touch()
    (deep / "e" / "file").touch()
    assert codes(tmp_path) == [("too-deep", "/".join("d" * 10 + "e"))]


def test_names_of_any_kind_are_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MAX_ENTRIES", 4)
    for number in range(3):
        (tmp_path / f".{number}").mkdir()
    assert codes(tmp_path) == []
    (tmp_path / "d" / "e").mkdir(parents=True)
    assert codes(tmp_path) == [("too-many-files", None)]
    assert read_tree(tmp_path).beyond_caps


def test_a_folder_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("closed", "open"):
        (tmp_path / name).mkdir()
    (tmp_path / "open" / "file").touch()
    opened, scandir = os.open, os.scandir

    def refuse(path: object, *arguments: int, **named: int) -> int:
        if path == "closed":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", refuse)
    assert codes(tmp_path) == [("unreadable-file", "closed")]
    assert read_tree(tmp_path).files == ("open/file",)

    def fail(place: int) -> object:
        if os.path.samestat(os.fstat(place), (tmp_path / "open").stat()):
            raise OSError(5, "Input/output error")
        return scandir(place)

    monkeypatch.setattr(os, "scandir", fail)
    assert codes(tmp_path) == [("unreadable-file", "closed"), ("unreadable-file", "open/")]


def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "root"
    for folder in (root / "d", tmp_path / "elsewhere"):
        folder.mkdir(parents=True)
    (tmp_path / "elsewhere" / "secret").touch()
    opened = os.open

    def swap(path: object, *arguments: int, **named: int) -> int:
        if path == "d":
            (root / "d").rmdir()
            (root / "d").symlink_to(tmp_path / "elsewhere")
        return opened(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", swap)
    found = read_tree(root)
    assert found.files == ()
    assert [(finding.code, finding.file) for finding in found.findings] == [("unreadable-file", "d")]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.tsv", "A.tsv"], [("names-collide", "A.tsv")]),
        (["x/a", "X/b"], [("names-collide", "X")]),
        (["straße", "STRASSE"], [("names-collide", "STRASSE")]),
        (["é", unicodedata.normalize("NFD", "é")], [("names-collide", unicodedata.normalize("NFD", "é"))]),
        (["a\nb"], [("name-characters", "a?b")]),
        (["a\udcff"], [("name-characters", "a?")]),
        (["\u202egnp.exe"], [("name-characters", "?gnp.exe")]),
        (["x" * 200], []),
        (["é" * 101], [("name-too-long", "é" * 101)]),
        (["x/y", "x/z", "x y/ü"], []),
    ],
)
def test_names(names: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(finding.code, finding.file) for finding in name_findings(names)] == expected


def test_findings_of_names_are_cut() -> None:
    assert len(name_findings(f"\n{number}" for number in range(1000))) == 20
