import gc
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import Finding, ParetoNLPError
from harness.submission import content_key, inspect_submission, load_submission
from harness.submission import folder as submission_folder
from harness.tasks import task

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]


def test_a_submission_in_order(folder: Path) -> None:
    submission = load_submission(folder)
    assert submission.root.name == folder.name
    assert submission.manifest.name == "tiny"
    assert submission.notes == ()
    assert submission.files == (
        "model.py",
        "predictions/rank-16/elue/mrpc.tsv",
        "predictions/rank-8/elue/mrpc.tsv",
        "submission.yaml",
    )
    assert [(file.point, file.suite, file.task) for file in submission.predictions] == [
        ("rank-16", "elue", "mrpc"),
        ("rank-8", "elue", "mrpc"),
    ]


def test_where_predictions_are(folder: Path) -> None:
    (folder / "predictions/rank-8/elue/sst2.parquet").touch()
    submission = load_submission(folder)
    place = submission.root / "predictions" / "rank-8" / "elue"
    assert submission.predictions_file("rank-8", task("elue/mrpc")) == place / "mrpc.tsv"
    assert submission.predictions_file("rank-8", task("elue/sst2")) == place / "sst2.parquet"
    assert submission.predictions_file("rank-8", task("glue/mrpc")) is None
    assert submission.predictions_file("rank-9", task("elue/mrpc")) is None


def test_no_key_without_predictions(folder: Path, findings: Findings) -> None:
    submission = load_submission(folder)
    assert [finding.code for finding in findings(lambda: content_key(submission, "rank-8", task("glue/mrpc")))] == [
        "no-predictions"
    ]


def test_all_errors_at_once_and_no_notes_among_them(folder: Path) -> None:
    (folder / "submission.yaml").write_text("name: X\nmethod: b\npoints: [{name: rank-8}]\n")
    (folder / "model.py").write_text("import harness\ndef (\n")
    (folder / "helper.py").write_text("import harness\n")
    (folder / "predictions/rank-8/elue/mrcp.tsv").touch()
    (folder / "link").symlink_to("model.py")
    (folder / "stray").touch()
    with pytest.raises(ParetoNLPError) as caught:
        load_submission(folder)
    assert sorted((finding.code, finding.file) for finding in caught.value.findings) == [
        ("manifest-value", "submission.yaml"),
        ("no-such-task", "predictions/rank-8/elue/mrcp.tsv"),
        ("not-a-file", "link"),
        ("python-import", "helper.py"),
        ("python-syntax", "model.py"),
    ]
    submission, found = inspect_submission(folder)
    assert submission is None
    assert "stray-file" in {finding.code for finding in found}


def test_what_is_not_there(folder: Path) -> None:
    for path in (folder.parent / "tinny", folder.parent / "no" / "where", Path("x" * 5000), Path("a\0b")):
        submission, found = inspect_submission(path)
        assert submission is None
        assert [finding.code for finding in found] == ["no-submission"]
    assert "Did you mean 'tiny'?" in str(inspect_submission(folder.parent / "tinny")[1][0])


def test_an_empty_folder(tmp_path: Path) -> None:
    assert [finding.code for finding in inspect_submission(tmp_path)[1]] == ["manifest-missing"]


def test_a_manifest_that_is_a_link_is_not_read(folder: Path) -> None:
    (folder / "submission.yaml").rename(folder.parent / "elsewhere.yaml")
    (folder / "submission.yaml").symlink_to(folder.parent / "elsewhere.yaml")
    submission, found = inspect_submission(folder)
    assert submission is None
    assert ("not-a-file", "submission.yaml") in {(finding.code, finding.file) for finding in found}


def test_a_file_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refuse(path: object, *arguments: int, **named: int) -> int:
        if path == "mrpc.tsv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "open", refuse)
    submission, found = inspect_submission(folder)
    assert submission is None
    assert [(finding.code, finding.file) for finding in found if finding.severity == "error"] == [
        ("unreadable-file", f"predictions/{point}/elue/mrpc.tsv") for point in ("rank-16", "rank-8")
    ]


def test_what_was_read_stays_what_it_was(folder: Path) -> None:
    submission = load_submission(folder)
    digest, files = submission.folder_sha256(), submission.files
    path = submission.predictions_file("rank-8", task("elue/mrpc"))
    assert path is not None
    text = path.read_text()
    (folder / "predictions/rank-8/elue/mrpc.tsv").write_text("index\tprediction\tnum_tokens\n0\t0\t1\n")
    (folder / "model.py").unlink()
    (folder / "model.py").symlink_to("/etc/passwd")
    assert path.read_text() == text
    assert (submission.root / "model.py").read_text() == "def build_model(dataset, rank):\n    return None\n"
    assert (submission.folder_sha256(), submission.files) == (digest, files)


def test_the_copy_goes_with_its_submission(folder: Path) -> None:
    submission = load_submission(folder)
    home = submission.root.parent
    assert home.is_dir()
    del submission
    gc.collect()
    assert not home.exists()


def test_nothing_is_left_of_a_folder_with_errors(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "staging").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "staging"))
    (folder / "submission.yaml").write_text("name: X\n")
    assert inspect_submission(folder)[0] is None
    assert list((tmp_path / "staging").iterdir()) == []

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(submission_folder, "read_manifest", interrupted)
    with pytest.raises(KeyboardInterrupt):
        inspect_submission(folder)
    assert list((tmp_path / "staging").iterdir()) == []
