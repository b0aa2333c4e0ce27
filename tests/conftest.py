"""Reports to test with, valid and plain in what a test does not ask for; and the command as a user has it."""

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from harness import cli
from harness.quality.intervals import COUNT
from harness.report import (
    Cost,
    Distribution,
    Interval,
    Parameters,
    Report,
    Result,
    Score,
    SubmissionInfo,
    Versions,
)
from harness.store import Stored


def _distribution(mean: float) -> Distribution:
    return Distribution(mean=mean, median=mean, minimum=mean, p05=mean, p95=mean, maximum=mean)


def _result(
    suite: str = "elue",
    task: str = "mrpc",
    point: str = "full",
    *,
    score: float = 0.8,
    flops: float = 1e9,
    parameters: int = 50_000_000,
    cost: dict[str, Any] | None = None,
    counts: dict[str, Any] | None = None,
    paretonlp: str = "0.1.0",
    **changes: Any,
) -> Result:
    facts: dict[str, Any] = {
        "suite": suite,
        "task": task,
        "point": point,
        "dataset": task,
        "split": "test",
        "rows": 1725,
        "official_rows": 1725,
        "fingerprint": "f" * 64,
        "key": "k" * 64,
        "versions": Versions(paretonlp=paretonlp, python="3.11.7", torch="2.8.0"),
        "sandbox": "",
        "score": Score(
            metric="accuracy",
            value=score,
            interval=Interval(low=score - 0.01, high=score + 0.01),
        ),
        "cost": Cost(
            **{
                "provenance": "measured",
                "tracing": "template",
                "macs": _distribution(flops / 2),
                "flops": _distribution(flops),
                **(cost or {}),
            }
        ),
        "parameters": Parameters(**{"provenance": "measured", "total": parameters, **(counts or {})}),
    }
    return Result(**{**facts, **changes})


@pytest.fixture(scope="session")
def make_result() -> Callable[..., Result]:
    """``make_result(suite, task, point, score=, flops=, parameters=, **fields of Result)``."""
    return _result


@pytest.fixture(scope="session")
def make_report() -> Callable[..., Report]:
    """``make_report(name, *results, **fields of SubmissionInfo)``."""

    def build(name: str, *results: Result, **card: Any) -> Report:
        info = SubmissionInfo(**{"name": name, "method": "dense", **card})
        return Report(submission=info, folder_sha256="0" * 64, results=results)

    return build


@pytest.fixture(scope="session")
def stored(make_report) -> Callable[..., Stored]:
    """``stored(name, *results, noise=)``: with normal replicates of that deviation, or without any.

    Replicates of equal name, task and point are equal; all others are independent.
    """

    def build(name, *results, noise=None, **card):
        replicates = {}
        for result in results if noise is not None else ():
            seed = list(f"{name}/{result.replicates_key}".encode())
            draws = np.random.default_rng(seed).normal(result.score.value, noise, COUNT)
            replicates[result.replicates_key] = draws
        return Stored(make_report(name, *results, **card), replicates)

    return build


class Outcome(NamedTuple):
    """What a call of the command came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("board", "--suite", "elue")``: what ``paretonlp board --suite elue`` does. A traceback fails the test."""

    def call(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["paretonlp", *map(str, words)])
        try:
            cli.main()
            code: Any = 0
        except SystemExit as exit_:
            code = exit_.code or 0
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Outcome(code, out, err)

    return call
