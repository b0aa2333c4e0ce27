import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.submission import content_key, load_submission
from harness.submission.digests import file_digests, folder_sha256, read_stated_digests
from harness.tasks import task

Inspected = Callable[[Path], list[tuple[str, str | None, int | None]]]
EMPTY = b"\x02\x00\x00\x00\x00\x00\x00\x00{}"
"""The smallest safetensors file."""


def with_weights(folder: Path) -> Path:
    text = (folder / "submission.yaml").read_text()
    named = text.replace("{rank: 8}", "{rank: 8}\n    weights: {mrpc: weights/a.safetensors}")
    (folder / "submission.yaml").write_text(named)
    (folder / "weights").mkdir()
    (folder / "weights" / "a.safetensors").write_bytes(EMPTY)
    return folder


def state(folder: Path) -> None:
    """As the documentation says it: by the program of that name."""
    done = subprocess.run("sha256sum weights/*.safetensors > weights.sha256", shell=True, cwd=folder, check=True)
    assert done.returncode == 0


def test_the_digest_of_a_file_is_that_of_sha256sum(folder: Path) -> None:
    said = subprocess.run(["sha256sum", "model.py"], cwd=folder, check=True, capture_output=True, text=True).stdout
    assert file_digests(folder, ["model.py"]) == {"model.py": said.split()[0]}


def test_the_digest_of_a_folder(folder: Path) -> None:
    lines = subprocess.run(
        "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum",
        shell=True,
        cwd=folder,
        check=True,
        capture_output=True,
    ).stdout
    assert load_submission(folder).folder_sha256() == hashlib.sha256(lines).hexdigest()


def test_what_changes_the_digest(folder: Path, tmp_path: Path) -> None:
    before = load_submission(folder).folder_sha256()
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy)
    (copy / "report.json").write_text("{}")
    (copy / "replicates.npz").touch()
    (copy / ".hidden").touch()
    assert load_submission(copy).folder_sha256() == before
    (copy / "helper.py").touch()
    added = load_submission(copy).folder_sha256()
    (copy / "helper.py").rename(copy / "renamed.py")
    assert len({before, added, load_submission(copy).folder_sha256()}) == 3


def test_stated_weights_may_be_absent(folder: Path) -> None:
    with_weights(folder)
    unstated = load_submission(folder).folder_sha256()
    state(folder)
    present = load_submission(folder)
    (folder / "weights" / "a.safetensors").unlink()
    absent = load_submission(folder)
    assert present.folder_sha256() == absent.folder_sha256() != unstated
    assert content_key(present, "rank-8", task("elue/mrpc")) == content_key(absent, "rank-8", task("elue/mrpc"))
    assert [note.code for note in absent.notes] == ["weights-absent"]


def test_weights_without_a_statement_count_by_content(folder: Path) -> None:
    with_weights(folder)
    before = load_submission(folder).folder_sha256()
    (folder / "weights" / "a.safetensors").write_bytes(EMPTY.replace(b"\x02", b"\x03").replace(b"{}", b"{} "))
    assert load_submission(folder).folder_sha256() != before


def test_weights_are_compared(folder: Path, inspected: Inspected) -> None:
    with_weights(folder)
    state(folder)
    assert inspected(folder) == []
    (folder / "weights" / "b.safetensors").write_bytes(EMPTY)
    assert inspected(folder) == [("weights-not-stated", "weights/b.safetensors", None)]
    state(folder)
    (folder / "weights" / "a.safetensors").write_bytes(EMPTY.replace(b"\x02", b"\x03").replace(b"{}", b"{} "))
    assert inspected(folder) == [("weights-digest", "weights/a.safetensors", None)]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "g" * 64 + "  weights/a.safetensors",
        "0" * 63 + "  weights/a.safetensors",
        "0" * 64 + " weights/a.safetensors",
        "0" * 64 + "  model.py",
        "0" * 64 + "  weights/ok.safetensors",
        "",
    ],
)
def test_lines_that_state_nothing(folder: Path, inspected: Inspected, line: str) -> None:
    good = "0" * 64 + "  weights/ok.safetensors"
    (folder / "weights.sha256").write_text(f"{good}\n{line}\n")
    assert inspected(folder) == [("weights-digest-line", "weights.sha256", 2)]


def test_forms_of_sha256sum(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(f"{'A' * 64} *weights/a\r\n{'0' * 64}  ./weights/b c\n")
    assert read_stated_digests(tmp_path / "s") == {"weights/a": "a" * 64, "weights/b c": "0" * 64}


def test_a_key_depends_on_its_own_predictions_alone(folder: Path) -> None:
    mrpc = task("elue/mrpc")

    def keys() -> tuple[str, str]:
        submission = load_submission(folder)
        return content_key(submission, "rank-8", mrpc), content_key(submission, "rank-16", mrpc)

    first = keys()
    assert first[0] != first[1]
    path = folder / "predictions" / "rank-16" / "elue" / "mrpc.tsv"
    path.write_text(path.read_text().replace("\t7", "\t8"))
    (path.parent / "sst2.tsv").write_text(path.read_text())
    second = keys()
    assert second[0] == first[0]
    assert second[1] != first[1]
    (folder / "model.py").write_text((folder / "model.py").read_text() + "\n")
    third = keys()
    assert third[0] != second[0]
    assert third[1] != second[1]


def test_names_cannot_be_confused_with_contents() -> None:
    assert folder_sha256({"a": "0" * 64, "b": "1" * 64}) != folder_sha256({"a": "1" * 64, "b": "0" * 64})
