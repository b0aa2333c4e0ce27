"""Arguments that several verbs share, and how they become tasks and submissions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.findings import ParetoNLPError, did_you_mean, fail

if TYPE_CHECKING:
    from harness.sandbox.levels import Level
    from harness.store import Stored
    from harness.tasks.types import Suite, Task

Folders = Annotated[
    list[Path], typer.Argument(help="Submission folders or zips, or a folder of submissions.", show_default=False)
]
SuiteName = Annotated[str, typer.Option("--suite", help="elue, glue, superglue or probe.")]
AnySuiteName = Annotated[
    str, typer.Option("--suite", help="elue, glue, superglue, probe, or glue-test (hidden test sets).")
]
TaskNames = Annotated[str, typer.Option("--tasks", help="Only these tasks of the suite, with commas: sst2,mrpc.")]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Directory of `<dataset>/<split>.parquet`; without it, data come from the Hub.",
        show_default=False,
    ),
]
Sandbox = Annotated[
    str,
    typer.Option("--sandbox", help="Isolation of the submitted code: auto, process, hardened, isolated, container."),
]
Trust = Annotated[
    bool, typer.Option("--trust-this-code", help="Needed for --sandbox none: the code is your own.", show_default=False)
]
Store = Annotated[Path, typer.Option("--store", help="The folder that holds the submissions and their reports.")]


def chosen_tasks(suite: str, names: str) -> "tuple[Task, ...]":
    """The tasks of a suite that are named, with commas; all of them for ``all`` or nothing.

    Raises:
        ParetoNLPError: there is no such suite or task.
    """
    from harness.tasks.choosing import tasks_of

    return tasks_of(suite, [] if names == "all" else list(dict.fromkeys(named(names))))


def chosen_level(sandbox: str, trusted: bool) -> "Level":
    """The level of isolation; ``none`` only for code that is trusted.

    Raises:
        ParetoNLPError: this machine does not have it, or the code is not trusted.
    """
    from harness.sandbox.levels import Level, chosen

    if sandbox == Level.NONE and not trusted:
        raise fail(
            "code-not-trusted",
            "Without a sandbox the submitted code can do whatever you can.",
            remedy="If it is your own, say so: --sandbox none --trust-this-code.",
        )
    return chosen(sandbox)


def named(names: str) -> list[str]:
    """``sst2, mrpc`` as a list."""
    return [name.strip() for name in names.split(",") if name.strip()]


def scored_suite(name: str, task: str = "") -> "Suite":
    """The suite of that name, which has to be one that is scored, and to hold the task where one is named.

    Raises:
        ParetoNLPError: there is no such suite or task, or a server keeps the gold.
    """
    from harness.tasks import suite as find_suite
    from harness.tasks.choosing import refuse_hidden, tasks_of

    found = find_suite(name)
    refuse_hidden(tasks_of(name, [task] if task else []))
    return found


def submissions_in(paths: list[Path]) -> list[Path]:
    """The submissions that are meant: a folder without ``submission.yaml`` stands for the submissions in it."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(manifest.parent for manifest in path.glob("[!.]*/submission.yaml")) if path.is_dir() else []
        if (path / "submission.yaml").exists() or not inside:
            found.append(path)
        else:
            found.extend(inside)
    return list(dict.fromkeys(found))


def stored_under(stored: "list[Stored]", name: str) -> "Stored":
    """The report of the submission of that name.

    Raises:
        ParetoNLPError: there is none.
    """
    known = {entry.report.submission.name: entry for entry in stored}
    if name not in known:
        raise fail("no-such-submission", f"there is no report of {name!r}", remedy=did_you_mean(name, known))
    return known[name]


def no_such_point(submission: str, point: str, points: list[str]) -> ParetoNLPError:
    """The error for a point that a submission does not have."""
    return fail("no-such-point", f"{submission} has no point {point!r}", remedy=did_you_mean(point, points))
