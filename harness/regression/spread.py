"""Curves of trainings from several seeds: what another training may come to.

With k seeds, a further training falls within t s sqrt(1 + 1/k) of their mean with the stated probability, where s
is the standard deviation between seeds and t Student's quantile: the prediction interval of a normal sample.
Three seeds alone say little of s, so it is pooled: over the points of a task, and over the tasks for hypervolumes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.stats import t as student

from harness.frontier import hypervolume
from harness.regression.drift import Drift
from harness.report import Report

LEVEL = 0.99
LEAST = 1e-3
"""What is always allowed: values agree within this on a second run."""
CAUSE = "trained anew: the recipe, its settings, or the libraries behind it"

Curve = Mapping[str, Mapping[str, tuple[float, float]]]
"""Task to point to (mean FLOPs, score)."""


class Spread(BaseModel):
    """Scores and hypervolumes of trainings from several seeds, one a seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    seeds: tuple[int, ...]
    scores: dict[str, dict[str, tuple[float, ...]]]
    """Task to point to scores."""
    corners: dict[str, float]
    """Task to the FLOPs that hypervolume is measured from."""
    hypervolumes: dict[str, tuple[float, ...]]
    """Task to the share of the box between no cost, score 1 and the corner that the curve dominates."""


def curve_of(report: Report, suite: str) -> Curve:
    """The curves of a submission's report."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for result in report.results:
        if result.suite == suite and result.cost.flops is not None:
            found.setdefault(result.task, {})[result.point] = result.cost.flops.mean, result.score.value
    return found


def spread_of(curves: Mapping[int, Curve]) -> Spread:
    """What trainings from several seeds came to; all hold the same tasks and points."""
    runs = list(curves.values())
    corners = {task: 1.1 * max(cost for run in runs for cost, _ in run[task].values()) for task in runs[0]}
    return Spread(
        seeds=tuple(curves),
        scores={task: {name: tuple(run[task][name][1] for run in runs) for name in runs[0][task]} for task in runs[0]},
        corners=corners,
        hypervolumes={task: tuple(area(run[task], corner) for run in runs) for task, corner in corners.items()},
    )


def area(points: Mapping[str, tuple[float, float]], corner: float) -> float:
    """The share of the box that a curve dominates."""
    costs, scores = np.array(list(points.values()), np.float64).T
    return hypervolume(costs, scores, (corner, 0.0)) / corner


def compare_curves(submission: str, suite: str, spread: Spread, curve: Curve) -> list[Drift]:
    """What of a new training lies outside the spread of the seeds."""
    drifts: list[Drift] = []
    for task, expected in spread.scores.items():
        found = {name: score for name, (_, score) in curve.get(task, {}).items()}
        drifts += [
            Drift(submission, "score of a new training", mean, new, allowed, CAUSE, point=name, task=f"{suite}/{task}")
            for name, mean, new, allowed in _outside(expected, found)
        ]
    areas = {task: area(curve[task], corner) for task, corner in spread.corners.items() if task in curve}
    return drifts + [
        Drift(submission, "hypervolume of a new training", mean, new, allowed, CAUSE, task=f"{suite}/{task}")
        for task, mean, new, allowed in _outside(spread.hypervolumes, areas)
    ]


def _outside(
    expected: Mapping[str, Sequence[float]], found: Mapping[str, float]
) -> list[tuple[str, float, float | None, str]]:
    """Name, mean of the seeds, new value and what is allowed, of each that is missing or outside."""
    half = allowed_half_width(list(expected.values()))
    drifts: list[tuple[str, float, float | None, str]] = []
    for name, values in expected.items():
        mean, new = float(np.mean(values)), found.get(name)
        if new is None or abs(new - mean) > half:
            drifts.append((name, mean, new, f"{mean - half:.4f} to {mean + half:.4f}"))
    return drifts


def allowed_half_width(series: Sequence[Sequence[float]]) -> float:
    """Half the width of the prediction interval; ``series`` hold a value a seed, and share their deviation."""
    seeds = len(series[0])
    freedom = len(series) * (seeds - 1)
    squares = sum(float(np.square(np.asarray(values) - np.mean(values)).sum()) for values in series)
    deviation = float(np.sqrt(squares / freedom * (1 + 1 / seeds)))
    return max(LEAST, float(student.ppf((1 + LEVEL) / 2, freedom)) * deviation)
