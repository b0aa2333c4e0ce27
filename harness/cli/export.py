"""``paretonlp export``: a board as a table, or predictions as the GLUE server takes them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.board import suite_board, task_board
from harness.cli.arguments import Store, SuiteName
from harness.cli.console import err, out, plain, show_findings
from harness.export import rows_table, standings_table, to_csv, to_json, to_markdown
from harness.findings import did_you_mean, fail
from harness.store import find_reports, write_whole
from harness.submission import load_submission, read_predictions
from harness.tasks import suite as find_suite


class Format(StrEnum):
    """What to write."""

    CSV = "csv"
    JSON = "json"
    MD = "md"
    GLUE = "glue"


WRITERS = {Format.CSV: to_csv, Format.JSON: to_json, Format.MD: to_markdown}


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def export(
        kind: Annotated[Format, typer.Option("--format", help="csv, json or md: the board; glue: the server's zip.")],
        suite: SuiteName = "probe",
        task: Annotated[str, typer.Option("--task", help="One task; the suite's aggregate without.")] = "",
        store: Store = Path("submissions"),
        standings: Annotated[bool, typer.Option("--standings", help="A line a submission, not a point.")] = False,
        submission: Annotated[str, typer.Option("--submission", help="For glue: submission:point.")] = "",
        output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else standard output.")] = None,
    ) -> None:
        """Write a board as CSV, JSON or Markdown, or a point's predictions as the zip that the GLUE server takes.

        Example: `paretonlp export --format md --suite elue --task sst2`
        """
        if kind is Format.GLUE:
            _write_glue(store, submission, output)
            return
        stored, broken = find_reports(store)
        show_findings(broken)
        found = find_suite(suite)
        names = [each.name for each in found.tasks]
        if task and task not in names:
            raise fail("no-such-task", f"suite {suite} has no task {task!r}", remedy=did_you_mean(task, names))
        board = task_board(stored, suite, task) if task else suite_board(stored, found)
        text = WRITERS[kind](standings_table(board) if standings else rows_table(board))
        if output is None:
            out.print(text, end="", markup=False, soft_wrap=True)
        else:
            write_whole(output, text.encode())
            err.print(plain(f"{output} written"))


def _write_glue(store: Path, name: str, output: Path | None) -> None:
    from harness.glue_server import glue_zip

    submission, _, point = name.partition(":")
    if not submission or not point or output is None:
        raise fail(
            "no-submission",
            "the GLUE server takes the predictions of one point, as a zip",
            expected="--submission name:point -o glue.zip",
        )
    loaded = load_submission(store / submission)
    points = [each.name for each in loaded.manifest.points]
    if point not in points:
        raise fail("no-such-point", f"{submission} has no point {point!r}", remedy=did_you_mean(point, points))
    answers = {}
    for task in find_suite("glue-test").tasks:
        path = loaded.predictions_file(point, task)
        if path is not None:
            answers[task.name] = read_predictions(path, task, None, loaded.manifest.sizes).answers
    if not answers:
        raise fail(
            "no-predictions",
            f"{submission} has no predictions for the test sets of GLUE",
            expected=f"predictions/{point}/glue-test/<task>.tsv",
            remedy=f"Write them: paretonlp predict {store / submission} --suite glue-test.",
        )
    content, notes = glue_zip(answers)
    write_whole(output, content)
    show_findings(notes)
    err.print(plain(f"{output} written: {', '.join(answers)}"))
