import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.submission import inspect_submission

Inspected = Callable[[Path], list[tuple[str, str | None, int | None]]]
DECLARED = "    declared: {{{}: {{flops: 1.0e+9, parameters: 1000}}}}\n"


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("predictions/rank-9/elue/mrpc.tsv", "no-such-point", "Did you mean 'rank-8'?"),
        ("predictions/rank-8/eleu/mrpc.tsv", "no-such-suite", "Did you mean 'elue'?"),
        ("predictions/rank-8/elue/mrcp.tsv", "no-such-task", "Did you mean 'mrpc'?"),
        ("predictions/rank-8/elue/sst2.csv", "predictions-kind", "rename or convert"),
        ("predictions/rank-8/elue/SST2.TSV", "predictions-kind", ".tsv"),
        ("predictions/rank-8/mrpc.tsv", "predictions-place", "predictions/<point>/<suite>/<task>.tsv"),
        ("predictions/mrpc.tsv", "predictions-place", "predictions/<point>/<suite>/<task>.tsv"),
        ("predictions/rank-8/elue/old/mrpc.tsv", "predictions-place", "predictions/<point>/<suite>/<task>.tsv"),
        ("predictions/rank-8/elue/mrpc.parquet", "predictions-twice", "Remove one"),
    ],
)
def test_predictions_in_the_wrong_place(folder: Path, name: str, code: str, said: str) -> None:
    add(folder, name)
    _, found = inspect_submission(folder)
    place = name.replace("mrpc.parquet", "mrpc.tsv")
    assert [(finding.code, finding.file) for finding in found] == [(code, place)]
    assert said in str(found[0])


def test_all_wrong_names_at_once(folder: Path, inspected: Inspected) -> None:
    add(folder, "predictions/rank-9/elue/mrcp.tsv")
    place = "predictions/rank-9/elue/mrcp.tsv"
    assert inspected(folder) == [("no-such-point", place, None), ("no-such-task", place, None)]


def test_a_point_without_predictions_is_a_note(folder: Path) -> None:
    shutil.rmtree(folder / "predictions" / "rank-16")
    submission, found = inspect_submission(folder)
    assert submission is not None
    assert [(note.code, note.file) for note in found] == [("no-predictions", "predictions/rank-16")]
    assert submission.notes == found


def test_names_without_a_meaning_are_notes(folder: Path) -> None:
    known = ["README.md", "LICENSE", "CITATION.cff", "requirements.txt", "helper.py", "layers/x.py", "layers/y.txt"]
    add(folder, *known, "assets/vocab.txt", "report.json")
    assert inspect_submission(folder)[1] == ()
    add(folder, "prediction/x.tsv", "vocab.txt", "Model.pyx")
    submission, found = inspect_submission(folder)
    assert submission is not None
    assert [(note.code, note.file) for note in found] == [
        ("stray-file", name) for name in ("Model.pyx", "prediction", "vocab.txt")
    ]
    assert "Did you mean 'predictions/'?" in str(found[1])
    assert "assets/" in str(found[2])


def test_unknown_datasets(folder: Path, inspected: Inspected) -> None:
    with (folder / "submission.yaml").open("a") as stream:
        stream.write("    weights: {mrcp: weights/a.safetensors}\n" + DECLARED.format("elue"))
    found = inspected(folder)
    assert ("no-such-dataset", "submission.yaml", 8) in found
    assert ("no-such-dataset", "submission.yaml", 9) in found


def test_costs_must_come_from_somewhere(folder: Path, inspected: Inspected) -> None:
    (folder / "model.py").unlink()
    assert inspected(folder) == [
        ("cost-unknown", f"predictions/{point}/elue/mrpc.tsv", None) for point in ("rank-16", "rank-8")
    ]
    with (folder / "submission.yaml").open("a") as stream:
        stream.write(DECLARED.format("mrpc"))
    assert inspected(folder) == [("cost-unknown", "predictions/rank-8/elue/mrpc.tsv", None)]


def test_predictions_for_a_server_need_no_cost(folder: Path, inspected: Inspected) -> None:
    for point in ("rank-8", "rank-16"):
        shutil.rmtree(folder / "predictions" / point)
        add(folder, f"predictions/{point}/glue-test/cola.tsv")
    (folder / "model.py").unlink()
    assert inspected(folder) == []
