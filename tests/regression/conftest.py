"""A small low-rank submission on probe/sentiment with its expectation, and hand-made expectations."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import save_file

from harness import write_predictions
from harness.regression import Outcome, check, update
from harness.regression.expectation import Answers, ExpectedResult, ExpectedSuite
from harness.regression.row_checks import row_checks
from harness.report import Work
from harness.tasks.choosing import split_loader, tasks_of

MODEL = """
from torch import nn

class Model(nn.Module):
    def __init__(self, rank):
        super().__init__()
        self.embed = nn.Embedding(16, 8)
        self.down, self.up = nn.Linear(8, rank, bias=False), nn.Linear(rank, 2, bias=False)

    def forward(self, input_ids):
        return self.up(self.down(self.embed(input_ids).mean(1)))

def build_model(dataset, rank):
    return Model(rank)

def encode(example, dataset, rank):
    return {"input_ids": [len(word) % 16 for word in example["text"].split()]}
"""
SENTIMENT = tasks_of("probe", ["sentiment"])
LOAD = split_loader(None)
RANK = 4


def manifest(rank: int) -> str:
    """Of the small submission."""
    point = {"name": "low", "options": {"rank": rank}, "weights": {"probe-sentiment": "weights/low.safetensors"}}
    return yaml.safe_dump({"name": "small", "method": "svd", "sizes": {"num_tokens": None}, "points": [point]})


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``submissions/small`` and ``expected/small.json``, to be copied."""
    root = tmp_path_factory.mktemp("committed")
    folder = root / "submissions" / "small"
    (folder / "weights").mkdir(parents=True)
    (folder / "model.py").write_text(MODEL)
    (folder / "submission.yaml").write_text(manifest(RANK))
    random = torch.Generator().manual_seed(0)
    shapes = {"embed.weight": (16, 8), "down.weight": (RANK, 8), "up.weight": (2, RANK)}
    weights = folder / "weights" / "low.safetensors"
    save_file({name: torch.randn(shape, generator=random) for name, shape in shapes.items()}, weights)
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "weights.sha256").write_text(f"{digest}  weights/low.safetensors\n")
    write_predictions(folder, "probe", ["sentiment"])
    lines, wrong = update([folder], "probe", SENTIMENT, LOAD, root / "expected", print)
    assert (lines, wrong) == (["small, probe: 1 results expected for the first time"], [])
    return root


@pytest.fixture
def copy(committed: Path, tmp_path: Path) -> Path:
    """A copy of ``committed``, to plant changes in."""
    return Path(shutil.copytree(committed, tmp_path / "copy"))


@pytest.fixture
def checked(copy: Path) -> Callable[[], Outcome]:
    """Check the copy against its expectation."""
    return lambda: check([copy / "submissions" / "small"], "probe", SENTIMENT, LOAD, copy / "expected", print)


def result(
    point: str = "p",
    *,
    task: str = "t",
    score: float = 0.8,
    flops: float | None = 100.0,
    answers: str = "0101",
    provenance: dict[str, str] | None = None,
    **changes: Any,
) -> ExpectedResult:
    """A result made by hand; ``answers`` are those of its samples."""
    lines, columns = row_checks(list(answers))
    facts: dict[str, Any] = {
        "task": task,
        "point": point,
        "options": {},
        "weights_here": True,
        "fingerprint": "f" * 64,
        "rows": len(answers),
        "answers": Answers(file=f"predictions/{point}/s/{task}.tsv", sha256=answers, lines=lines, columns=columns),
        "metric": "accuracy",
        "score": score,
        "parts": {"accuracy": score},
        "costs": {"flops": flops, "parameters": 7},
        "provenance": {"cost": "measured", "lengths": "confirmed", "predictions": "declared", **(provenance or {})},
        "unpriced": (),
        "operators": {"aten.mm": Work(macs=1, flops=2, calls=1)},
    }
    return ExpectedResult(**{**facts, **changes})


def suite(*results: ExpectedResult, torch_version: str = "2.13", files: dict[str, str] | None = None) -> ExpectedSuite:
    """An expectation made by hand; the files of its predictions are among its files."""
    of_answers = {each.answers.file: each.answers.sha256 for each in results}
    return ExpectedSuite(
        versions={"torch": torch_version},
        folder_sha256="0" * 64,
        files={**of_answers, **(files or {})},
        results=results,
    )
