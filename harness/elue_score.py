"""The ELUE score: how far a curve of operating points lies above a reference curve.

Liu et al. 2022 (arXiv 2110.07038), Eq. 1: the mean over a submission's points of its score minus
the reference's at the same FLOPs. The paper leaves the interpolation open; piecewise linear, with
the end segments continued, is what reproduces the published figures. A continued segment is a
guess, and a steep one at the cheap end, so the figure to rank by takes the points within the
curve's range alone.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.findings import fail
from harness.quality.intervals import interval
from harness.report import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure (a fraction) and, where replicates are at hand, its interval."""

    value: float
    interval: Interval | None = None
    replicates: Floats | None = field(default=None, compare=False, repr=False)
    """``[count]``; kept so that further figures can be made of this one."""


def estimate(value: float, replicates: Floats | None) -> Estimate:
    """An estimate with the percentile interval of its replicates, if any."""
    return Estimate(value, None if replicates is None else interval(replicates), replicates)


@dataclass(frozen=True, slots=True)
class Curve:
    """Operating points: FLOPs ``[n]``, scores ``[n]`` (fractions), replicates ``[count, n]``."""

    flops: Floats
    scores: Floats
    replicates: Floats | None = None


@dataclass(frozen=True, slots=True)
class EluePoint:
    """One operating point against the reference curve."""

    difference: float
    """Score minus the reference's at the same FLOPs, a fraction."""
    inside: bool
    """Within the reference's range of FLOPs; outside it, the point is shown but not ranked."""
    replicates: Floats | None = field(default=None, compare=False, repr=False)
    """Of the difference ``[count]``, where both curves have theirs."""


@dataclass(frozen=True, slots=True)
class ElueScore:
    """A submission's curve against the reference, as fractions (the paper prints percent)."""

    points: tuple[EluePoint, ...]
    all_points: Estimate
    """The published rule: every point counts, the reference's end segments continued."""
    ranked: Estimate | None
    """The mean over the points inside the reference's range; None without one."""


def reference_curve(flops: Floats, scores: Floats, replicates: Floats | None = None) -> Curve:
    """A curve to measure others by, in order of FLOPs.

    Raises:
        ParetoNLPError: fewer than two points, or two of the same FLOPs.
    """
    order = np.argsort(flops, kind="stable")
    if len(flops) < 2 or (np.diff(flops[order]) == 0).any():
        raise fail(
            "reference-curve",
            f"A reference curve cannot be drawn through {len(flops)} points.",
            expected="two or more points of different FLOPs",
        )
    replicates = None if replicates is None else replicates[:, order]
    return Curve(flops[order], scores[order], replicates)


def reference_at(knots: Floats, scores: Floats, flops: Floats) -> Floats:
    """A reference curve's ``scores [..., k]`` at ``knots [k]`` (rising FLOPs), interpolated at ``flops [n]``:
    ``[..., n]``."""
    left = np.clip(np.searchsorted(knots, flops) - 1, 0, len(knots) - 2)
    along = (flops - knots[left]) / (knots[left + 1] - knots[left])
    return np.asarray(scores[..., left] * (1 - along) + scores[..., left + 1] * along, np.float64)


def elue_score(curve: Curve, reference: Curve, counted: NDArray[np.bool_]) -> ElueScore:
    """The ELUE score of ``curve``; only points that are ``counted [n]`` enter its ranked figure.

    Intervals need replicates of both curves, made on the same gold.
    """
    differences = curve.scores - reference_at(reference.flops, reference.scores, curve.flops)
    inside = (reference.flops[0] <= curve.flops) & (curve.flops <= reference.flops[-1])
    paired = None
    if curve.replicates is not None and reference.replicates is not None:
        paired = curve.replicates - reference_at(reference.flops, reference.replicates, curve.flops)
    of_points = [None] * len(differences) if paired is None else list(paired.T)
    return ElueScore(
        tuple(map(EluePoint, differences.tolist(), inside.tolist(), of_points)),
        _mean(differences, paired, np.ones(len(differences), bool)),
        _mean(differences, paired, inside & counted) if (inside & counted).any() else None,
    )


def _mean(differences: Floats, paired: Floats | None, chosen: NDArray[np.bool_]) -> Estimate:
    replicates = None if paired is None else paired[:, chosen].mean(axis=1)
    return estimate(float(differences[chosen].mean()), replicates)
