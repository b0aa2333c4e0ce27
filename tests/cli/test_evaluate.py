"""``paretonlp evaluate``. Submissions with declared costs start no child; one test runs code, good and bad."""

import json
import zipfile

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from harness.store import read_report
from tests.cli.conftest import ROWS
from tests.cli.strangers import EVIL, harmless

MODEL = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.out = nn.Linear(8, 2)
    def forward(self, input_ids):
        return self.out(self.embed(input_ids).mean(1))

def build_model(dataset):
    return Model()
"""
LEGEND = "cost len ans: ✓ found by the harness   ~ self-reported   · declared only"


def elue(data):
    return "--suite", "elue", "--data-dir", data


def test_a_declared_submission_gets_a_report(run, declared, data, width):
    width(80)
    folder = declared("mine", "elue/mrpc")
    outcome = run("evaluate", folder, *elue(data))
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80 or max(lines, key=len).startswith("report:")
    (cells,) = (line.split() for line in lines if line.startswith("mrpc"))
    gold, answers = np.arange(ROWS) % 2, np.loadtxt(folder / "predictions/full/elue/mrpc.tsv", skiprows=1)[:, 1]
    score = 100 * (accuracy_score(gold, answers) + f1_score(gold, answers)) / 2
    assert cells[:3] == ["mrpc", "full", f"{score:.2f}"]
    assert cells[4] == "to"
    assert cells[6:] == ["1.5G", "–", "66M", "·", "·", "·"]
    assert f"note: mrpc, {ROWS} of 1,725" in lines
    assert f"report: {folder / 'report.json'}" in lines
    assert lines[-1] == LEGEND
    assert read_report(folder).results[0].task_id == "elue/mrpc"


def test_a_plan_does_nothing_and_says_what_is_done(run, declared, data, width):
    width(80)
    folder = declared("mine", "elue/mrpc", "elue/sst2")

    def planned(*words):
        outcome = run("evaluate", folder, *elue(data), "--plan", *words)
        assert (outcome.code, outcome.err) == (0, "")
        return [line.strip().split(maxsplit=4)[2:] for line in outcome.out.splitlines()[1:]]

    both = [["elue/sst2", "24", "score and measure"], ["elue/mrpc", "24", "score and measure"]]
    assert planned() == both
    assert planned("--limit", 5)[0] == ["elue/sst2", "5", "score and measure"]
    assert not (folder / "report.json").exists()
    assert run("evaluate", folder, *elue(data), "--tasks", "mrpc").code == 0
    assert planned() == [both[0], ["elue/mrpc", "24", "nothing, unchanged"]]
    assert planned("--force") == both


def test_a_trial_writes_nothing_and_force_makes_results_anew(run, declared, data):
    folder = declared("mine", "elue/mrpc")
    outcome = run("evaluate", folder, *elue(data), "--limit", "8")
    assert outcome.code == 0
    assert "tried on the first 8 rows; nothing was written" in outcome.out
    assert not (folder / "report.json").exists()
    assert run("evaluate", folder, *elue(data)).code == 0
    written = (folder / "report.json").stat().st_mtime_ns
    assert run("evaluate", folder, *elue(data)).code == 0
    assert (folder / "report.json").stat().st_mtime_ns == written
    assert run("evaluate", folder, *elue(data), "--force").code == 0
    assert (folder / "report.json").stat().st_mtime_ns > written


def test_submissions_that_fail_do_not_keep_the_others_from_going_on(run, declared, data, tmp_path):
    bad, good = declared("a-bad", "elue/mrpc"), declared("b-good", "elue/mrpc")
    declared("c-other", "elue/sst2")
    hidden = declared("d", "elue/mrpc").rename(tmp_path / "store" / ".hidden")
    broken = declared("e-broken", "elue/mrpc")
    (broken / "submission.yaml").write_text(f'name: "{json.dumps(EVIL)[1:-1]}"')
    (good / "model.py").write_text(MODEL)
    (bad / "model.py").write_text(f"def build_model(dataset):\n    raise ValueError({EVIL!r})\n")
    # of a static model without sizes every sample costs the same, so give the good one its lengths
    manifest = (good / "submission.yaml").read_text().replace("sizes: {}", "sizes: {num_tokens: 64}")
    (good / "submission.yaml").write_text(manifest)
    path = good / "predictions/full/elue/mrpc.tsv"
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header + "\tnum_tokens", *(f"{row}\t5" for row in rows)]) + "\n")

    outcome = run("evaluate", tmp_path / "store", tmp_path / "missing", *elue(data), "--tasks", "mrpc")
    assert outcome.code == 1
    (cells,) = (line.split() for line in outcome.out.splitlines() if line.startswith("mrpc"))
    # a mean of 5 rows of 8, then 16 multiply-accumulates and two biases; an embedding of 50 x 8
    assert cells[6:] == ["74", "16", str(50 * 8 + 16 + 2), "✓", "·", "·"]
    assert (good / "report.json").is_file()
    assert not any((folder / "report.json").exists() for folder in (bad, hidden, broken))
    said = outcome.err.replace("\n", " ")
    assert "error submitted-code" in said
    assert "c-other: no predictions for these tasks, left out" in said
    assert "missing: error no-submission" in said
    assert harmless(outcome.err)


def test_nothing_to_evaluate_is_a_failure(run, declared, data, tmp_path):
    declared("one", "elue/mrpc")
    declared("two", "elue/mrpc")
    for words in ((), ("--plan",)):
        outcome = run("evaluate", tmp_path / "store", *elue(data), "--tasks", "sst2", *words)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.count("left out") == 2
    alone = run("evaluate", tmp_path / "store" / "one", *elue(data), "--tasks", "sst2")
    assert alone.code == 1
    assert "It has elue/mrpc." in alone.err


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
def test_a_broken_report_is_named_and_not_overwritten(run, declared, data, content):
    folder = declared("mine", "elue/mrpc")
    (folder / "report.json").write_text(content)
    outcome = run("evaluate", folder, *elue(data))
    assert (outcome.code, outcome.out) == (1, "")
    assert str(folder / "report.json") in outcome.err
    assert (folder / "report.json").read_text() == content


def test_a_zip_is_evaluated_and_nothing_is_written(run, declared, data, tmp_path):
    folder = declared("mine", "elue/mrpc")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    outcome = run("evaluate", tmp_path / "mine.zip", *elue(data))
    assert outcome.code == 0
    assert "nothing was written" in outcome.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "mine.zip", "store"]


def test_data_that_cannot_be_read_are_named(run, declared, data):
    folder = declared("mine", "elue/mrpc")
    (data / "mrpc" / "test.parquet").write_bytes(b"PAR1 and no more")
    outcome = run("evaluate", folder, *elue(data))
    assert (outcome.code, outcome.out) == (1, "")
    assert str(data / "mrpc" / "test.parquet") in outcome.err


def test_rows_that_are_missing_are_said(run, declared, data):
    folder = declared("mine", "elue/mrpc")
    path = folder / "predictions/full/elue/mrpc.tsv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    outcome = run("evaluate", folder, *elue(data))
    assert (outcome.code, outcome.out) == (1, "")
    assert "predictions/full/elue/mrpc.tsv" in outcome.err


def test_a_folder_that_cannot_be_written_is_an_error_of_that_folder_alone(run, declared, data, tmp_path, monkeypatch):
    first, second = declared("first", "elue/mrpc"), declared("second", "elue/mrpc")
    from harness import evaluation

    def write(folder, report):
        if folder == first:
            raise PermissionError(13, "Permission denied", str(folder / "report.json"))
        really(folder, report)

    really = evaluation.write_report
    monkeypatch.setattr(evaluation, "write_report", write)
    outcome = run("evaluate", tmp_path / "store", *elue(data))
    assert outcome.code == 1
    assert "Permission denied." in outcome.err
    assert (second / "report.json").is_file()
