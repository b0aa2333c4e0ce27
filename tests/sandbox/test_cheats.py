"""Models that lie about their cost: what the report says of each, or which finding refuses it."""

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from harness.evaluation import evaluate_tasks
from harness.findings import ParetoNLPError
from harness.sandbox.levels import Level
from harness.submission import write_prediction_file
from harness.tasks import task as find_task
from harness.tasks.types import Split, Task
from tests.sandbox.attacks.cheats import CHEATS, Cheat

SENTIMENT = find_task("probe/sentiment")
ROWS = 50
WORDS = ["a", "movie", "of", "no", "great", "wit", "but", "much", "heart", "and", "some", "very", "dull", "scenes"]
WEIGHTS = {"embed.weight": (50, 8), "out.weight": (2, 8), "out.bias": (2,)}


def load(task: Task) -> Split:
    """Texts of made-up words, one to nine."""
    random = np.random.default_rng(3)
    texts = tuple(" ".join(random.choice(WORDS, int(count))) for count in random.integers(1, 10, ROWS))
    return Split(task.dataset, task.split, {"text": texts}, random.integers(0, 2, ROWS), "fingerprint", "made up")


def submission(folder: Path, cheat: Cheat) -> Path:
    """The folder, with the answers of the model's expensive way of working."""
    (folder / "weights").mkdir(parents=True)
    (folder / "model.py").write_text(cheat.source)
    point = {"name": "p", "weights": {"probe-sentiment": "weights/w.safetensors"}}
    manifest = {"name": "mine", "method": "m", "sizes": {"num_tokens": 9}, "points": [point]}
    (folder / "submission.yaml").write_text(yaml.safe_dump(manifest))
    random = torch.Generator().manual_seed(0)
    state = {name: torch.randn(shape, generator=random) for name, shape in WEIGHTS.items()}
    save_file(state, folder / "weights" / "w.safetensors")
    ids = [[len(word) for word in text.split()] for text in load(SENTIMENT).texts["text"]]
    answers = np.array([int(expensive(cheat, state, torch.tensor(row)).argmax()) for row in ids])
    assert 5 < answers.sum() < ROWS - 5
    path = folder / "predictions" / "p" / "probe" / "sentiment.tsv"
    write_prediction_file(path, answers, {"num_tokens": np.array([len(row) for row in ids])})
    return folder


def expensive(cheat: Cheat, state: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    """What the model answers when nobody watches: for most, the sine of three times the embeddings, averaged."""
    x = torch.sin(3 * state["embed.weight"][ids]).mean(0)
    if "relu" in cheat.body and len(ids) <= 4:
        x = x.relu()
    if "x.add_(0.01)" in cheat.body:
        x = torch.cat([torch.tensor([0.1]), x[1:] + 0.01])
    if "torch.tensor([1., 0.9]" in cheat.body:
        x = x * torch.tensor([1.0, 0.9] * 4)
    return state["out.weight"] @ x + state["out.bias"]


def verdict(folder: Path, level: Level | None = None) -> tuple[str, str]:
    """``reproduced``, ``declared`` or ``refused``, and what is said of it."""
    try:
        (result,) = evaluate_tasks(folder, [SENTIMENT], load, level=level).results
    except ParetoNLPError as error:
        return "refused", str(error)
    return result.score.predictions, result.reproduction.reason


@pytest.mark.parametrize("name", CHEATS)
def test_the_verdict(tmp_path: Path, name: str) -> None:
    cheat = CHEATS[name]
    found, said = verdict(submission(tmp_path / "mine", cheat))
    assert found == cheat.verdict, said
    assert cheat.says.lower() in said.lower()
    if cheat.verdict == "refused":
        assert not (tmp_path / "mine" / "report.json").exists()


def test_every_family_has_cheats_and_honest_ones_pass() -> None:
    assert len({cheat.family for cheat in CHEATS.values()}) == 8
    assert all(cheat.verdict == "reproduced" for cheat in CHEATS.values() if cheat.family == "honest")
