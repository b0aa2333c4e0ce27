"""Who is on the frontier: of what is expected, and of what is."""

from collections.abc import Mapping

import numpy as np

from harness.frontier import pareto_front
from harness.regression.drift import SAME, Drift
from harness.regression.expectation import ExpectedResult, ExpectedSuite

Membership = Mapping[tuple[str, str, str], bool]
"""(task, submission, point) to whether it is on the frontier of its task."""


def fronts(suites: Mapping[str, ExpectedSuite]) -> Membership:
    """Membership of every measured point, among the submissions given and on the same data."""
    boards: dict[tuple[str, str], list[tuple[str, ExpectedResult]]] = {}
    for submission, suite in suites.items():
        for result in suite.results:
            if _ranked(result):
                boards.setdefault((result.task, result.fingerprint), []).append((submission, result))
    found = {}
    for (task, _), rows in boards.items():
        costs = np.array([row.costs["flops"] for _, row in rows], np.float64)
        on_front = pareto_front(costs, [row.score for _, row in rows]).tolist()
        found.update({(task, name, row.point): on for (name, row), on in zip(rows, on_front, strict=True)})
    return found


def _ranked(result: ExpectedResult) -> bool:
    return result.costs["flops"] is not None and result.provenance["cost"] == "measured" and not result.unpriced


def compare_fronts(suite: str, before: Mapping[str, ExpectedSuite], now: Mapping[str, ExpectedSuite]) -> list[Drift]:
    """The points that came onto a frontier or left it. Both hold the same submissions, checked now or not."""
    old, new = fronts(before), fronts(now)
    moved = _moved(before, now)
    return [
        Drift(
            submission,
            "on the frontier",
            was,
            new.get(key),
            SAME,
            _cause(task, (submission, point), moved),
            point=point,
            task=f"{suite}/{task}",
        )
        for key, was in sorted(old.items())
        for task, submission, point in [key]
        if new.get(key) != was
    ]


def _moved(before: Mapping[str, ExpectedSuite], now: Mapping[str, ExpectedSuite]) -> dict[str, list[tuple[str, str]]]:
    """By task, the points whose cost or score is another."""

    def figures(suites: Mapping[str, ExpectedSuite]) -> dict[tuple[str, str, str], tuple[float | None, float]]:
        return {
            (result.task, submission, result.point): (result.costs["flops"], result.score)
            for submission, suite in suites.items()
            for result in suite.results
        }

    old, new = figures(before), figures(now)
    moved: dict[str, list[tuple[str, str]]] = {}
    for task, submission, point in sorted(old.keys() | new.keys()):
        if old.get((task, submission, point)) != new.get((task, submission, point)):
            moved.setdefault(task, []).append((submission, point))
    return moved


def _cause(task: str, own: tuple[str, str], moved: Mapping[str, list[tuple[str, str]]]) -> str:
    points = moved.get(task, [])
    if own in points:
        return "its own cost or score drifted"
    return f"drifted: {', '.join(' '.join(point) for point in points[:3])}" if points else "its provenance drifted"
