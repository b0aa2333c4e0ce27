"""Size tracks: who is best within so many parameters, whatever the FLOPs (ELUE's four tabs)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.board.boards import task_board, task_weights
from harness.board.rows import Row, weighted_mean
from harness.elue_score import Estimate
from harness.store import Stored
from harness.tasks.types import Suite

SIZE_TRACKS = (40_000_000, 55_000_000, 70_000_000, 110_000_000)


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A submission's best points within a size track."""

    submission: str
    method: str
    parameters: float
    """The most of any of its points on the suite: what decides the track."""
    best: Mapping[str, Row]
    """Task to the row with the highest score. The best of several points flatters by chance."""
    mean: Estimate | None
    """Over the suite's tasks; None where one is missing."""


def size_track(stored: Sequence[Stored], suite: Suite, most: int) -> tuple[TrackRow, ...]:
    """Submissions none of whose points on the suite has more than ``most`` parameters, best first.

    Only ranked rows count: complete data, measured parameters.
    """
    names = [task.name for task in suite.tasks]
    rows: dict[str, list[Row]] = {}
    for name in names:
        for row in task_board(stored, suite.name, name, "parameters").rows:
            if row.ranked:
                rows.setdefault(row.submission, []).append(row)
    found = [_track_row(own, names, task_weights(suite)) for own in rows.values()]
    return tuple(sorted((row for row in found if row.parameters <= most), key=_order))


def _track_row(rows: Sequence[Row], names: Sequence[str], weights: Sequence[float]) -> TrackRow:
    best: dict[str, Row] = {}
    for row in rows:
        task = row.results[0].task
        if task not in best or row.score.value > best[task].score.value:
            best[task] = row
    complete = len(best) == len(names)
    return TrackRow(
        submission=rows[0].submission,
        method=rows[0].method,
        parameters=max(size for row in rows if (size := row.costs["parameters"]) is not None),
        best={name: best[name] for name in names if name in best},
        mean=weighted_mean([best[name].score for name in names], weights) if complete else None,
    )


def _order(row: TrackRow) -> tuple[float, str]:
    return (1.0 if row.mean is None else -row.mean.value), row.submission
