"""Frontier, hypervolume and their uncertainty over the rows of a board. Only ranked rows take part."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.board.axes import Axis
from harness.board.rows import Row
from harness.elue_score import Floats
from harness.frontier import (
    front_band,
    front_probability,
    hypervolume,
    hypervolume_contributions,
    pareto_front,
)


def corner(rows: Sequence[Row], axis: Axis) -> tuple[float, float]:
    """What hypervolume is measured from: 1.1 times the highest ranked cost, and score 0."""
    costs, _ = _points(rows, axis)
    return 1.1 * float(costs.max(initial=0.0)), 0.0


def area(rows: Sequence[Row], axis: Axis, worst: tuple[float, float]) -> float | None:
    """The share of the box between no cost, score 1 and ``worst`` that rows dominate; None without any."""
    costs, scores = _points(rows, axis)
    if not len(costs) or not worst[0]:
        return None
    return hypervolume(costs, scores, worst) / worst[0]


def with_frontier(rows: Sequence[Row], axis: Axis) -> list[Row]:
    """The rows with their frontier figures."""
    ranked = _ranked(rows)
    costs, scores = _points(rows, axis)
    worst = corner(rows, axis)
    shares = hypervolume_contributions(costs, scores, worst) / (worst[0] or 1.0)
    figures = zip(
        pareto_front(costs, scores).tolist(),
        _probabilities(costs, ranked),
        shares.tolist(),
        strict=True,
    )
    return [_with_figures(row, *next(figures)) if row.ranked else row for row in rows]


def _with_figures(row: Row, on_front: bool, probability: float | None, share: float) -> Row:
    return replace(
        row,
        on_frontier=on_front,
        frontier_probability=probability,
        hypervolume_contribution=share,
    )


def band(rows: Sequence[Row], axis: Axis, at: Floats) -> tuple[Floats, Floats] | None:
    """The 95 % band ``(low [m], high [m])`` of the frontier's step line at costs ``at [m]``.

    NaN below the lowest cost; None where no ranked row has replicates.
    """
    scores = _replicates(_ranked(rows))
    return None if scores is None else front_band(_points(rows, axis)[0], scores, at)


def _ranked(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.ranked]


def _points(rows: Sequence[Row], axis: Axis) -> tuple[Floats, Floats]:
    """Costs and scores ``[n]`` of the ranked rows, which all have a cost."""
    ranked = _ranked(rows)
    costs = np.array([row.costs[axis.name] for row in ranked], np.float64)
    return costs, np.array([row.score.value for row in ranked], np.float64)


def _probabilities(costs: Floats, ranked: Sequence[Row]) -> list[float | None]:
    scores = _replicates(ranked)
    if scores is None:
        return [None] * len(ranked)
    return [
        None if row.score.replicates is None else float(probability)
        for row, probability in zip(ranked, front_probability(costs, scores), strict=True)
    ]


def _replicates(ranked: Sequence[Row]) -> Floats | None:
    """Bootstrap scores ``[count, n]``; a row without replicates keeps its score in every one."""
    known = [row.score.replicates for row in ranked if row.score.replicates is not None]
    if not known:
        return None
    columns = [
        np.full(len(known[0]), row.score.value) if row.score.replicates is None else row.score.replicates
        for row in ranked
    ]
    return np.stack(columns, axis=1)
