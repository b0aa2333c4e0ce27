"""``paretonlp evaluate``: from submission folders to reports."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harness.board.rows import task_row
from harness.cli.arguments import DataDir, Folders, SuiteName, TaskNames, chosen_tasks, submissions_in
from harness.cli.console import err, human, out, plain, progress, show_error, table
from harness.evaluation import plan, reports
from harness.findings import ParetoNLPError
from harness.report import Report
from harness.store import Stored, read_report
from harness.submission import load_submission
from harness.tasks.choosing import split_loader
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
            int | None, typer.Option("--limit", min=1, help="Try the first rows only; nothing is written.")
        ] = None,
        force: Annotated[bool, typer.Option("--force", help="Make results anew that have not changed.")] = False,
    ) -> None:
        """Score the predictions and measure what every sample cost. Writes report.json into the folder.

        What is there and has not changed is kept. A submission that fails does not keep the others from going on.

        Example: `paretonlp evaluate submissions/mine --suite elue --tasks sst2,mrpc --data-dir data`
        """
        chosen, load = chosen_tasks(suite, tasks), split_loader(data_dir)
        found = submissions_in(folders)
        if show_plan:
            _show_plan(found, chosen, data_dir)
            return
        several = len(found) > 1
        failed = 0
        with progress() as report:
            for folder, result in reports(found, chosen, load, limit=limit, force=force, progress=report):
                if isinstance(result, Report):
                    _show(folder, result, chosen, written=limit is None and folder.is_dir())
                elif several and _has_nothing_here(result):
                    err.print(plain(f"{folder}: no predictions for these tasks, left out"))
                else:
                    failed += 1
                    err.print(plain(f"{folder}:"))
                    show_error(result)
        if failed:
            raise typer.Exit(1)


def _has_nothing_here(error: ParetoNLPError) -> bool:
    return all(finding.code == "no-predictions" for finding in error.findings)


def _show(folder: Path, report: Report, tasks: tuple[Task, ...], *, written: bool) -> None:
    """What came out for these tasks, and where the report is."""
    rows: Table = table(
        "task", "point", "score", "95 % interval", "FLOPs", "MACs", "parameters", "proof",
        numbers=("score", "95 % interval", "FLOPs", "MACs", "parameters"),
    )  # fmt: skip
    chosen = {task.id for task in tasks}
    notes: set[str] = set()
    for result in report.results:
        if result.task_id not in chosen:
            continue
        row = task_row(Stored(report), result)
        low_high = f"{100 * result.score.interval.low:.1f} to {100 * result.score.interval.high:.1f}"
        proof = f"cost {result.cost.provenance}, lengths {result.cost.lengths}, answers {result.score.predictions}"
        rows.add_row(
            result.task_id, result.point, f"{100 * result.score.value:.2f}", low_high, human(row.costs["flops"]),
            human(row.costs["macs"]), human(row.costs["parameters"]), proof,
        )  # fmt: skip
        notes.update(row.partial)
        notes.update(f"no formula for {operator}: not in the figures of {result.point}" for operator in row.unpriced)
    out.print(plain(f"{report.submission.name}"), style="bold")
    out.print(rows)
    for note in sorted(notes):
        out.print(plain(f"note: {note}"))
    if written:
        out.print(plain(f"report: {folder / 'report.json'}"))
    elif limit_of(report):
        out.print(plain(f"tried on the first {limit_of(report)} rows; nothing was written"))


def limit_of(report: Report) -> int | None:
    """The rows that a trial was limited to."""
    return max((result.limit for result in report.results if result.limit is not None), default=None)


def _show_plan(folders: list[Path], tasks: tuple[Task, ...], data_dir: Path | None) -> None:
    load = split_loader(data_dir)
    rows = table("submission", "point", "task", "rows", "to do", numbers=("rows",))
    for folder in folders:
        submission = load_submission(folder)
        before = read_report(folder) if (folder / "report.json").is_file() else None
        try:
            work = plan(submission, tasks, load, before)
        except ParetoNLPError as error:
            show_error(error)
            continue
        for item in work:
            what = "nothing, unchanged" if item.done else "score and measure"
            rows.add_row(submission.manifest.name, item.point.name, item.task.id, f"{load(item.task).rows:,}", what)
    out.print(rows)
