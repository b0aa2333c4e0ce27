"""Stores on disk, small ones and one with all that can be in a store, and their indices."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache as cache_results
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.board import Board, suite_board, task_board
from harness.quality.intervals import COUNT
from harness.report import PathCosts, Result, Work
from harness.store import Stored, find_reports, write_replicates, write_report
from harness.tasks import SUITES
from leaderboard.building import made_index
from leaderboard.index import Index, open_index

ELUE = tuple(task.name for task in SUITES["elue"].tasks)
GLUE = tuple(task.name for task in SUITES["glue"].tasks)
DECLARED = {"provenance": "declared", "tracing": "declared"}


@dataclass(frozen=True, slots=True)
class Full:
    """A store, what the harness reads from it, and its index."""

    folder: Path
    stored: list[Stored]
    index: Index
    cache: Path
    board: Callable[..., Board]
    """``board(suite, task, axis)``: as the harness makes it; of the suite for an empty task."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test's indices go."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write_store(folder: Path, *entries: Stored) -> Path:
    """A store with these reports and replicates, each in a folder of its name."""
    folder.mkdir(exist_ok=True)
    for number, entry in enumerate(entries):
        own = folder / f"{number:02}"
        own.mkdir()
        write_report(own, entry.report)
        if entry.replicates:
            write_replicates(own, entry.replicates)
    return folder


@pytest.fixture
def keep(tmp_path: Path) -> Callable[..., Path]:
    """``keep(stored, ...)``: the folder of a store that holds these, in 00, 01 and so on."""
    return lambda *entries: write_store(tmp_path / "store", *entries)


@pytest.fixture
def indexed(keep: Callable[..., Path]) -> Callable[..., Index]:
    """``indexed(stored, ...)``: the index of a store that holds these."""
    return lambda *entries: open_index(made_index(keep(*entries)))


@pytest.fixture(scope="session")
def full(
    stored: Callable[..., Stored], make_result: Callable[..., Result], tmp_path_factory: pytest.TempPathFactory
) -> Full:
    """Dense curves on two backbones, compressed, exiting, declared, limited, old and odd submissions on two suites."""
    root = tmp_path_factory.mktemp("full")
    folder = write_store(root / "store", *_submissions(stored, make_result))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        index = open_index(made_index(folder))
    read = find_reports(folder)[0]

    @cache_results
    def board(suite: str, task: str = "", axis: str = "flops") -> Board:
        reference = index.references[suite]
        if task:
            return task_board(read, suite, task, axis, reference)
        return suite_board(read, SUITES[suite], axis, reference)

    return Full(folder, read, index, root / "cache", board)


def _submissions(stored: Callable[..., Stored], make_result: Callable[..., Result]) -> list[Stored]:
    random = np.random.default_rng(7)

    def on(suite: str, tasks: tuple[str, ...], *points: tuple[str, float, float], **more: Any) -> list[Result]:
        """Results around a score at about so many GFLOPs, of each point on each task."""
        return [
            make_result(
                suite,
                task,
                point,
                score=round(score + random.uniform(-0.04, 0.04), 4),
                flops=round(1e9 * gflops * random.uniform(0.97, 1.03)),
                **{"parameters": int(9e6 * gflops), **more},
            )
            for task in tasks
            for point, score, gflops in points
        ]

    depths = [("3", 0.72, 3.0), ("6", 0.80, 6.0), ("12", 0.86, 12.0)]
    ranks = [("64", 0.70, 2.0), ("96", 0.79, 4.0), ("128", 0.83, 7.0)]
    exits = [("p1", 0.74, 3.5), ("p4", 0.85, 8.0)]
    proved = {"cost": {"lengths": "confirmed", **_details()}}
    sparse = {"counts": {"nonzero": 9_000_000, "nonzero_provenance": "measured", "non_embedding": 20, "bytes": 80}}
    made = [
        stored("deep", *on("elue", ELUE, *depths), *on("glue", GLUE, *depths), noise=0.01, backbone="bert"),
        stored("shallow", *on("elue", ELUE[:3], *depths[:2]), noise=0.01, backbone="roberta"),
        stored("ranks", *on("elue", ELUE, *ranks), noise=0.01, method="svd", backbone="bert"),
        stored("ranks-glue", *on("glue", GLUE, *ranks[1:]), noise=0.02, method="svd", backbone="bert"),
        stored("leaving", *on("elue", ELUE, *exits, **proved), noise=0.01, method="pabee", backbone="bert"),
        stored("holes", *on("elue", ELUE, ("s", 0.8, 5.0), **sparse), noise=0.01, method="pruned", backbone="roberta"),
        stored("told", *on("elue", ELUE, ("x", 0.9, 1.0), cost=DECLARED), noise=0.01, method="distilled"),
        stored("limited", *on("elue", ELUE, ("x", 0.9, 2.0), limit=50), noise=0.05, method="svd"),
        stored("old", *on("elue", ELUE, ("x", 0.9, 4.0), fingerprint="a" * 64, rows=99), noise=0.01, method="dense"),
        stored("exact", *on("elue", ELUE, ("x", 0.81, 6.5)), method="kronecker", backbone="bert"),
        stored("partly", *on("elue", ELUE[3:5], ("x", 0.8, 5.5)), noise=0.01, method="dan"),
        stored("costless", *on("elue", ELUE, ("x", 0.8, 5.0), cost={**DECLARED, "flops": None, "macs": None})),
        stored("unpriced", *on("elue", ELUE, ("x", 0.88, 5.0), cost={"unpriced": {"aten.foo": 2.0}}), noise=0.01),
        stored("sized", *on("elue", ELUE, ("x", 0.7, 1.5), counts={"provenance": "declared"}), noise=0.01),
    ]
    mixed = on("elue", ELUE[:1], ("x", 0.9, 1.0), cost=DECLARED) + on("elue", ELUE[1:], ("x", 0.78, 2.5))
    odd = stored("odd", *on("elue", ELUE, ("x", 0.84, 9.0)), noise=0.01, method="fnet")
    short = {key: drawn[: COUNT - 1] for key, drawn in odd.replicates.items()}
    return [*made, stored("mixed", *mixed, noise=0.01), Stored(odd.report, short)]


def _details() -> dict[str, Any]:
    """Paths of a model that leaves at two stages, and where its work is."""
    tokens = (8, 9, 12, 30, 31) * 2
    stages = (1,) * 5 + (2,) * 5
    flops = tuple(stage * (1000 * n + 7 * n * n + 3) for n, stage in zip(tokens, stages, strict=True))
    work = {"embeddings": 10.0, "encoder.0": 600.0, "encoder.1": 300.0, "head": 90.0}
    return {
        "paths": PathCosts(sizes={"num_tokens": tokens}, exit_stage=stages, samples=(9,) * 10, macs=flops, flops=flops),
        "by_module": {name: Work(macs=flops / 2, flops=flops, calls=1) for name, flops in work.items()},
        "by_operator": {"aten.addmm": Work(macs=450, flops=900, calls=4), "aten.add": Work(macs=0, flops=100, calls=9)},
    }
