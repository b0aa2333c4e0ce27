"""Many reports become a board: of one task, or of a whole suite."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.board.axes import Axis, axis
from harness.board.front import with_frontier
from harness.board.rows import Row, obstacles, suite_row, task_row
from harness.board.standings import Elue, Standing, against_reference, over_suite, standings
from harness.findings import ParetoNLPError
from harness.store import Stored
from harness.tasks.types import Suite


@dataclass(frozen=True, slots=True)
class Incomplete:
    """An operating point that has results on some tasks of a suite: it has no aggregate."""

    submission: str
    point: str
    done: tuple[str, ...]
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"{len(self.done)} of {len(self.done) + len(self.missing)}"


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the screen, the command line and the exports show of a task or a suite."""

    suite: str
    task: str | None
    """None: the aggregate of the suite."""
    axis: Axis
    rows: tuple[Row, ...]
    """By rising cost, those without a cost last."""
    standings: tuple[Standing, ...]
    """The best first."""
    incomplete: tuple[Incomplete, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know before comparing rows."""
    elue: Mapping[str, Elue] = field(default_factory=dict, repr=False)
    """ELUE scores by submission."""


def task_board(
    stored: Sequence[Stored], suite: str, task: str, axis_name: str = "flops", reference: str | None = None
) -> Board:
    """The board of one task over one cost; ``reference`` names the submission of the reference curve.

    Results are compared where fingerprint and limit are equal; the data of the board are those
    that are most complete. Everything else is shown, and says why it is not ranked.

    Raises:
        ParetoNLPError: no such axis.
    """
    chosen = axis(axis_name)
    rows = task_rows(stored, suite, task, axis_name)
    if not rows:
        return Board(suite, task, chosen, (), ())
    data = main_data(rows)
    elue: dict[str, Elue] = {}
    notes: list[str] = []
    if reference is not None:
        try:
            rows, elue = against_reference(rows, reference, data)
        except ParetoNLPError:
            notes.append(f"{task}: {reference} has no two points to draw the reference curve through")
    rows = _ordered(with_frontier(rows, chosen), chosen)
    notes = [*task_notes(task, rows), *notes]
    return Board(suite, task, chosen, tuple(rows), standings(rows, chosen, elue), (), tuple(notes), elue)


def suite_board(
    stored: Sequence[Stored], suite: Suite, axis_name: str = "flops", reference: str | None = None
) -> Board:
    """The board of a suite: points that have every task, scores and work averaged over tasks.

    Tasks of a group share one vote. Points that lack a task are listed as incomplete.

    Raises:
        ParetoNLPError: no such axis.
    """
    names = [task.name for task in suite.tasks]
    boards = [task_board(stored, suite.name, name, axis_name, reference) for name in names]
    weights = task_weights(suite)
    points = by_point({name: board.rows for name, board in zip(names, boards, strict=True)})
    whole = [suite_row([own[n] for n in names], weights) for own in points.values() if len(own) == len(names)]
    rows = _ordered(with_frontier(whole, boards[0].axis), boards[0].axis)
    elue = over_suite([board.elue for board in boards], weights)
    return Board(
        suite=suite.name,
        task=None,
        axis=boards[0].axis,
        rows=tuple(rows),
        standings=standings(rows, boards[0].axis, elue),
        incomplete=tuple(incomplete_points(names, points)),
        notes=tuple(note for board in boards for note in board.notes),
        elue=elue,
    )


def task_rows(stored: Sequence[Stored], suite: str, task: str, axis_name: str = "flops") -> list[Row]:
    """Every result on a task, with why it is not ranked over that cost, if it is not.

    Raises:
        ParetoNLPError: no such axis.
    """
    chosen = axis(axis_name)
    rows = [
        task_row(entry, result)
        for entry in stored
        for result in entry.report.results
        if (result.suite, result.task) == (suite, task)
    ]
    if not rows:
        return []
    data = main_data(rows)
    return [replace(row, not_ranked=obstacles(row, chosen, data)) for row in rows]


def by_point(by_task: Mapping[str, Sequence[Row]]) -> dict[tuple[str, str], dict[str, Row]]:
    """Every operating point, (submission, point), with its rows by task."""
    points: dict[tuple[str, str], dict[str, Row]] = {}
    for task, rows in by_task.items():
        for row in rows:
            points.setdefault((row.submission, row.point), {})[task] = row
    return points


def task_weights(suite: Suite) -> list[float]:
    """Each task's weight in the aggregate: groups and single tasks count alike, 1 in all."""
    group_of = {name: group for group in suite.groups for name in group}
    groups = [group_of.get(task.name, (task.name,)) for task in suite.tasks]
    votes = len(set(groups))
    return [1 / (votes * len(group)) for group in groups]


def incomplete_points(
    names: Sequence[str], points: Mapping[tuple[str, str], Mapping[str, Row]]
) -> Iterable[Incomplete]:
    """The points that lack a task, by name."""
    for (submission, point), own in sorted(points.items()):
        if len(own) < len(names):
            done = tuple(name for name in names if name in own)
            yield Incomplete(submission, point, done, tuple(n for n in names if n not in own))


def main_data(rows: Sequence[Row]) -> tuple[str, int | None]:
    """The data of the board: without a limit, with most rows, in most results."""
    times = Counter(row.data[0] for row in rows)
    most = {row.data[0]: row.results[0].rows for row in rows}
    return max(times, key=lambda data: (data[1] is None, most[data], times[data], data[0]))


def _ordered(rows: Sequence[Row], chosen: Axis) -> list[Row]:
    def order(row: Row) -> tuple[bool, float, float, str, str]:
        cost = row.costs[chosen.name]
        return cost is None, cost or 0.0, -row.score.value, row.submission, row.point

    return sorted(rows, key=order)


def task_notes(task: str, rows: Sequence[Row]) -> Iterable[str]:
    """What a reader should know before comparing the rows of a task."""
    if len({row.results[0].fingerprint for row in rows}) > 1:
        yield f"{task}: results on different data (fingerprints differ) are not ranked together"
    versions = sorted({row.results[0].versions.paretonlp for row in rows if row.ranked})
    if len(versions) > 1:
        yield f"{task}: evaluated by paretonlp {' and '.join(versions)}, whose costs may differ"
    without = sorted({row.submission for row in rows if row.ranked and row.score.replicates is None})
    if without:
        yield f"{task}: no replicates of {', '.join(without)}; their scores are taken as exact"
