"""Operating points against each other: differences on the same resamples, cost ratios, who dominates whom."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.quality.intervals import Comparison, paired_difference
from leaderboard.index import Index


@dataclass(frozen=True, slots=True)
class Pair:
    """How a point differs from the one that others are measured by, on one task or on a suite's aggregate."""

    task: str
    """Empty: the aggregate."""
    score: Comparison
    """The other's score minus the base's."""
    flops: float | None
    """Ratio, the other's over the base's; None where one is not known. Here and below."""
    parameters: float | None
    measured: bool = True
    """Whether the harness measured the cost of both."""

    @property
    def verdict(self) -> str:
        """Who dominates: costs no more FLOPs and scores surely more, or costs less and scores surely no less."""
        if self.flops is None or not self.measured:
            return "cost not known" if self.flops is None else "cost declared, not measured"
        low, high = self.score.interval.low, self.score.interval.high
        if (self.flops <= 1 and low > 0) or (self.flops < 1 and low >= 0):
            return "dominates"
        if (self.flops >= 1 and high < 0) or (self.flops > 1 and high <= 0):
            return "is dominated"
        if low > 0 or high < 0:
            return "trades cost for score"
        if self.flops < 1:
            return "cheaper, score not surely different"
        return "dearer, score not surely different" if self.flops > 1 else "not surely different"


Point = tuple[str, str]
"""Submission and operating point."""


def points_on(index: Index, suite: str) -> list[Point]:
    """The operating points with a result on the suite that can be compared: those with replicates."""
    rows = index.rows[(index.rows["suite"] == suite) & index.rows["has_replicates"]]
    return sorted(set(zip(rows["submission"], rows["point"], strict=True)))


def compared(index: Index, suite: str, base: Point, other: Point) -> list[Pair]:
    """The pairs on every task that both have on the same data, the aggregate last where both have it."""
    rows = index.rows[(index.rows["suite"] == suite) & index.rows["has_replicates"]]
    by_point = [rows[(rows["submission"] == name) & (rows["point"] == point)] for name, point in (base, other)]
    first, second = (own.reset_index().set_index("task") for own in by_point)
    tasks = [task for task in first.index if task in second.index]
    return [
        _pair(index, task, first.loc[task], second.loc[task])
        for task in sorted(tasks, key=lambda task: (task == "", list(first.index).index(task)))
        if first.loc[task, "data"] == second.loc[task, "data"]
    ]


def _pair(index: Index, task: str, base: "pd.Series[Any]", other: "pd.Series[Any]") -> Pair:
    drawn = index.scores(np.array([other["index"], base["index"]]))
    return Pair(
        task,
        paired_difference(drawn[:, 0], drawn[:, 1]),
        _ratio(other["flops"], base["flops"]),
        _ratio(other["parameters"], base["parameters"]),
        measured=all(row["cost_provenance"] == "measured" for row in (base, other)),
    )


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None or not other or np.isnan(one) or np.isnan(other) else one / other
