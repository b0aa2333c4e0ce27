"""New expectations, and the changelog that says why."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from harness.atomic import write_whole
from harness.findings import Finding, ParetoNLPError
from harness.planning import Load
from harness.regression.checking import Say, compare, name_of, rerun_all
from harness.regression.drift import Drift
from harness.regression.expectation import (
    Expectation,
    ExpectedSuite,
    expectation_file,
    read_expectation,
    write_expectation,
)
from harness.regression.rerun import Rerun
from harness.regression.spread import Spread
from harness.store import read_report
from harness.tasks.types import Task

CHANGELOG = "CHANGELOG.md"
_TITLE = "# Why expectations changed\n\nWritten by `paretonlp regress --update --reason`, the latest last.\n"


def update(
    folders: Sequence[Path], suite: str, tasks: Sequence[Task], load: Load, expected: Path, say: Say
) -> tuple[list[str], list[Finding]]:
    """Expect of submissions what they are now, and renew their reports.

    Returns:
        A line for the changelog of each; and what is wrong with those that could not be evaluated or answer
        otherwise on a second run, of which nothing is written.
    """
    lines: list[str] = []
    wrong: list[Finding] = []
    for folder, outcome in zip(folders, rerun_all(folders, tasks, load, say, in_place=True), strict=True):
        if isinstance(outcome, ParetoNLPError):
            wrong += outcome.findings
        elif outcome.differing:
            wrong.append(_not_reproduced(outcome.differing))
        else:
            lines.append(_update_one(folder, suite, expected, outcome))
    return lines, wrong


def _not_reproduced(drifts: Sequence[Drift]) -> Finding:
    first = drifts[0]
    return Finding(
        "not-reproduced",
        f"{first.where}: the file says {first.old}, the model {first.new}.",
        file=first.file,
        row=first.row,
        remedy="Predict anew: paretonlp predict FOLDER --force. Then update.",
    )


def _update_one(folder: Path, suite: str, expected: Path, outcome: Rerun) -> str:
    """Write one expectation; its line for the changelog."""
    name, path = name_of(folder), expectation_file(expected, name_of(folder))
    card = read_report(folder).submission
    before = read_expectation(path) if path.exists() else Expectation(submission=name, method=card.method)
    old = before.suites.get(suite)
    now = outcome.suite.model_copy(update={"spread": old.spread if old else None})
    _write(path, before.model_copy(update={"method": card.method}), suite, now)
    if old is None:
        return f"{name}, {suite}: {len(now.results)} results expected for the first time"
    return f"{name}, {suite}: {_summary(compare(name, suite, old, outcome))}"


def _summary(drifts: Sequence[Drift]) -> str:
    """``8 of flops, 2 of score``."""
    counts = Counter(drift.what for drift in drifts if drift.what != "folder")
    return ", ".join(f"{count} of {what}" for what, count in counts.items()) or "no figure changed"


def record_spread(expected: Path, submission: str, suite: str, spread: Spread) -> str:
    """Expect of new trainings what trainings from several seeds came to; the line for the changelog."""
    path = expectation_file(expected, submission)
    before = read_expectation(path)
    _write(path, before, suite, before.suites[suite].model_copy(update={"spread": spread}))
    return f"{submission}, {suite}: spread of seeds {', '.join(map(str, spread.seeds))}"


def _write(path: Path, expectation: Expectation, suite: str, now: ExpectedSuite) -> None:
    suites = dict(sorted({**expectation.suites, suite: now}.items()))
    write_expectation(path, expectation.model_copy(update={"suites": suites}))


def append_to_changelog(expected: Path, reason: str, lines: Sequence[str], today: date) -> None:
    """Say on which day what was changed, and why."""
    path = expected / CHANGELOG
    before = path.read_text("utf-8") if path.exists() else _TITLE
    entry = f"\n## {today.isoformat()}: {' '.join(reason.split())}\n\n" + "".join(f"- {line}\n" for line in lines)
    write_whole(path, (before + entry).encode())
