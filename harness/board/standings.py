"""A submission as a whole: its curve against the reference curve, and the area that it dominates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from harness.board.axes import AXES, Axis
from harness.board.front import area, corner
from harness.board.rows import Row, obstacles, stacked, weighted_mean
from harness.elue_score import Curve, Estimate, elue_score, reference_curve

FLOPS = AXES["flops"]
"""The axis of the ELUE score, whatever the board's own is."""


class Elue(NamedTuple):
    """A submission's ELUE scores, as fractions."""

    all_points: Estimate
    """The published rule."""
    ranked: Estimate | None
    """Over the ranked points within the reference curve's range alone."""


@dataclass(frozen=True, slots=True)
class Standing:
    """All points of one submission on one board."""

    submission: str
    method: str
    points: int
    ranked_points: int
    parameters: float | None
    """The most of any point, as ELUE counts them."""
    elue: Elue | None
    """None without a reference curve (on a suite: on any of its tasks)."""
    hypervolume: float | None
    """Share of the board's box that its ranked points dominate; None without any."""


def standings(rows: Sequence[Row], axis: Axis, elue: Mapping[str, Elue]) -> tuple[Standing, ...]:
    """Every submission of the rows, the best first: by ranked ELUE score, then by hypervolume."""
    worst = corner(rows, axis)
    found = [_standing(own, area(own, axis, worst), elue.get(name)) for name, own in by_submission(rows).items()]
    return tuple(sorted(found, key=_order))


def _standing(own: Sequence[Row], hypervolume: float | None, elue: Elue | None) -> Standing:
    sizes = [size for row in own if (size := row.costs["parameters"]) is not None]
    return Standing(
        submission=own[0].submission,
        method=own[0].method,
        points=len(own),
        ranked_points=sum(row.ranked for row in own),
        parameters=max(sizes, default=None),
        elue=elue,
        hypervolume=hypervolume,
    )


def _order(standing: Standing) -> tuple[float, float, str]:
    ranked = standing.elue.ranked if standing.elue else None
    return (
        -ranked.value if ranked else np.inf,
        np.inf if standing.hypervolume is None else -standing.hypervolume,
        standing.submission,
    )


def by_submission(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows of each submission, in the order in which they first occur."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.submission, []).append(row)
    return found


def against_reference(
    rows: Sequence[Row], reference: str, data: tuple[str, int | None]
) -> tuple[list[Row], dict[str, Elue]]:
    """One task's rows with their differences to the reference curve, and each submission's score.

    Rows of other data or without FLOPs are left as they are.

    Raises:
        ParetoNLPError: the submission ``reference`` makes no curve on these data.
    """
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        if row.data == (data,) and row.costs["flops"] is not None:
            places.setdefault(row.submission, []).append(place)
    drawn = _curve([rows[place] for place in places.get(reference, [])])
    curve = reference_curve(drawn.flops, drawn.scores, drawn.replicates)
    compared, found = list(rows), {}
    for name, own in places.items():
        counted = np.array([not obstacles(rows[place], FLOPS, data) for place in own])
        score = elue_score(_curve([rows[place] for place in own]), curve, counted)
        found[name] = Elue(score.all_points, score.ranked)
        for place, point in zip(own, score.points, strict=True):
            compared[place] = replace(rows[place], elue=point)
    return compared, found


def _curve(rows: Sequence[Row]) -> Curve:
    return Curve(
        np.array([row.costs["flops"] for row in rows], np.float64),
        np.array([row.score.value for row in rows], np.float64),
        stacked([row.score for row in rows]),
    )


def over_suite(by_task: Sequence[Mapping[str, Elue]], weights: Sequence[float]) -> dict[str, Elue]:
    """ELUE scores of the submissions that have one on every task: the mean over tasks."""
    complete = [name for name in by_task[0] if all(name in scores for scores in by_task)]
    return {name: _mean([scores[name] for scores in by_task], weights) for name in complete}


def _mean(scores: Sequence[Elue], weights: Sequence[float]) -> Elue:
    ranked = [score.ranked for score in scores if score.ranked is not None]
    return Elue(
        weighted_mean([score.all_points for score in scores], weights),
        weighted_mean(ranked, weights) if len(ranked) == len(scores) else None,
    )
