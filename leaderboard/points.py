"""The points of a chart: a board's rows through the filters of a view, with the frontier of what is left."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from harness.frontier import (
    front_band,
    front_candidates,
    front_probability,
    hypervolume_contributions,
    pareto_front,
)
from leaderboard.index import Index
from leaderboard.qualities import quality_of

PROOFS = {
    "cost": ("cost_provenance", "measured"),
    "lengths": ("lengths_provenance", "confirmed"),
    "answers": ("predictions_provenance", "reproduced"),
}
"""What a reader may ask to be proved: the column that says so, and what it says then."""

NO_DENSE = "no dense model on the same backbone and data that surely scores above 0"

BAND = 160
"""Places at which the frontier's band is drawn."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a store is looked at. Everything that a shared link restores."""

    suite: str
    task: str = ""
    """Empty: the suite's aggregate."""
    cost: str = "flops"
    quality: str = "score"
    methods: tuple[str, ...] = ()
    """Empty: all; here and below."""
    backbones: tuple[str, ...] = ()
    proofs: tuple[str, ...] = ()
    """Names in ``PROOFS`` that have to hold."""
    track: int = 0
    """The most parameters that a submission may have; 0: any number."""
    flops: tuple[float, float] = (0.0, np.inf)
    """Bounds of a sample's FLOPs."""


@dataclass(frozen=True, slots=True)
class Points:
    """What a chart and its table show."""

    rows: pd.DataFrame
    """By rising cost: the index's columns and ``x``, ``y``, ``y_low``, ``y_high`` (fractions), ``ranked``,
    ``not_ranked`` (why), ``on_frontier``, ``probability``, ``contribution``."""
    band: pd.DataFrame
    """``x``, ``low``, ``high``: the frontier's 95 % band; empty without replicates."""
    hidden: int
    """Rows of the board that the filters leave out."""


@lru_cache(maxsize=4)
def points_of(index: Index, view: View) -> Points:
    """The points of a view, the same for all visitors: nobody may change them."""
    board = index.board(view.suite, view.task)
    others = [name for name in board.columns if name.startswith("not_ranked_") and name != f"not_ranked_{view.cost}"]
    rows = board.drop(columns=others)[_passes(board, index, view)]
    for end in ("", "_low", "_high"):
        rows[f"y{end}"] = rows[f"{view.quality}{end}"]
    rows["x"] = rows[view.cost].astype(float)
    rows["not_ranked"] = _reasons(rows, view)
    rows["ranked"] = (rows["not_ranked"] == "") & rows["x"].notna() & rows["y"].notna()
    rows["on_frontier"], rows["probability"], rows["contribution"] = False, np.nan, np.nan
    band = pd.DataFrame({"x": [], "low": [], "high": []}, dtype=float)
    ranked = rows.index[rows["ranked"]]
    if len(ranked):
        figures, band = _frontier(rows.loc[ranked], index, view.quality)
        rows.loc[ranked, list(figures)] = figures
    rows = rows.sort_values(["x", "y"], ascending=[True, False], na_position="last", kind="stable")
    return Points(rows, band, len(board) - len(rows))


def _passes(board: pd.DataFrame, index: Index, view: View) -> "pd.Series[bool]":
    passes = pd.Series(True, index=board.index)
    for column, chosen in (("method", view.methods), ("backbone", view.backbones)):
        if chosen:
            passes &= board[column].isin(chosen)
    for proof in view.proofs:
        column, said = PROOFS[proof]
        passes &= board[column] == said
    if view.flops != (0.0, np.inf):
        passes &= board["flops"].between(*view.flops)
    if view.track:
        passes &= board["submission"].isin(_within_track(index, view.suite, view.track))
    return passes


def _within_track(index: Index, suite: str, most: int) -> "pd.Index[str]":
    """Submissions none of whose points on the suite has more parameters, all of them measured (ELUE's tracks)."""
    tasks = index.rows[(index.rows["suite"] == suite) & (index.rows["task"] != "")]
    tasks = tasks[tasks["not_ranked_parameters"] == ""]
    largest = tasks.groupby("submission")["parameters"].max()
    return largest.index[largest <= most]


def _reasons(rows: pd.DataFrame, view: View) -> "pd.Series[str]":
    reasons = rows[f"not_ranked_{view.cost}"].astype(str)
    if view.quality == "elue":
        outside = (reasons == "") & ~rows["inside_reference"]
        reasons = reasons.mask(outside, "outside the reference curve's range of FLOPs")
    if view.quality == "kept":
        reasons = reasons.mask((reasons == "") & rows["kept"].isna(), NO_DENSE)
    return reasons


def _frontier(ranked: pd.DataFrame, index: Index, quality: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ranked rows' frontier figures, and the band."""
    cost, value = ranked["x"].to_numpy(np.float64), ranked["y"].to_numpy(np.float64)
    worst = 1.1 * cost.max(), 0.0
    least, most = (ranked[f"{quality}_{end}"].to_numpy(np.float64) for end in ("least", "most"))
    # a score lies within the range of its replicates but by chance
    likely = front_candidates(cost, np.minimum(least, value), np.maximum(most, value))
    front = pareto_front(cost, value)
    near = front.copy()
    near[~front] = pareto_front(cost[~front], value[~front])  # these stand in where one on the frontier is missing
    figures = pd.DataFrame({"on_frontier": front, "contribution": 0.0}, index=ranked.index)
    figures.loc[near, "contribution"] = hypervolume_contributions(cost[near], value[near], worst) / worst[0]
    numbers = ranked.index.to_numpy(np.int64)[likely]
    drawn = quality_of(quality, numbers, index.scores, index.links)
    sure = ranked["has_replicates"].to_numpy(bool)
    probability = np.zeros(len(ranked))
    probability[likely] = front_probability(cost[likely], drawn)
    figures["probability"] = np.where(sure, probability, np.nan)
    if not sure.any():
        return figures, pd.DataFrame({"x": [], "low": [], "high": []}, dtype=float)
    at = np.unique(np.concatenate([np.geomspace(max(cost.min(), 1e-9), cost.max(), BAND), cost[likely]]))
    low, high = front_band(cost[likely], drawn, at)
    return figures, pd.DataFrame({"x": at, "low": low, "high": high})


def area(points: Points) -> dict[str, float]:
    """By submission, the share of the board's box (1.1 times the dearest, quality 0 to 1) that its points dominate."""
    ranked = points.rows[points.rows["ranked"]]
    if ranked.empty:
        return {}
    worst = 1.1 * float(ranked["x"].max())
    ranked = ranked.sort_values(["submission", "x"], kind="stable")
    by_name = ranked.groupby("submission", sort=False)
    best = by_name["y"].cummax().clip(lower=0)  # what so much buys of a submission, until its next point
    until = by_name["x"].shift(-1).fillna(worst)
    areas = (best * (until - ranked["x"])).groupby(ranked["submission"], sort=False).sum() / worst
    return {str(name): float(share) for name, share in areas.items()}


def best_within(points: Points, most: float) -> "pd.Series[object] | None":
    """The best ranked point of at most that cost."""
    ranked = points.rows[points.rows["ranked"] & (points.rows["x"] <= most)]
    return None if ranked.empty else ranked.loc[ranked["y"].idxmax()]
