"""``paretonlp evaluate``: from submission folders to reports."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import (
    DataDir,
    Folders,
    Sandbox,
    SuiteName,
    TaskNames,
    Trust,
    chosen_level,
    chosen_tasks,
    submissions_in,
)
from harness.cli.console import PROOF, PROOF_LEGEND, err, out, progress, proof, show_error, table
from harness.findings import ParetoNLPError
from harness.numbers import human

if TYPE_CHECKING:
    from harness.planning import Load
    from harness.report import Report
    from harness.sandbox.levels import Level
    from harness.tasks.types import Task


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def evaluate(
        folders: Folders,
        suite: SuiteName = "probe",
        tasks: TaskNames = "",
        data_dir: DataDir = None,
        show_plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and do nothing.")] = False,
        limit: Annotated[
            int | None,
            typer.Option("--limit", min=1, help="Try the first rows only; nothing is written.", show_default=False),
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="Make results anew that have not changed.")] = False,
        sandbox: Sandbox = "auto",
        trust: Trust = False,
    ) -> None:
        """Score the predictions and measure what every sample cost. Writes report.json into the folder.

        What is there and has not changed is kept. A submission that fails does not keep the others from going on.

        Example: `paretonlp evaluate submissions/mine --suite elue --tasks sst2,mrpc --data-dir data`
        """
        from harness.tasks.choosing import refuse_hidden, split_loader

        chosen = chosen_tasks(suite, tasks)
        refuse_hidden(chosen)
        load, found = split_loader(data_dir), submissions_in(folders)
        if show_plan:
            well = _plan(found, chosen, load, limit, force)
        else:
            well = _run(found, chosen, load, limit, force, chosen_level(sandbox, trust))
        if not well:
            raise typer.Exit(1)


def _run(
    found: Sequence[Path], tasks: "Sequence[Task]", load: "Load", limit: int | None, force: bool, level: "Level"
) -> bool:
    """Evaluate and show what came out; whether all went well and there was something to evaluate."""
    from harness.evaluation import reports
    from harness.report import Report

    shown = failed = 0
    with progress() as report:
        for folder, result in reports(found, tasks, load, limit=limit, force=force, level=level, progress=report):
            if isinstance(result, Report):
                shown += 1
                _show(folder, result, tasks, written=limit is None and folder.is_dir())
            else:
                failed += _show_failure(folder, result, among_several=len(found) > 1)
    if shown:
        out.print(f"\n{PROOF_LEGEND}")
    return bool(shown) and not failed


def _plan(found: Sequence[Path], tasks: "Sequence[Task]", load: "Load", limit: int | None, force: bool) -> bool:
    """Show what evaluating would do; whether there is something to evaluate and nothing in the way."""
    from harness.planning import plan
    from harness.store import read_report
    from harness.submission import load_submission

    rows = table("submission", "point", "task", "rows", "to do", numbers=("rows",))
    failed = 0
    for folder in found:
        try:
            submission = load_submission(folder)
            before = read_report(folder) if (folder / "report.json").is_file() else None
            for item in plan(submission, tasks, load, before, limit=limit):
                what = "nothing, unchanged" if item.done and not force else "score and measure"
                count = min(load(item.task).rows, limit or load(item.task).rows)
                rows.add_row(submission.manifest.name, item.point.name, item.task.id, f"{count:,}", what)
        except ParetoNLPError as error:
            failed += _show_failure(folder, error, among_several=len(found) > 1)
    if rows.rows:
        out.print(rows)
    return bool(rows.rows) and not failed


def _show_failure(folder: Path, error: ParetoNLPError, *, among_several: bool) -> bool:
    """Say why there is no result; among several, to have no predictions for the tasks is no failure."""
    if among_several and all(finding.code == "no-predictions" for finding in error.findings):
        err.print(f"{folder}: no predictions for these tasks, left out", soft_wrap=True)
        return False
    err.print(f"{folder}:", soft_wrap=True)
    show_error(error)
    return True


def _show(folder: Path, report: "Report", tasks: "Sequence[Task]", *, written: bool) -> None:
    """What came out for these tasks, and where the report is."""
    from harness.board.rows import task_row
    from harness.store import Stored

    numbers = ("score", "95 % interval", "FLOPs", "MACs", "params")
    rows = table("task", "point", *numbers, *PROOF, numbers=numbers)
    chosen = {task.id for task in tasks}
    results = [result for result in report.results if result.task_id in chosen]
    notes: set[str] = set()
    for result in results:
        row, interval = task_row(Stored(report), result), result.score.interval
        rows.add_row(
            result.task,
            result.point,
            f"{100 * result.score.value:.2f}",
            f"{100 * interval.low:.1f} to {100 * interval.high:.1f}",
            *(human(row.costs[axis]) for axis in ("flops", "macs", "parameters")),
            *proof(row.marks),
        )
        notes.update(row.partial)
        notes.update(f"no formula for {operator}: not in the figures of {result.point}" for operator in row.unpriced)
    out.print(f"\n{report.submission.name}", style="bold")
    out.print(rows)
    for note in sorted(notes):
        out.print(f"note: {note}", soft_wrap=True)
    if written:
        out.print(f"report: {folder / 'report.json'}", soft_wrap=True)
    else:
        limit = max((result.limit for result in results if result.limit is not None), default=None)
        first = "" if limit is None else f"tried on the first {limit:,} rows; "
        out.print(f"{first}nothing was written")
