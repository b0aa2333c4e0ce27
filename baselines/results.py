"""What came out: every baseline's points on every task, beside the dense model of the same backbone.

``python -m baselines.results [STORE]`` prints docs/results.md from the reports of a store: the points, how far they are
chance, and the papers' claims.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baselines import claims, spread
from baselines.ordering import natural
from harness.report import Report, Result
from harness.store import find_reports
from harness.tasks import suite as find_suite

DENSE = "dense"


@dataclass(frozen=True, slots=True)
class Cell:
    """A point on a task: its score in percent, and its FLOPs as a share of dense."""

    score: float
    flops_ratio: float


@dataclass(frozen=True, slots=True)
class Line:
    """A point of a submission on the tasks of a suite."""

    submission: str
    point: str
    parameters_ratio: float
    """Largest over the tasks: they differ in a few rows of the answer layer, or in the ranks that were found."""
    nonzero: float | None
    """Largest share of the point's parameters that is not zero, where weights were at hand."""
    effective: float | None
    """Largest share of the point's FLOPs that no zero weight is a factor of, where weights were at hand."""
    cells: Mapping[str, Cell]
    """Task to figures; tasks that were not run are absent."""


def lines(reports: Iterable[Report], suite: str, backbone: str) -> Iterator[Line]:
    """The points of all submissions on one backbone, each held against the deepest dense model, task by task."""
    of_backbone = [report for report in reports if report.submission.backbone == backbone]
    of_backbone.sort(key=lambda report: (report.submission.method != DENSE, report.submission.name))
    dense = _dense(of_backbone, suite)
    for report in of_backbone:
        points = {result.point for result in report.results if result.suite == suite}
        for point in sorted(points, key=natural):
            results = [
                result
                for result in report.results
                if (result.suite, result.point) == (suite, point) and result.task in dense
            ]
            if results:
                yield _line(report.submission.name, point, results, dense)


def _dense(reports: Iterable[Report], suite: str) -> dict[str, Result]:
    """Task to the costliest dense result."""
    found: dict[str, Result] = {}
    for report in reports:
        for result in report.results:
            if report.submission.method == DENSE and result.suite == suite:
                other = found.get(result.task)
                if other is None or _flops(result) > _flops(other):
                    found[result.task] = result
    return found


def _line(submission: str, point: str, results: Sequence[Result], dense: Mapping[str, Result]) -> Line:
    shares = [r.parameters.nonzero / (r.parameters.total or 1) for r in results if r.parameters.nonzero is not None]
    effective = [r.cost.effective_flops / _flops(r) for r in results if r.cost.effective_flops is not None]
    return Line(
        submission,
        point,
        max((r.parameters.total or 0) / (dense[r.task].parameters.total or 1) for r in results),
        max(shares, default=None),
        max(effective, default=None),
        {r.task: Cell(100 * r.score.value, _flops(r) / _flops(dense[r.task])) for r in results},
    )


def _flops(result: Result) -> float:
    return result.cost.flops.mean if result.cost.flops else float("nan")


def table(rows: Sequence[Line], suite: str) -> str:
    """Markdown: a line a point; score in percent, and in brackets FLOPs as a share of dense."""
    tasks = [task.name for task in find_suite(suite).tasks if any(task.name in row.cells for row in rows)]
    head = ["submission", "point", "parameters", "non-zero", "effective", *tasks]
    cells = [
        [
            row.submission,
            row.point,
            _ratio(row.parameters_ratio),
            *("" if share is None else f"{share:.0%}" for share in (row.nonzero, row.effective)),
            *(_cell(row.cells.get(task)) for task in tasks),
        ]
        for row in rows
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, ["---"] * 2 + ["---:"] * (len(head) - 2), *cells])


def _cell(cell: Cell | None) -> str:
    return "" if cell is None else f"{cell.score:.1f} ({_ratio(cell.flops_ratio)})"


def _ratio(value: float) -> str:
    """Two figures that count: 0.42, 0.0057, 1.0, 13."""
    return f"{value:.2g}"


def document(store: Path) -> str:
    """docs/results.md: a table for each backbone and suite, one of the seeds, one of the claims."""
    reports = [stored.report for stored in find_reports(store)[0]]
    parts = [INTRODUCTION]
    for backbone in sorted({report.submission.backbone for report in reports}):
        for suite in dict.fromkeys(result.suite for report in reports for result in report.results):
            rows = list(lines(reports, suite, backbone))
            if rows:
                parts.append(f"## {backbone} on `{suite}`\n\n{table(rows, suite)}")
    chance = spread.document(spread.seed_stores(store), spread.EXPECTED)
    return "\n".join([*parts, chance, claims.document(store)])


INTRODUCTION = """# What the baselines reach

Every operating point of every baseline, beside the dense model of the same backbone. A cell holds the score in percent
and, in brackets, mean FLOPs a sample as a share of the deepest dense model's on the same task; *parameters* is a share
of dense too, *non-zero* the share of the point's own parameters that is not zero, and *effective* the share of its own
FLOPs that would be left if no zero weight were multiplied; the larger where tasks differ, and nothing where no weights
were at hand. Made by `make docs` from the reports in `submissions/`; intervals and fronts: `paretonlp board`. What the
figures say about the methods is in [findings.md](findings.md).
"""


if __name__ == "__main__":
    sys.stdout.write(document(Path(sys.argv[1] if len(sys.argv) > 1 else "submissions")))
