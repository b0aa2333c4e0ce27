"""``paretonlp board``: who is on the frontier."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from harness.cli.arguments import Store, SuiteName, scored_suite, stored_under
from harness.cli.console import PROOF, PROOF_LEGEND, err, out, proof, show_findings, table
from harness.numbers import human

if TYPE_CHECKING:
    from harness.board import Board, Row
    from harness.elue_score import Estimate

COSTS = "flops, macs, effective_flops, parameters, non_embedding, nonzero, bytes"
WIDE = 100
"""Columns of a terminal from which on there is room for the method."""


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def board(
        suite: SuiteName = "probe",
        task: Annotated[str, typer.Option("--task", help="One task only; every task and the aggregate without.")] = "",
        store: Store = Path("submissions"),
        cost: Annotated[str, typer.Option("--cost", help=f"The cost axis: {COSTS}.")] = "flops",
        reference: Annotated[
            str, typer.Option("--reference", help="The submission whose curve ELUE scores are measured against.")
        ] = "",
    ) -> None:
        """Print the board: score with interval, cost, frontier, how sure that is, and where figures come from.

        Example: `paretonlp board --suite elue --task sst2 --reference dense-minilm`
        """
        from harness.board import axis, suite_board, task_board
        from harness.store import find_reports

        found = scored_suite(suite, task)
        axis(cost)
        stored, broken = find_reports(store)
        show_findings(broken)
        if reference:
            stored_under(stored, reference)
        names = [task] if task else [each.name for each in found.tasks]
        boards = [task_board(stored, suite, name, cost, reference or None) for name in names]
        if not task:
            boards.append(suite_board(stored, found, cost, reference or None))
        shown = [each for each in boards if each.rows or each.incomplete]
        if not shown:
            err.print(f"No report in {store} has results on {suite}{'/' * bool(task)}{task}.", soft_wrap=True)
            err.print(f"Make some: paretonlp evaluate {store} --suite {suite}", soft_wrap=True)
            raise typer.Exit(1)
        said: set[str] = set()
        for each in shown:
            _show(each, said)
        out.print("\n● on the frontier   ○ shown, not ranked   front: in what share of the resamples")
        out.print(PROOF_LEGEND)


def _show(board: "Board", said: set[str]) -> None:
    """Print one board, with the notes that are not among those ``said`` before."""
    title = f"{board.suite}/{board.task}" if board.task else f"{board.suite}, all tasks"
    out.print(Text(f"\n{title}", style="bold"), f"quality against {board.axis.title}")
    if board.rows:
        out.print(_table(board))
    for standing in board.standings:
        if standing.elue is not None:
            ranked = standing.elue.ranked
            score = "not ranked" if ranked is None else f"{100 * ranked.value:+.2f} {_plus_minus(ranked)}"
            out.print(f"ELUE score of {standing.submission}: {score}", soft_wrap=True)
    for incomplete in board.incomplete:
        lacks = ", ".join(incomplete.missing)
        out.print(f"{incomplete.submission} {incomplete.point}: {incomplete}, lacks {lacks}", soft_wrap=True)
    for note in (*board.notes, *_row_notes(board.rows)):
        if note not in said:
            out.print(f"note: {note}", soft_wrap=True)
            said.add(note)


def _table(board: "Board") -> Table:
    wide, axis = out.width >= WIDE, board.axis
    who = ("method", "submission", "point") if wide else ("submission", "point")
    numbers = ["score", "±", "front", axis.title.replace(" ", "\n").replace("-", "-\n")]
    if axis.name != "parameters":
        numbers.append("params")
    rows = table("", *who, *numbers, *PROOF, numbers=numbers)
    for row in board.rows:
        chance = "" if row.frontier_probability is None else f"{row.frontier_probability:.0%}"
        cost = human(row.costs[axis.name], "B" if axis.unit == "B" else "")
        rows.add_row(
            "●" if row.on_frontier else " " if row.ranked else "○",
            *([row.method] if wide else []),
            row.submission,
            row.point,
            f"{100 * row.score.value:.2f}",
            _plus_minus(row.score).removeprefix("± "),
            chance,
            cost,
            *([human(row.costs["parameters"])] if "params" in numbers else []),
            *proof(row.marks),
        )
    return rows


def _plus_minus(figure: "Estimate") -> str:
    """Half the width of the interval, in points."""
    if figure.interval is None:
        return ""
    return f"± {50 * (figure.interval.high - figure.interval.low):.1f}"


def _row_notes(rows: "tuple[Row, ...]") -> list[str]:
    notes = {partial for row in rows for partial in row.partial}
    notes |= {f"{row.submission} {row.point} is not ranked: {reason}" for row in rows for reason in row.not_ranked}
    return sorted(notes)
