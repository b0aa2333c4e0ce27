"""``paretonlp export``: a board as a table, or predictions as the GLUE server takes them."""

import sys
from collections.abc import Callable
from enum import StrEnum
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import Store, SuiteName, no_such_point, scored_suite
from harness.cli.console import err, out, show_findings
from harness.findings import fail

PAGES = "paretonlp.pages"
"""Entry point group: the value makes a page of a store, a suite and the names of tasks."""


class Format(StrEnum):
    """What to write."""

    CSV = "csv"
    JSON = "json"
    MD = "md"
    GLUE = "glue"


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def export(
        kind: Annotated[
            Format | None,
            typer.Option("--format", help="csv, json or md: the board; glue: the server's zip.", show_default=False),
        ] = None,
        html: Annotated[
            Path | None,
            typer.Option("--html", help="Write the board as one page that needs no server.", show_default=False),
        ] = None,
        suite: SuiteName = "probe",
        task: Annotated[str, typer.Option("--task", help="One task; the suite's aggregate without.")] = "",
        store: Store = Path("submissions"),
        standings: Annotated[bool, typer.Option("--standings", help="A line a submission, not a point.")] = False,
        submission: Annotated[str, typer.Option("--submission", help="For glue: submission:point.")] = "",
        output: Annotated[
            Path | None,
            typer.Option("--output", "-o", help="The file; else standard output.", show_default=False),
        ] = None,
    ) -> None:
        """Write a board as CSV, JSON, Markdown or a web page, or predictions as the zip that the GLUE server takes.

        Example: `paretonlp export --format md --suite elue --task sst2`

        Example: `paretonlp export --format glue --submission mine:full -o glue.zip`
        """
        if html is not None and kind is None:
            scored_suite(suite, task)
            _write(html, _page()(store, suite, [task] if task else []).encode())
            err.print(f"{html} written", soft_wrap=True)
            return
        if kind is None or html is not None:
            raise typer.BadParameter("give one of --format and --html", param_hint="--format")
        if kind is Format.GLUE:
            _write_glue(store, submission, output)
            return
        text = _board(kind, suite, task, store, standings)
        if output is not None:
            _write(output, text.encode())
            err.print(f"{output} written", soft_wrap=True)
        elif out.is_terminal:
            out.print(text, end="", soft_wrap=True)
        else:
            sys.stdout.write(text)


def _page() -> Callable[[Path, str, list[str]], str]:
    """What makes the page: the leaderboard's, which joins through an entry point."""
    found = list(entry_points(group=PAGES))
    if not found or any(find_spec(name) is None for name in ("plotly", "pandas")):
        raise fail(
            "not-installed",
            "The page needs the leaderboard.",
            remedy='Install it: pip install "paretonlp[leaderboard]"',
        )
    page: Callable[[Path, str, list[str]], str] = found[0].load()
    return page


def _board(kind: Format, suite: str, task: str, store: Path, standings: bool) -> str:
    from harness.board import suite_board, task_board
    from harness.export import rows_table, standings_table, to_csv, to_json, to_markdown
    from harness.store import find_reports

    writers = {Format.CSV: to_csv, Format.JSON: to_json, Format.MD: to_markdown}
    found = scored_suite(suite, task)
    stored, broken = find_reports(store)
    show_findings(broken)
    board = task_board(stored, suite, task) if task else suite_board(stored, found)
    return writers[kind](standings_table(board) if standings else rows_table(board))


def _write_glue(store: Path, name: str, output: Path | None) -> None:
    from harness.glue_server import glue_zip
    from harness.submission import load_submission, read_predictions
    from harness.tasks import suite as find_suite

    submission, _, point = name.partition(":")
    if not submission or not point or output is None:
        raise fail(
            "no-submission",
            "the GLUE server takes the predictions of one point, as a zip",
            expected="--submission name:point -o glue.zip",
        )
    loaded = load_submission(store / submission)
    if loaded.manifest.point(point) is None:
        raise no_such_point(submission, point, [each.name for each in loaded.manifest.points])
    answers = {}
    for task in find_suite("glue-test").tasks:
        path = loaded.predictions_file(point, task)
        if path is not None:
            answers[task.name] = read_predictions(path, task, None, loaded.manifest.sizes).answers
    if not answers:
        raise fail(
            "no-predictions",
            f"{point} of {submission} has no predictions for the test sets of GLUE",
            expected=f"predictions/{point}/glue-test/<task>.tsv",
            remedy=f"Write them: paretonlp predict {store / submission} --suite glue-test.",
        )
    content, notes = glue_zip(answers)
    _write(output, content)
    show_findings(notes)
    err.print(f"{output} written: {', '.join(answers)}", soft_wrap=True)


def _write(path: Path, content: bytes) -> None:
    from harness.atomic import write_whole

    if not path.parent.is_dir():
        raise fail("no-such-directory", f"there is no folder {path.parent}", remedy="Make it, or change --output.")
    write_whole(path, content)
