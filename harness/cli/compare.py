"""``paretonlp compare``: two submissions, task by task, on the same resamples."""

from pathlib import Path
from typing import Annotated

import typer

from harness.board.rows import Row, task_row
from harness.board.rows import compare as compare_rows
from harness.cli.arguments import Store
from harness.cli.console import err, out, plain, table
from harness.findings import ParetoNLPError, did_you_mean, fail
from harness.store import Stored, find_reports


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def compare(
        first: Annotated[str, typer.Argument(help="A submission, or submission:point.", show_default=False)],
        second: Annotated[str, typer.Argument(help="Another one.", show_default=False)],
        store: Store = Path("submissions"),
    ) -> None:
        """Compare two submissions on every task that both have: scores pairwise on the same resamples, costs as ratios.

        Example: `paretonlp compare dense-probe:layers-2 dense-probe:layers-4`
        """
        stored, _ = find_reports(store)
        ours, theirs = _chosen(stored, first), _chosen(stored, second)
        rows = table(
            "task", "first", "second", "difference", "95 % interval", "first better", "FLOPs ratio", "params ratio",
            numbers=("difference", "95 % interval", "first better", "FLOPs ratio", "params ratio"),
        )  # fmt: skip
        compared = 0
        for one in ours:
            for other in theirs:
                if one.results[0].task_id != other.results[0].task_id or one is other:
                    continue
                try:
                    difference = compare_rows(one, other)
                except ParetoNLPError as error:
                    err.print(plain(f"{one.results[0].task_id}, {one.point} and {other.point}: {error}"))
                    continue
                compared += 1
                low_high = f"{100 * difference.interval.low:+.2f} to {100 * difference.interval.high:+.2f}"
                rows.add_row(
                    one.results[0].task_id, plain(f"{one.point} {100 * one.score.value:.2f}"),
                    plain(f"{other.point} {100 * other.score.value:.2f}"), f"{100 * difference.difference:+.2f}",
                    low_high, f"{difference.probability:.0%}", _ratio(one.costs["flops"], other.costs["flops"]),
                    _ratio(one.costs["parameters"], other.costs["parameters"]),
                )  # fmt: skip
        if not compared:
            raise fail("nothing-to-compare", f"{first} and {second} share no task on the same data")
        out.print(plain(f"first: {first}   second: {second}   differences in points, first minus second"))
        out.print(rows)


def _chosen(stored: list[Stored], name: str) -> list[Row]:
    """The rows of a submission, or of one of its points."""
    submission, _, point = name.partition(":")
    known = {entry.report.submission.name: entry for entry in stored}
    if submission not in known:
        raise fail(
            "no-such-submission", f"there is no report of {submission!r}", remedy=did_you_mean(submission, known)
        )
    entry = known[submission]
    points = [result.point for result in entry.report.results]
    if point and point not in points:
        raise fail("no-such-point", f"{submission} has no point {point!r}", remedy=did_you_mean(point, points))
    return [task_row(entry, result) for result in entry.report.results if not point or result.point == point]


def _ratio(one: float | None, other: float | None) -> str:
    return f"{one / other:.3g}" if one and other else "–"
