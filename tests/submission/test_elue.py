"""A folder in the form of Liu et al. (2022), section 3.3, brought over."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import Finding, ParetoNLPError
from harness.submission import distinct_modules, read_predictions
from harness.submission.elue import import_elue, import_questions
from harness.tasks import task

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]
PYTHON = """\
import torch
from parts import width

layer = torch.nn.Linear(width, width)
module_list = {"emb": torch.nn.Embedding(9, width), "layer_1": layer, "exit_1": torch.nn.Linear(width, 2)}
entire_model = torch.nn.ModuleDict(module_list)
"""
FAST = "index\tpred\tmodules\n0\t1\t(21),emb; (21,4),layer_1; (4),exit_1\n1\t0\t(7),emb; (7,4),layer_1; (4),exit_1\n"
ANSWERS = {"name": "early", "method": "early-exit", "backbone": "elasticbert-base"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "My Submission"
    (root / "patience_4").mkdir(parents=True)
    (root / "my_model.py").write_text(PYTHON)
    (root / "parts.py").write_text("width = 4\n")
    (root / "patience_4" / "SST-2.tsv").write_text(FAST)
    (root / "patience_4" / "MRPC.tsv").write_text("index\tprediction\tmodules\n0\tequivalent\t(3),emb\n")
    (root / "STS-B-patience6.tsv").write_text("index\tpred\tmodules\n0\t2.5\t(3),emb\n")
    return root


def test_what_is_asked(source: Path) -> None:
    asked = {question.key: question.suggestion for question in import_questions(source)}
    assert asked == {
        "name": "my-submission",
        "method": "my-submission",
        "backbone": None,
        "licence": "",
        "STS-B-patience6.tsv:task": "elue/stsb",
        "STS-B-patience6.tsv:point": "patience6",
        "patience_4/MRPC.tsv:task": "elue/mrpc",
        "patience_4/MRPC.tsv:point": "patience-4",
        "patience_4/SST-2.tsv:task": "elue/sst2",
        "patience_4/SST-2.tsv:point": "patience-4",
    }


@pytest.mark.parametrize(
    ("name", "task_id", "point"),
    [
        ("sst2.tsv", "elue/sst2", "default"),
        ("SST-2_6L.tsv", "elue/sst2", "6l"),
        ("ElasticBERT/imdb/threshold=0.1.tsv", "elue/imdb", "elasticbert-threshold-0.1"),
        ("stsb.tsv", "elue/stsb", "default"),
        ("results-1.tsv", None, "results-1"),
    ],
)
def test_what_names_let_suppose(tmp_path: Path, name: str, task_id: str | None, point: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(FAST)
    asked = {question.key: question.suggestion for question in import_questions(tmp_path)}
    assert (asked[f"{name}:task"], asked[f"{name}:point"]) == (task_id, point)


def test_a_folder_is_brought_over(source: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    submission = import_elue(source, tmp_path / "early", ANSWERS)
    assert {path.name for path in (tmp_path / "early").iterdir()} >= {"model.py", "submission.yaml", "predictions"}
    assert submission.manifest.model_dump(exclude_defaults=True) == {
        **ANSWERS,
        "sizes": {},
        "points": ({"name": "patience6"}, {"name": "patience-4"}),
    }
    assert submission.files == (
        "elue_model.py",
        "model.py",
        "parts.py",
        "predictions/patience-4/elue/mrpc.tsv",
        "predictions/patience-4/elue/sst2.tsv",
        "predictions/patience6/elue/stsb.tsv",
        "submission.yaml",
    )
    assert (submission.root / "elue_model.py").read_text() == PYTHON
    path = submission.predictions_file("patience-4", task("elue/sst2"))
    assert path is not None
    assert path.read_text() == FAST.replace("pred", "prediction", 1)
    found = read_predictions(path, task("elue/sst2"), 2, {})
    assert found.answers.tolist() == [1, 0]
    assert found.modules is not None
    assert len(distinct_modules(found.modules)[0]) == 2
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before


def test_the_written_model_gives_the_modules(source: Path, tmp_path: Path) -> None:
    import_elue(source, tmp_path / "early", ANSWERS)
    code = (
        "import model\n"
        "assert sorted(model.build_modules('sst2')) == ['emb', 'exit_1', 'layer_1']\n"
        "assert sum(p.numel() for p in model.build_model('mrpc').parameters()) == 36 + 20 + 10\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "early", check=True)


def test_a_model_for_each_dataset(source: Path, tmp_path: Path) -> None:
    (source / "my_model.py").unlink()
    (source / "STS-B-patience6.tsv").unlink()
    (source / "patience_4" / "MRPC.tsv").unlink()
    (source / "imdb").mkdir()
    (source / "imdb" / "patience_4.tsv").write_text(FAST)
    (source / "imdb" / "model.py").write_text(PYTHON)
    (source / "patience_4" / "model.py").write_text(PYTHON)
    asked = {question.key: question.suggestion for question in import_questions(source)}
    assert asked["imdb/patience_4.tsv:model"] == "imdb/model.py"
    submission = import_elue(source, tmp_path / "early", ANSWERS)
    text = (submission.root / "model.py").read_text()
    assert "{'imdb': 'elue_model_1', 'sst2': 'elue_model_2'}" in text
    assert {"elue_model_1.py", "elue_model_2.py"} <= set(submission.files)


def test_without_code_the_costs_are_asked_for(source: Path, tmp_path: Path) -> None:
    for name in ("my_model.py", "patience_4/MRPC.tsv", "STS-B-patience6.tsv"):
        (source / name).unlink()
    asked = {question.key for question in import_questions(source)}
    assert {"patience_4/SST-2.tsv:flops", "patience_4/SST-2.tsv:parameters"} <= asked
    answers = {**ANSWERS, "patience_4/SST-2.tsv:flops": "353.1e6", "patience_4/SST-2.tsv:parameters": "109,000,000"}
    submission = import_elue(source, tmp_path / "early", answers)
    declared = submission.manifest.points[0].declared["sst2"]
    assert (declared.flops, declared.parameters) == (353.1e6, 109_000_000)
    assert "model.py" not in submission.files


def refused(source: Path, target: Path, answers: dict[str, str]) -> list[Finding]:
    with pytest.raises(ParetoNLPError) as caught:
        import_elue(source, target, answers)
    assert not target.exists()
    assert [path.name for path in target.parent.iterdir() if path.name.startswith(".")] == []
    return list(caught.value.findings)


def test_all_wrong_answers_at_once(source: Path, tmp_path: Path) -> None:
    answers = {
        "name": "Early Exit",
        "licence": "a\nb",
        "licance": "MIT",
        "STS-B-patience6.tsv:task": "elue/stsbb",
        "patience_4/SST-2.tsv:point": "../x",
    }
    found = refused(source, tmp_path / "early", answers)
    assert {finding.code for finding in found} == {"import-answer"}
    said = [str(finding) for finding in found]
    assert len(said) == 6
    assert any("'licance'" in text and "Did you mean 'licence'?" in text for text in said)
    assert any("no answer to 'backbone'" in text for text in said)
    assert any("'elue/stsbb'" in text for text in said)


def test_two_files_in_one_place(source: Path, tmp_path: Path) -> None:
    answers = {**ANSWERS, "STS-B-patience6.tsv:task": "elue/sst2", "STS-B-patience6.tsv:point": "patience-4"}
    (finding,) = refused(source, tmp_path / "early", answers)
    assert (finding.code, finding.file) == ("import-same-place", "patience_4/SST-2.tsv")


def test_two_models_for_one_dataset(source: Path, tmp_path: Path) -> None:
    (source / "other.py").write_text(PYTHON)
    (source / "sst2.tsv").write_text(FAST)
    chosen = {f"{name}:model": "other.py" for name in ("STS-B-patience6.tsv", "patience_4/MRPC.tsv", "sst2.tsv")}
    answers = {**ANSWERS, **chosen, "patience_4/SST-2.tsv:model": "my_model.py"}
    (finding,) = refused(source, tmp_path / "early", answers)
    assert (finding.code, finding.file) == ("import-two-models", "sst2.tsv")


def test_a_helper_with_the_name_of_what_is_written(source: Path, tmp_path: Path) -> None:
    (source / "parts.py").rename(source / "model.py")
    (finding,) = refused(source, tmp_path / "early", ANSWERS)
    assert (finding.code, finding.file) == ("import-name", "model.py")


def test_faults_of_rows_name_the_file_they_came_from(source: Path, tmp_path: Path) -> None:
    (source / "patience_4" / "SST-2.tsv").write_text("index\tpred\tmodules\n0\t7\t(1),a\n\n1\t0\t(1)a\n2\t1\n")
    (source / "patience_4" / "MRPC.tsv").write_text("index\tpred\tmodules\n0\t7\t(1),a\n\n1\t0\t(1)a\n")
    found = refused(source, tmp_path / "early", ANSWERS)
    assert [(finding.code, finding.file, finding.row, finding.column) for finding in found] == [
        ("prediction-label", "patience_4/MRPC.tsv", 2, "prediction"),
        ("modules-syntax", "patience_4/MRPC.tsv", 4, "modules"),
        ("row-width", "patience_4/SST-2.tsv", 5, None),
    ]


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "mine").touch()
    with pytest.raises(ParetoNLPError) as caught:
        import_elue(source, tmp_path / "early", ANSWERS)
    assert [finding.code for finding in caught.value.findings] == ["folder-exists"]
    assert [path.name for path in (tmp_path / "early").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("index\tlabel\tmodules\n", "import-column", 1),
        ("pred\tmodules\n", "import-column", 1),
        ("index\tpred\tmodules\tindex\n", "import-column", 1),
        ("index,pred,modules\n", "wrong-delimiter", 1),
        ("", "predictions-empty", None),
    ],
)
def test_files_of_another_form(source: Path, findings: Findings, text: str, code: str, row: int | None) -> None:
    (source / "STS-B-patience6.tsv").write_text(text)
    (source / "parts.py").write_text("def (")
    found = findings(lambda: import_questions(source))
    assert [(finding.code, finding.file, finding.row) for finding in found] == [
        (code, "STS-B-patience6.tsv", row),
        ("python-syntax", "parts.py", 1),
    ]


def test_no_folder(tmp_path: Path, findings: Findings) -> None:
    assert [finding.code for finding in findings(lambda: import_questions(tmp_path))] == ["import-source"]
    assert [finding.code for finding in findings(lambda: import_questions(tmp_path / "x"))] == ["import-source"]
