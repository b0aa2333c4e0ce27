"""Folders to try the command on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from harness.cli import console
from harness.quality.intervals import COUNT
from harness.store import write_replicates, write_report
from harness.submission import write_prediction_file

ROWS = 24


@pytest.fixture
def width(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the width of the terminal."""

    def set_width(columns: int) -> None:
        for each in (console.out, console.err):
            monkeypatch.setattr(each, "_width", columns)

    return set_width


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with small splits: MRPC's test, SST-2's test and validation."""
    random = np.random.default_rng(1)
    folder = tmp_path / "data"
    splits = {
        ("mrpc", "test"): ("sentence1", "sentence2"),
        ("sst2", "test"): ("sentence",),
        ("sst2", "validation"): ("sentence",),
    }
    for (dataset, split), columns in splits.items():
        texts = {name: [" ".join(["word"] * int(n)) for n in random.integers(1, 6, ROWS)] for name in columns}
        (folder / dataset).mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({**texts, "label": [0, 1] * (ROWS // 2)}), folder / dataset / f"{split}.parquet")
    return folder


@pytest.fixture
def declared(tmp_path: Path) -> Callable[..., Path]:
    """``declared("mine", "elue/mrpc")``: a submission without code, under ``store``; every fourth answer is wrong."""

    def write(name: str, *tasks: str, **card: object) -> Path:
        folder = tmp_path / "store" / name
        cost = {"flops": 1.5e9, "parameters": 66_000_000}
        point = {"name": "full", "declared": {task.partition("/")[2]: dict(cost) for task in tasks}}
        content = {"name": name, "method": "distillation", "sizes": {}, "points": [point], **card}
        folder.mkdir(parents=True)
        (folder / "submission.yaml").write_text(yaml.safe_dump(content))
        answers = np.array([[1, 1, 0, 1], [0, 1, 0, 1]] * (ROWS // 8)).ravel()
        for task in tasks:
            write_prediction_file(folder / "predictions" / "full" / f"{task}.tsv", answers, {})
        return folder

    return write


@pytest.fixture
def store(tmp_path: Path, make_report: Callable[..., Any], make_result: Callable[..., Any]) -> Callable[..., Path]:
    """``store(("tiny", [facts of a result, ...]), ...)``: reports with replicates around the score."""

    def write(*submissions: tuple[str, list[dict[str, Any]]]) -> Path:
        spread = np.linspace(-0.01, 0.01, COUNT)
        for number, (name, facts) in enumerate(submissions):
            folder = tmp_path / "store" / f"s{number}"
            folder.mkdir(parents=True)
            report = make_report(name, *(make_result(**each) for each in facts))
            write_report(folder, report)
            write_replicates(folder, {r.replicates_key: r.score.value + spread for r in report.results})
        return tmp_path / "store"

    return write


@pytest.fixture
def three(store: Callable[..., Path]) -> Path:
    """Reports on ELUE's MRPC: ``tiny``, and ``dense`` with two points of which one is off the frontier."""
    return store(
        ("tiny", [{"point": "p", "score": 0.81, "flops": 1e9, "parameters": 12_345_678}]),
        (
            "dense",
            [
                {"point": "half", "score": 0.80, "flops": 2e9, "parameters": 50_000_000},
                {"point": "full", "score": 0.8765, "flops": 11.2e9, "parameters": 109_000_000},
            ],
        ),
    )
