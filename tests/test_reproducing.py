"""The graph that was priced is run again: honest predictions are found again, others are caught.

Models that lie about their cost are in ``tests/sandbox/attacks/cheats.py``.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from harness.evaluation import evaluate_tasks
from harness.findings import ParetoNLPError
from harness.predicting import predict
from harness.report import Result
from harness.store import read_report
from harness.submission import load_submission, read_predictions, write_prediction_file
from harness.tasks import task as find_task
from harness.tasks.choosing import split_loader
from harness.tasks.types import Split, Task

PABEE = Path(__file__).parents[1] / "submissions" / "pabee-probe"
SENTIMENT = find_task("probe/sentiment")
ROWS = 120
WORDS = ["a", "movie", "of", "no", "great", "wit", "but", "much", "heart", "and", "some", "very", "dull", "scenes"]

MODEL = """
import torch
from torch import nn

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(50, 8), nn.Linear(8, 2)
    def forward(self, input_ids):
        {body}

def build_model(dataset):
    return Model()

def encode(example, dataset):
    return {{"input_ids": [len(word) for word in example["text"].split()]}}
"""
HONEST = "return self.out(self.embed(input_ids).mean(1))"


def load(task: Task) -> Split:
    """Texts of made-up words, one to nine."""
    random = np.random.default_rng(3)
    texts = tuple(" ".join(random.choice(WORDS, int(count))) for count in random.integers(1, 10, ROWS))
    return Split(task.dataset, task.split, {"text": texts}, random.integers(0, 2, ROWS), "fingerprint", "made up")


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Path]:
    """Write a submission with random weights."""

    def write(source: str) -> Path:
        folder = tmp_path / "mine"
        (folder / "weights").mkdir(parents=True, exist_ok=True)
        (folder / "model.py").write_text(source)
        point = {"name": "p", "weights": {"probe-sentiment": "weights/w.safetensors"}}
        manifest = {"name": "mine", "method": "m", "sizes": {"num_tokens": 9}, "points": [point]}
        (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
        random = torch.Generator().manual_seed(0)
        shapes = {"embed.weight": (50, 8), "out.weight": (2, 8), "out.bias": (2,)}
        state = {name: torch.randn(shape, generator=random).half() for name, shape in shapes.items()}
        save_file(state, folder / "weights" / "w.safetensors")
        return folder

    return write


def evaluated(folder: Path) -> Result:
    """The result of predictions that ``paretonlp predict`` wrote."""
    list(predict(folder, [SENTIMENT], load))
    (result,) = evaluate_tasks(folder, [SENTIMENT], load).results
    return result


def rewrite(folder: Path, answers: np.ndarray, sizes: np.ndarray, exits: np.ndarray | None = None) -> None:
    path = folder / "predictions" / load_submission(folder).manifest.points[0].name / "probe" / "sentiment.tsv"
    write_prediction_file(path, answers, {"num_tokens": sizes}, exits)


def test_honest_predictions_are_reproduced_from_weights_stored_in_half(make: Callable[[str], Path]) -> None:
    result = evaluated(make(MODEL.format(body=HONEST)))
    assert result.score.predictions == "reproduced"
    assert (result.reproduction.rows, result.reproduction.answers, result.reproduction.exits) == (ROWS, 1.0, None)


def test_the_report_says_how_much_encode_can_read(make: Callable[[str], Path]) -> None:
    folder = make(MODEL.format(body=HONEST))
    (folder / "assets").mkdir()
    (folder / "assets" / "words.json").write_text("[" + " " * 1000 + "]")
    evaluated(folder)
    named = sum((folder / name).stat().st_size for name in ("model.py", "submission.yaml", "assets/words.json"))
    assert read_report(folder).assets_bytes == named


def test_the_report_says_how_long_encode_takes(make: Callable[[str], Path]) -> None:
    wait = "from time import process_time\ndef wait():\n    end = process_time() + 0.001\n"
    wait += "    while process_time() < end: pass\n"
    source = wait + MODEL.format(body=HONEST).replace("    return {", "    wait()\n    return {")
    result = evaluated(make(source))
    assert result.reproduction.encode_ms is not None
    assert 0.8 < result.reproduction.encode_ms < 1.8


def test_where_the_kernel_does_not_tell_the_report_does_not_either(
    make: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.sandbox.runner.cpu_of", lambda _: 0.0)
    result = evaluated(make(MODEL.format(body=HONEST)))
    assert (result.score.predictions, result.reproduction.encode_ms) == ("reproduced", None)


def test_predictions_of_another_model_are_refused_and_named(make: Callable[[str], Path]) -> None:
    folder = make(MODEL.format(body=HONEST))
    list(predict(folder, [SENTIMENT], load))
    given = read_predictions(folder / "predictions/p/probe/sentiment.tsv", SENTIMENT, ROWS, {"num_tokens": 9})
    wrong = np.arange(ROWS) % 20 == 7
    rewrite(folder, np.where(wrong, 1 - given.answers, given.answers).astype(int), given.sizes["num_tokens"])
    with pytest.raises(ParetoNLPError) as caught:
        evaluate_tasks(folder, [SENTIMENT], load)
    *rows, summary = caught.value.findings
    assert [finding.row for finding in rows] == [7 + 2, 27 + 2, 47 + 2, 67 + 2, 87 + 2]
    assert all(finding.file == "predictions/p/probe/sentiment.tsv" for finding in caught.value.findings)
    assert f"6 of {ROWS} rows" in summary.message
    assert not (folder / "report.json").exists()


def test_without_weights_or_encode_the_report_says_so(make: Callable[[str], Path]) -> None:
    folder = make(MODEL.format(body=HONEST))
    list(predict(folder, [SENTIMENT], load))
    (folder / "weights" / "w.safetensors").unlink()
    (result,) = evaluate_tasks(folder, [SENTIMENT], load).results
    assert (result.score.predictions, result.reproduction.reason) == ("declared", "the weights are not there")
    (folder / "model.py").write_text((folder / "model.py").read_text().partition("def encode")[0])
    (result,) = evaluate_tasks(folder, [SENTIMENT], load).results
    assert "no encode" in result.reproduction.reason


@pytest.fixture
def pabee(tmp_path: Path) -> Path:
    """The committed submission with one point and one task."""
    folder = Path(shutil.copytree(PABEE, tmp_path / "pabee", ignore=shutil.ignore_patterns("report.json", "*.npz")))
    manifest = yaml.safe_load((folder / "submission.yaml").read_text())
    manifest["points"] = [point for point in manifest["points"] if point["name"] == "patience-1"]
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
    for path in (folder / "predictions").glob("*/probe/*.tsv"):
        if path.parts[-3:] != ("patience-1", "probe", "sentiment.tsv"):
            path.unlink()
    return folder


def test_early_exit_is_driven_by_the_harness(pabee: Path) -> None:
    (result,) = evaluate_tasks(pabee, [SENTIMENT], split_loader(None), rows_again=100).results
    assert result.score.predictions == "reproduced"
    assert (result.reproduction.rows, result.reproduction.answers, result.reproduction.exits) == (100, 1.0, 1.0)


def test_the_counterfeit_that_leaves_one_layer_early_is_caught(pabee: Path) -> None:
    """Answers of the honest run, exits claimed a layer earlier: the cost would be lower by a layer."""
    path = pabee / "predictions" / "patience-1" / "probe" / "sentiment.tsv"
    split = split_loader(None)(SENTIMENT)
    given = read_predictions(path, SENTIMENT, split.rows, {"num_tokens": 128})
    assert given.exit_stage is not None
    rewrite(pabee, given.answers.astype(int), given.sizes["num_tokens"], np.maximum(1, given.exit_stage - 1))
    with pytest.raises(ParetoNLPError, match=r"the prediction is \d at stage 1; the model gives \d at stage 2"):
        evaluate_tasks(pabee, [SENTIMENT], split_loader(None), rows_again=100)


def test_weights_of_the_hub_are_fetched_once_and_read_where_they_lie(
    make: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, reference = make(MODEL.format(body=HONEST)), f"hf://org/repo@{'0' * 40}/w.safetensors"
    elsewhere = shutil.move(folder / "weights" / "w.safetensors", tmp_path / "blob")
    (folder / "submission.yaml").write_text(
        (folder / "submission.yaml").read_text().replace("weights/w.safetensors", reference)
    )
    asked = []
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *given, **_: asked.append(given) or str(elsewhere))
    result = evaluated(folder)
    assert (result.score.predictions, result.reproduction.answers) == ("reproduced", 1.0)
    assert result.parameters.nonzero_provenance == "measured"
    assert asked == [("org/repo", "w.safetensors")]


def test_a_hub_out_of_reach_leaves_the_answers_declared(
    make: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> str:
        raise huggingface_hub.errors.LocalEntryNotFoundError("offline")

    folder = make(MODEL.format(body=HONEST))
    list(predict(folder, [SENTIMENT], load))
    manifest = (folder / "submission.yaml").read_text()
    (folder / "submission.yaml").write_text(
        manifest.replace("weights/w.safetensors", f"hf://org/other@{'1' * 40}/w.safetensors")
    )
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", unreachable)
    (result,) = evaluate_tasks(folder, [SENTIMENT], load).results
    assert (result.score.predictions, result.reproduction.reason) == ("declared", "the weights are not there")
