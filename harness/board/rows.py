"""A row of a board: one operating point, on one task or over a whole suite."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from harness.board.axes import AXES, Axis
from harness.elue_score import EluePoint, Estimate, Floats, estimate
from harness.findings import fail
from harness.quality.intervals import COUNT, Comparison, paired_difference
from harness.report import CostClaim, Result
from harness.store import Stored


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the figures of a row come from; over several tasks, the weakest claim of them."""

    cost: CostClaim
    lengths: Literal["confirmed", "declared"]
    predictions: Literal["reproduced", "declared"]
    parameters: Literal["measured", "declared"]


@dataclass(frozen=True, slots=True)
class Row:
    """One operating point: how good, how dear, how sure."""

    submission: str
    method: str
    backbone: str
    point: str
    score: Estimate
    costs: Mapping[str, float | None]
    """By name of the axis; None where it is not known."""
    marks: Marks
    results: tuple[Result, ...]
    """What the row was made of: one result, or one a task."""
    not_ranked: tuple[str, ...] = ()
    """Why the row is shown but not ranked on the board's axis; empty: it is ranked."""
    on_frontier: bool = False
    frontier_probability: float | None = None
    """Share of the replicates that have it on the frontier; None unranked or without replicates."""
    hypervolume_contribution: float | None = None
    """What share of the board's box only this point dominates; None unranked."""
    elue: EluePoint | None = None
    """Against the reference curve; None on a suite's board or without a curve."""

    @property
    def ranked(self) -> bool:
        """Whether it takes part in the frontier."""
        return not self.not_ranked

    @property
    def data(self) -> tuple[tuple[str, int | None], ...]:
        """What it was scored on: fingerprint and limit of each task. Equal data, equal rows."""
        return tuple(map(data_of, self.results))

    @property
    def partial(self) -> tuple[str, ...]:
        """``imdb, 2,000 of 25,000`` for each task whose data were not complete."""
        return tuple(filter(None, map(_partial, self.results)))

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Operators that ran but that no formula covers, so that the work is more than it says."""
        return tuple(sorted({op for result in self.results for op in result.cost.unpriced}))


def data_of(result: Result) -> tuple[str, int | None]:
    """Fingerprint and limit: what two results must share to be compared."""
    return result.fingerprint, result.limit


def _partial(result: Result) -> str | None:
    rows = result.rows if result.limit is None else min(result.rows, result.limit)
    if result.official_rows is None or rows >= result.official_rows:
        return None
    return f"{result.dataset}, {rows:,} of {result.official_rows:,}"


def task_row(stored: Stored, result: Result) -> Row:
    """The row of one result; its score keeps the interval that the report gives."""
    card = stored.report.submission
    replicates = stored.replicates.get(result.replicates_key)
    if replicates is not None and len(replicates) != COUNT:
        replicates = None  # of another number: they pair with nobody's
    return Row(
        submission=card.name,
        method=card.method,
        backbone=card.backbone,
        point=result.point,
        score=Estimate(result.score.value, result.score.interval, replicates),
        costs={name: axis.cost(result) for name, axis in AXES.items()},
        marks=Marks(
            result.cost.provenance,
            result.cost.lengths,
            result.score.predictions,
            result.parameters.provenance,
        ),
        results=(result,),
    )


def suite_row(rows: Sequence[Row], weights: Sequence[float]) -> Row:
    """One point's rows on every task of a suite, as one: work and scores averaged, sizes the largest."""
    return Row(
        submission=rows[0].submission,
        method=rows[0].method,
        backbone=rows[0].backbone,
        point=rows[0].point,
        score=weighted_mean([row.score for row in rows], weights),
        costs={name: _combined(axis, rows, weights) for name, axis in AXES.items()},
        marks=Marks(
            _weakest_cost([row.marks.cost for row in rows]),
            "confirmed" if all(row.marks.lengths == "confirmed" for row in rows) else "declared",
            "reproduced" if all(row.marks.predictions == "reproduced" for row in rows) else "declared",
            "measured" if all(row.marks.parameters == "measured" for row in rows) else "declared",
        ),
        results=tuple(result for row in rows for result in row.results),
        not_ranked=joint_reasons({row.results[0].task: row.not_ranked for row in rows}),
    )


def _weakest_cost(claims: Sequence[CostClaim]) -> CostClaim:
    """A mean is as good as its weakest part."""
    return max(claims, key=get_args(CostClaim).index)


def weighted_mean(estimates: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """The mean of independent figures: their replicates are averaged one by one."""
    value = float(np.dot([figure.value for figure in estimates], weights))
    replicates = stacked(estimates)
    return estimate(value, None if replicates is None else replicates @ np.array(weights))


def stacked(estimates: Sequence[Estimate]) -> Floats | None:
    """Replicates ``[count, n]`` of several figures; None unless all have them."""
    arrays = [figure.replicates for figure in estimates if figure.replicates is not None]
    return np.stack(arrays, axis=1) if arrays and len(arrays) == len(estimates) else None


def _combined(axis: Axis, rows: Sequence[Row], weights: Sequence[float]) -> float | None:
    costs = [cost for row in rows if (cost := row.costs[axis.name]) is not None]
    if len(costs) < len(rows):
        return None
    return float(np.dot(costs, weights)) if axis.is_work else max(costs)


def joint_reasons(by_task: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every task's reasons, each once, with the tasks that it holds for unless it holds for all."""
    tasks_of: dict[str, list[str]] = {}
    for task, reasons in by_task.items():
        for reason in reasons:
            tasks_of.setdefault(reason, []).append(task)
    return tuple(
        reason if len(tasks) == len(by_task) else f"{reason} ({', '.join(tasks)})" for reason, tasks in tasks_of.items()
    )


def obstacles(row: Row, axis: Axis, data: tuple[str, int | None]) -> tuple[str, ...]:
    """Why one task's row is not ranked on a board of this axis and these data, if it is not."""
    (result,) = row.results
    return tuple(_obstacles(row, result, axis, data))


def _obstacles(row: Row, result: Result, axis: Axis, data: tuple[str, int | None]) -> Iterable[str]:
    if result.limit is not None:
        yield f"only the first {result.limit:,} rows were evaluated"
    if result.fingerprint != data[0]:
        yield f"other data: fingerprint {result.fingerprint[:12]}, the board's is {data[0][:12]}"
    if row.costs[axis.name] is None:
        yield f"{axis.title} not known"
    elif not axis.measured(result):
        yield f"{axis.title} declared, not measured"
    if axis.is_work and row.unpriced:
        yield f"operators without a formula: {', '.join(row.unpriced)}"


def compare(first: Row, second: Row) -> Comparison:
    """How two rows of a board differ, on the same resamples.

    Raises:
        ParetoNLPError: they were not scored on the same data, or one has no replicates.
    """
    if first.data != second.data:
        raise fail("not-comparable", "The two were not evaluated on the same data.")
    if first.score.replicates is None or second.score.replicates is None:
        raise fail(
            "not-comparable",
            "The two cannot be compared without replicates.",
            remedy="Evaluate both again to write replicates.npz.",
        )
    return paired_difference(first.score.replicates, second.score.replicates)
