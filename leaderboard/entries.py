"""The rows of every board of a store, and how they hang together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.board import (
    AXES,
    Elue,
    Incomplete,
    Row,
    against_reference,
    by_point,
    incomplete_points,
    joint_reasons,
    main_data,
    obstacles,
    over_suite,
    suite_row,
    task_notes,
    task_rows,
    task_weights,
)
from harness.findings import ParetoNLPError
from harness.store import Stored
from harness.tasks import SUITES
from harness.tasks.types import Suite

DENSE = "dense"
"""The method whose submissions are what others are compared with."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the index."""

    suite: str
    task: str
    """Empty: the suite's aggregate."""
    row: Row
    reasons: Mapping[str, tuple[str, ...]]
    """By axis, why it is not ranked; empty: it is."""
    parts: tuple[int, ...] = ()
    """Of an aggregate: the number of its entry on each task."""
    dense: int = -1
    """The number of its dense counterpart's entry; -1: none."""


@dataclass(slots=True)
class Entries:
    """All of them, as they are found; an entry's number is its place."""

    all: list[Entry] = field(default_factory=list)
    curves: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    """By suite and task, the entries of the reference curve, by rising FLOPs."""
    weights: dict[str, list[float]] = field(default_factory=dict)
    """By suite."""
    references: dict[str, str] = field(default_factory=dict)
    elue: dict[tuple[str, str], Mapping[str, Elue]] = field(default_factory=dict)
    incomplete: dict[str, list[Incomplete]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)


def entries_of(stored: Sequence[Stored], progress: Callable[[str, int, int], None]) -> Entries:
    """The rows of every suite that any report has results on."""
    present = {result.suite for entry in stored for result in entry.report.results}
    suites = [suite for suite in SUITES.values() if suite.name in present]
    found = Entries()
    for done, suite in enumerate(suites, start=1):
        _add_suite(found, suite, stored)
        progress("making boards", done, len(suites))
    return found


def _add_suite(found: Entries, suite: Suite, stored: Sequence[Stored]) -> None:
    by_task = {task.name: task_rows(stored, suite.name, task.name) for task in suite.tasks}
    reference = _reference(by_task)
    numbers: dict[tuple[str, str, str], int] = {}
    for task, rows in by_task.items():
        if rows:
            _add_task(found, suite.name, task, rows, reference, numbers)
    weights = task_weights(suite)
    found.weights[suite.name] = weights
    if reference:
        found.references[suite.name] = reference
        scores = [found.elue.get((suite.name, task), {}) for task in by_task]
        found.elue[suite.name, ""] = over_suite(scores, weights)
    points = by_point(by_task)
    found.incomplete[suite.name] = list(incomplete_points(list(by_task), points))
    for (submission, point), own in points.items():
        if len(own) == len(by_task):
            parts = tuple(numbers[task, submission, point] for task in by_task)
            row = suite_row([own[task] for task in by_task], weights)
            on_task = {task: found.all[numbers[task, submission, point]].reasons for task in by_task}
            reasons = {axis: joint_reasons({task: on_task[task][axis] for task in by_task}) for axis in AXES}
            found.all.append(Entry(suite.name, "", row, reasons, parts))


def _add_task(
    found: Entries, suite: str, task: str, rows: Sequence[Row], reference: str, numbers: dict[tuple[str, str, str], int]
) -> None:
    data = main_data(rows)
    start = len(found.all)
    dense = _dense_counterparts(rows)
    for number, row in enumerate(rows, start=start):
        reasons = {name: obstacles(row, axis, data) for name, axis in AXES.items()}
        own = dense.get((row.backbone, row.data))
        found.all.append(Entry(suite, task, row, reasons, dense=-1 if own is None else start + own))
        numbers[task, row.submission, row.point] = number
    found.notes[f"{suite}/{task}"] = list(task_notes(task, rows))
    if not reference:
        return
    try:
        _, found.elue[suite, task] = against_reference(rows, reference, data)
    except ParetoNLPError:
        found.notes[f"{suite}/{task}"].append(
            f"{task}: {reference} has no two points to draw the reference curve through"
        )
        return
    knots = [
        number
        for number, row in enumerate(rows, start=start)
        if row.submission == reference and row.data == (data,) and row.costs["flops"] is not None
    ]
    found.curves[suite, task] = sorted(knots, key=lambda number: rows[number - start].costs["flops"] or 0.0)


def _reference(by_task: Mapping[str, Sequence[Row]]) -> str:
    """The submission of the reference curve: the dense one with the most results; empty: there is none."""
    results: dict[str, int] = {}
    for rows in by_task.values():
        for row in rows:
            if row.method == DENSE:
                results[row.submission] = results.get(row.submission, 0) + 1
    return min(results, key=lambda name: (-results[name], name), default="")


def _dense_counterparts(rows: Sequence[Row]) -> dict[tuple[str, object], int]:
    """By backbone and data, the place of the dense row of the most FLOPs. A backbone that is not named is nobody's."""
    best: dict[tuple[str, object], int] = {}
    for place, row in enumerate(rows):
        flops = row.costs["flops"]
        if row.method == DENSE and row.backbone and flops is not None:
            key = row.backbone, row.data
            if key not in best or flops > (rows[best[key]].costs["flops"] or 0.0):
                best[key] = place
    return best
