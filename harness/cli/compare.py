"""``paretonlp compare``: two submissions, task by task, on the same resamples."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import Store, no_such_point, stored_under
from harness.cli.console import err, out, show_findings, table
from harness.findings import ParetoNLPError, fail

if TYPE_CHECKING:
    from harness.board import Row
    from harness.store import Stored

NUMBERS = ("diff.", "95 %\ninterval", "first\nbetter", "FLOPs\nratio", "params\nratio")


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
        from harness.store import find_reports

        stored, broken = find_reports(store)
        show_findings(broken)
        ours, theirs = _chosen(stored, first), _chosen(stored, second)
        rows = table("task", "first", "second", *NUMBERS, numbers=NUMBERS)
        for one in ours:
            for other in theirs:
                same = (one.submission, one.point) == (other.submission, other.point)
                if one.results[0].task_id != other.results[0].task_id or same:
                    continue
                try:
                    rows.add_row(*_cells(one, other, named=(":" in first, ":" in second)))
                except ParetoNLPError as error:
                    err.print(f"{one.results[0].task_id}, {one.point} and {other.point}: {error}", soft_wrap=True)
        if not rows.rows:
            raise fail("nothing-to-compare", f"{first} and {second} share no task on the same data")
        out.print(f"first: {first}   second: {second}", soft_wrap=True)
        out.print("differences in points, first minus second")
        out.print(rows)


def _cells(one: "Row", other: "Row", named: tuple[bool, bool]) -> list[str]:
    """A line of the table, without the points that the reader named: the line above the table has them.

    Raises ParetoNLPError where the two have not been scored on the same data.
    """
    from harness.board import compare as compare_rows

    found = compare_rows(one, other)
    return [
        one.results[0].task_id,
        *(
            f"{100 * row.score.value:.2f}" if known else f"{row.point} {100 * row.score.value:.2f}"
            for row, known in zip((one, other), named, strict=True)
        ),
        f"{100 * found.difference:+.2f}",
        f"{100 * found.interval.low:+.1f} to {100 * found.interval.high:+.1f}",
        f"{found.probability:.0%}",
        _ratio(one.costs["flops"], other.costs["flops"]),
        _ratio(one.costs["parameters"], other.costs["parameters"]),
    ]


def _chosen(stored: "list[Stored]", name: str) -> "list[Row]":
    """The rows of a submission, or of one of its points."""
    from harness.board.rows import task_row

    submission, _, point = name.partition(":")
    entry = stored_under(stored, submission)
    points = [result.point for result in entry.report.results]
    if point and point not in points:
        raise no_such_point(submission, point, list(dict.fromkeys(points)))
    return [task_row(entry, result) for result in entry.report.results if not point or result.point == point]


def _ratio(one: float | None, other: float | None) -> str:
    return f"{one / other:.3g}" if one and other else "–"
