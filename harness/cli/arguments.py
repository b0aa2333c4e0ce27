"""Arguments that several verbs share, and how they become tasks and splits."""

from pathlib import Path
from typing import Annotated

import typer

from harness.findings import fail
from harness.tasks.choosing import tasks_of
from harness.tasks.types import Task

Folders = Annotated[
    list[Path], typer.Argument(help="Submission folders or zips, or a folder of submissions.", show_default=False)
]
SuiteName = Annotated[str, typer.Option("--suite", help="elue, glue, superglue or probe.")]
TaskNames = Annotated[str, typer.Option("--tasks", help="Only these tasks of the suite, with commas: sst2,mrpc.")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Directory of <dataset>/<split>.parquet; without it, data come from the Hub."),
]
Store = Annotated[Path, typer.Option("--store", help="The folder that holds the submissions and their reports.")]


def chosen_tasks(suite: str, names: str) -> tuple[Task, ...]:
    """The tasks of a suite that are named, with commas; all of them for ``all`` or nothing.

    Raises:
        ParetoNLPError: there is no such suite or task.
    """
    return tasks_of(suite, [] if names == "all" else [name.strip() for name in names.split(",") if name.strip()])


def submissions_in(paths: list[Path]) -> list[Path]:
    """The submissions that are meant: a folder without ``submission.yaml`` stands for the submissions in it.

    Raises:
        ParetoNLPError: a path is not there, or holds no submission.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise fail("no-submission", f"{path} is not there", expected="a submission folder or zip")
        inside = sorted(manifest.parent for manifest in path.glob("*/submission.yaml")) if path.is_dir() else []
        if path.is_file() or (path / "submission.yaml").exists() or not inside:
            found.append(path)
        else:
            found.extend(inside)
    return found
