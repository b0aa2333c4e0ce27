"""``paretonlp board``: who is on the frontier."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from harness.board import AXES, Board, Row, suite_board, task_board
from harness.cli.arguments import Store, SuiteName
from harness.cli.console import err, human, out, plain, show_findings, table
from harness.elue_score import Estimate
from harness.findings import did_you_mean, fail
from harness.store import find_reports
from harness.tasks import suite as find_suite


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def board(
        suite: SuiteName = "probe",
        task: Annotated[str, typer.Option("--task", help="One task only; every task and the aggregate without.")] = "",
        store: Store = Path("submissions"),
        cost: Annotated[str, typer.Option("--cost", help=f"The cost axis: {', '.join(AXES)}.")] = "flops",
        reference: Annotated[
            str, typer.Option("--reference", help="The submission whose curve ELUE scores are measured against.")
        ] = "",
    ) -> None:
        """Print the board: score with interval, cost, frontier, how sure that is, and where figures come from.

        Example: `paretonlp board --suite elue --task sst2 --reference dense-minilm`
        """
        stored, broken = find_reports(store)
        show_findings(broken)
        found = find_suite(suite)
        names = [each.name for each in found.tasks]
        if task and task not in names:
            raise fail("no-such-task", f"suite {suite} has no task {task!r}", remedy=did_you_mean(task, names))
        boards = [task_board(stored, suite, name, cost, reference or None) for name in ([task] if task else names)]
        if not task:
            boards.append(suite_board(stored, found, cost, reference or None))
        shown = [each for each in boards if each.rows or each.incomplete]
        if not shown:
            err.print(plain(f"No report in {store} has results on {suite}. Make some: paretonlp evaluate {store}"))
            raise typer.Exit(1)
        for each in shown:
            show_board(each)
        out.print("● on the frontier   ○ shown, not ranked   front: share of resamples in which it is on the frontier")


def show_board(board: Board) -> None:
    """Print one board."""
    title = f"{board.suite}/{board.task}" if board.task else f"{board.suite}, all tasks"
    out.print(Text(f"\n{title}", style="bold"), f"quality against {board.axis.title}")
    rows = table(
        "", "method", "submission", "point", "score", "", "front", board.axis.title, "params", "proof",
        numbers=("score", "front", board.axis.title, "params"),
    )  # fmt: skip
    for row in board.rows:
        mark = "●" if row.on_frontier else " " if row.ranked else "○"
        chance = "" if row.frontier_probability is None else f"{row.frontier_probability:.0%}"
        rows.add_row(
            mark, plain(row.method), plain(row.submission), plain(row.point), f"{100 * row.score.value:.2f}",
            _plus_minus(row.score), chance, human(row.costs[board.axis.name]), human(row.costs["parameters"]),
            _proof(row),
        )  # fmt: skip
    if board.rows:
        out.print(rows)
    for standing in board.standings:
        if standing.elue is not None:
            ranked = standing.elue.ranked
            score = "not ranked" if ranked is None else f"{100 * ranked.value:+.2f} {_plus_minus(ranked)}"
            out.print(plain(f"ELUE score of {standing.submission}: {score}"))
    for incomplete in board.incomplete:
        out.print(
            plain(f"{incomplete.submission} {incomplete.point}: {incomplete}, lacks {', '.join(incomplete.missing)}")
        )
    for note in (*board.notes, *_row_notes(board.rows)):
        out.print(plain(f"note: {note}"))


def _plus_minus(figure: Estimate) -> str:
    """Half the width of the interval, in points."""
    if figure.interval is None:
        return ""
    return f"± {50 * (figure.interval.high - figure.interval.low):.1f}"


def _proof(row: Row) -> str:
    marks = row.marks
    return f"{marks.cost}, {marks.lengths} lengths, {marks.predictions} answers"


def _row_notes(rows: tuple[Row, ...]) -> list[str]:
    notes = {partial for row in rows for partial in row.partial}
    notes |= {f"{row.submission} {row.point} is not ranked: {reason}" for row in rows for reason in row.not_ranked}
    return sorted(notes)
