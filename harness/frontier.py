"""Pareto frontier and hypervolume in two dimensions: low cost, high score.

Costs ``[n]`` are exact; scores are ``[n]`` or, over bootstrap replicates, ``[replicates, n]``. Any
unit will do. A point is dominated when another costs no more, scores no less, and differs in one of
the two: so equal points are on the frontier together, or off it together.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def pareto_front(cost: ArrayLike, score: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other dominates: ``[..., n]``, the shape of ``score``.

    >>> pareto_front([1.0, 2.0, 3.0], [0.7, 0.6, 0.8])
    array([ True, False,  True])

    Raises:
        ValueError: NaN, or shapes that do not fit.
    """
    cost, score = np.asarray(cost, float), np.asarray(score, float)
    _check(cost, score)
    if not cost.size:
        return np.zeros(score.shape, bool)
    order = np.argsort(cost, kind="stable")
    starts, group = _cost_groups(cost[order])
    best = np.maximum.reduceat(score[..., order], starts, axis=-1)
    cheaper = np.full_like(best, -np.inf)
    cheaper[..., 1:] = np.maximum.accumulate(best, axis=-1)[..., :-1]
    on_front = np.empty(score.shape, bool)
    on_front[..., order] = (score[..., order] == best[..., group]) & (score[..., order] > cheaper[..., group])
    return on_front


def _cost_groups(ascending: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each run of equal costs starts, and the run of every point."""
    new = np.concatenate([[True], np.diff(ascending) > 0])
    return np.flatnonzero(new), np.cumsum(new) - 1


def front_candidates(cost: Floats, least: Floats, most: Floats) -> NDArray[np.bool_]:
    """Which points ``[n]`` may be on the frontier in some replicate, of which each score's ``least`` and ``most`` are
    known. The others are on it in none, and the frontier of the candidates is that of all.

    A point is out where one that costs less never scores less than this one's ``most``, or where one that costs
    the same always scores more.
    """
    order = np.argsort(cost, kind="stable")
    starts, group = _cost_groups(cost[order])
    floor = np.maximum.reduceat(least[order], starts)
    cheaper = np.concatenate([[-np.inf], np.maximum.accumulate(floor)[:-1]])
    candidates = np.empty(len(cost), bool)
    candidates[order] = (most[order] > cheaper[group]) & (most[order] >= floor[group])
    return candidates


def front_probability(cost: Floats, scores: Floats) -> Floats:
    """Share ``[n]`` of the replicates ``[replicates, n]`` in which a point is on the frontier."""
    return np.asarray(pareto_front(cost, scores).mean(axis=0), np.float64)


def best_score(cost: Floats, score: Floats, at: Floats) -> Floats:
    """The frontier as a step line: the best score that cost ``at [m]`` buys, ``[..., m]``.

    NaN below the lowest cost, where nothing is to be had.
    """
    _check(cost, score)
    order = np.argsort(cost, kind="stable")
    reached = np.maximum.accumulate(score[..., order], axis=-1)
    affordable = np.searchsorted(cost[order], at, side="right")
    line = np.full((*score.shape[:-1], len(at)), np.nan)
    line[..., affordable > 0] = reached[..., affordable[affordable > 0] - 1]
    return line


def front_band(cost: Floats, scores: Floats, at: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Pointwise percentile band ``(low [m], high [m])`` of that line over the replicates."""
    lines = best_score(cost, scores, at)
    low, high = np.quantile(lines, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def hypervolume(cost: Floats, score: Floats, reference: tuple[float, float]) -> float:
    """Area between the frontier and ``reference = (highest cost, lowest score)``.

    Points that are not better than the reference in both add nothing.

    >>> hypervolume(np.array([1.0, 2.0]), np.array([0.5, 0.8]), (4.0, 0.0))
    2.1
    """
    inside = pareto_front(cost, score) & (cost < reference[0]) & (score > reference[1])
    costs, at = np.unique(cost[inside], return_index=True)
    widths = np.diff(costs, append=reference[0])
    return float((widths * (score[inside][at] - reference[1])).sum())


def hypervolume_contributions(cost: Floats, score: Floats, reference: tuple[float, float]) -> Floats:
    """What the hypervolume loses without each point, ``[n]``.

    0 off the frontier, and for equal points, which stand in for each other.
    """
    total = hypervolume(cost, score, reference)
    lost = np.zeros(len(cost))
    for index in np.flatnonzero(pareto_front(cost, score)):
        others = np.arange(len(cost)) != index
        lost[index] = total - hypervolume(cost[others], score[others], reference)
    return lost


def _check(cost: NDArray[Any], score: NDArray[Any]) -> None:
    if cost.ndim != 1 or score.shape[-1:] != cost.shape:
        raise ValueError(f"{cost.shape} costs do not fit scores of shape {score.shape}")
    if np.isnan(cost).any() or np.isnan(score).any():
        raise ValueError("a cost or score is NaN: leave out what is not known")
