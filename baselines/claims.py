"""What is claimed of the methods, held against what came out: the figures of docs/findings.md.

``python -m baselines.claims [STORE]`` prints, for each backbone and task, a line a claim: the figures, the paired 95 %
interval where scores are compared, and whether the claim holds, is open (the interval holds 0) or fails.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.board import Row, compare, task_board
from harness.quality.intervals import interval
from harness.report import Interval
from harness.store import Stored, find_reports
from harness.tasks import suite as find_suite

RANKS = re.compile(r"rank-(\d+)(?P<tuned>-tuned)?")
CHEAP = 0.01
"""Two orders of magnitude."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A claim on a task."""

    claim: str
    task: str
    figures: str
    verdict: str


Points = Mapping[tuple[str, str], Row]
"""Method and point to row, of one task and backbone."""


def outcomes(stored: Sequence[Stored]) -> Iterator[Outcome]:
    """Every claim on every task where the points that it is about were evaluated."""
    suites = dict.fromkeys(result.suite for entry in stored for result in entry.report.results)
    for backbone in sorted({entry.report.submission.backbone for entry in stored}):
        ours = [entry for entry in stored if entry.report.submission.backbone == backbone]
        dense = next(
            (entry.report.submission.name for entry in ours if entry.report.submission.method == "dense"), None
        )
        for suite in suites:
            for task in find_suite(suite).tasks:
                rows = task_board(ours, suite, task.name, reference=dense).rows
                points = {(row.method, row.point): row for row in rows}
                for claim in CLAIMS:
                    yield from claim(task.id, points)


def drone_is_above_svd(task: str, points: Points) -> Iterator[Outcome]:
    """At the same rank, so at the same cost, before fine-tuning and after."""
    for (method, point), row in points.items():
        other, rank = points.get(("svd", point)), RANKS.fullmatch(point)
        if method == "drone" and rank and other:
            when = "after" if rank["tuned"] else "before"
            yield _compared(f"DRONE >= SVD {when} fine-tuning", task, row, other)


def tamt_is_above_omp(task: str, points: Points) -> Iterator[Outcome]:
    """At the same sparsity, both fine-tuned; the paper's gap opens at 70 %."""
    for (_, point), row in points.items():
        other = points.get(("pruned", f"omp-{point.removeprefix('tamt-')}-tuned"))
        if point.startswith("tamt-") and other:
            yield _compared("TAMT >= OMP", task, row, other)


def dan_is_cheapest(task: str, points: Points) -> Iterator[Outcome]:
    """The dearest of its points, by two orders of magnitude: below the dense model, and below whatever is next."""
    dan = _dearest(points, "dan")
    dense = _dearest(points, "dense")
    following = min(
        (row for (method, _), row in points.items() if method != "dan" and _flops(row)), key=_flops, default=None
    )
    for than, row in (("dense", dense), ("the next", following)):
        if dan and row:
            ratio = _flops(dan) / _flops(row)
            yield Outcome(
                f"DAN costs at most {CHEAP:.0%} of {than}",
                task,
                f"{dan.point}: {ratio:.2g} of the FLOPs of {row.point}",
                "holds" if ratio <= CHEAP else "fails",
            )


def exits_pass_static_depth(task: str, points: Points) -> Iterator[Outcome]:
    """The early-exit curve is above the curve of static depths at the same FLOPs somewhere: its best point is.

    The interval is that point's own, and knows nothing of its having been chosen among others.
    """
    for method in ("pabee", "deebert"):
        own = [row for (of, point), row in points.items() if of == method and point != "full"]
        inside = [
            (row.elue.difference, row.elue.replicates, row)
            for row in own
            if row.elue and row.elue.inside and row.elue.replicates is not None
        ]
        if inside:
            difference, replicates, best = max(inside, key=lambda each: each[0])
            of_difference = interval(replicates)
            yield Outcome(
                f"{'PABEE' if method == 'pabee' else 'DeeBERT'} passes the static depths",
                task,
                f"{best.point}: {_signed(difference, of_difference)} at {_flops(best):.3g} FLOPs",
                _verdict(of_difference),
            )


CLAIMS: tuple[Callable[[str, Points], Iterator[Outcome]], ...] = (
    drone_is_above_svd,
    tamt_is_above_omp,
    dan_is_cheapest,
    exits_pass_static_depth,
)


def _compared(claim: str, task: str, first: Row, second: Row) -> Outcome:
    paired = compare(first, second)
    scores = f"{first.point} {100 * first.score.value:.1f} against {100 * second.score.value:.1f}"
    figures = f"{scores} ({_signed(paired.difference, paired.interval)})"
    return Outcome(claim, task, figures, _verdict(paired.interval))


def _signed(difference: float, around: Interval) -> str:
    """In percent: ``+1.2, -0.3 to +2.4``."""
    return f"{100 * difference:+.1f}, {100 * around.low:+.1f} to {100 * around.high:+.1f}"


def _verdict(around: Interval) -> str:
    return "open" if around.low < 0 < around.high else "holds" if around.low >= 0 else "fails"


def _dearest(points: Points, method: str) -> Row | None:
    return max((row for (of, _), row in points.items() if of == method), key=_flops, default=None)


def _flops(row: Row) -> float:
    return row.costs["flops"] or 0.0


def document(store: Path) -> str:
    """The end of docs/results.md: a line a claim and task."""
    found = sorted(outcomes(find_reports(store)[0]), key=lambda outcome: outcome.claim)
    lines = ["## The papers' claims", "", "| claim | task | figures | |", "| --- | --- | --- | --- |"]
    lines += [f"| {each.claim} | {each.task} | {each.figures} | {each.verdict} |" for each in found]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document(Path(sys.argv[1] if len(sys.argv) > 1 else "submissions")))
