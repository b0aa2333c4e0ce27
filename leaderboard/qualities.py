"""What the board calls quality: the score, the height above the reference curve, the share of a dense model's score."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from harness.elue_score import Floats, reference_at

Rows = NDArray[np.int64]
"""Numbers of rows of an index."""

Scores = Callable[[Rows], Floats]
"""Scores ``[count, k]`` of rows ``[k]``: their bootstrap replicates, or (count 1) the scores themselves."""


@dataclass(frozen=True, slots=True)
class Quality:
    """A quality that a board can be drawn over; all are fractions, shown as percent."""

    name: str
    title: str
    explanation: str


QUALITIES: Mapping[str, Quality] = MappingProxyType(
    {
        quality.name: quality
        for quality in (
            Quality("score", "Score", "the task's metric; over a suite, the mean of its tasks"),
            Quality("elue", "ELUE score", "score minus the reference curve's at the same FLOPs"),
            Quality("kept", "Dense quality kept", "score over that of the deepest dense model on the same backbone"),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Links:
    """How rows hang together: what each is compared with, and what an aggregate is made of."""

    flops: Floats
    """Of each row; NaN where not known."""
    dense: Rows
    """Each row's dense counterpart on the same task and data; -1: none."""
    reference: NDArray[np.int32]
    """The number of each row's reference curve in ``curves``; -1: none."""
    curves: tuple[Rows, ...]
    """The rows of each reference curve, by rising FLOPs."""
    parts: NDArray[np.int32]
    """``[rows, tasks]``: an aggregate's rows by task; -1 fills up, and is all that a task's own row has."""
    weights: Floats
    """``[rows, tasks]``: what each part counts in its aggregate, 1 in all."""


def quality_of(name: str, rows: Rows, scores: Scores, links: Links) -> Floats:
    """A quality ``[count, k]`` of rows ``[k]``; NaN where there is nothing to compare with.

    The rows are all of tasks, or all aggregates of one suite.
    """
    if name == "score" or not len(rows):
        return scores(rows)
    parts = links.parts[rows]
    if (parts[:, 0] < 0).all():
        return _above_reference(rows, scores, links) if name == "elue" else _share_of_dense(rows, scores, links)
    columns = np.flatnonzero((parts >= 0).all(axis=0))
    by_task = (quality_of(name, parts[:, task].astype(np.int64), scores, links) for task in columns)
    weights = links.weights[rows[0], columns]
    return np.asarray(sum(weight * each for weight, each in zip(weights, by_task, strict=True)), np.float64)


def _above_reference(rows: Rows, scores: Scores, links: Links) -> Floats:
    own = scores(rows)
    above = np.full(own.shape, np.nan)
    for number in np.unique(links.reference[rows]):
        curve = links.curves[number] if number >= 0 else np.empty(0, np.int64)
        if not len(curve):
            continue
        chosen = np.flatnonzero((links.reference[rows] == number) & np.isfinite(links.flops[rows]))
        dense = reference_at(links.flops[curve], scores(curve), links.flops[rows[chosen]])
        above[:, chosen] = own[:, chosen] - dense
    return above


def _share_of_dense(rows: Rows, scores: Scores, links: Links) -> Floats:
    share = np.full((len(scores(rows[:1])), len(rows)), np.nan)
    known = np.flatnonzero(links.dense[rows] >= 0)
    if len(known):
        numbers, place = np.unique(links.dense[rows[known]], return_inverse=True)
        whole = scores(numbers)
        whole = np.where(whole > 0, whole, np.nan)  # of a correlation of 0 or less there is nothing to keep
        share[:, known] = scores(rows[known]) / whole[:, place]
    return share


def inside_reference(links: Links) -> NDArray[np.bool_]:
    """Which rows lie within the FLOPs of their reference curve; an aggregate, where all its parts do."""
    inside = np.zeros(len(links.flops), bool)
    for number, curve in enumerate(links.curves):
        knots = links.flops[curve]
        own = links.reference == number
        inside[own] = (links.flops[own] >= knots[0]) & (links.flops[own] <= knots[-1])
    wholes = np.flatnonzero(links.parts[:, 0] >= 0)
    parts = links.parts[wholes]
    inside[wholes] = (inside[parts] | (parts < 0)).all(axis=1)
    return inside
