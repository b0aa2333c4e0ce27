"""The verb ``paretonlp regress``: are the committed baselines still what they were?"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import DataDir, Store, SuiteName, chosen_tasks, submissions_in
from harness.cli.console import err, out, show_findings, table
from harness.findings import fail

if TYPE_CHECKING:
    from harness.regression import Outcome
    from harness.tasks.types import Task

EXPECTED = Path("baselines/expected")


class Format(StrEnum):
    """How drifts are told."""

    TABLE = "table"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def regress(
        folders: Annotated[
            list[Path] | None,
            typer.Argument(help="Submissions; by default all of the store of which something is expected."),
        ] = None,
        suite: SuiteName = "probe",
        data_dir: DataDir = None,
        form: Annotated[Format, typer.Option("--format", help="Of the drifts, on standard output.")] = Format.TABLE,
        retrain: Annotated[
            bool, typer.Option("--retrain", help="Train from seed 0 and compare curves with the spread of three seeds.")
        ] = False,
        renew: Annotated[bool, typer.Option("--update", help="Expect from now on what is there now.")] = False,
        reason: Annotated[str, typer.Option("--reason", help="Why, for the changelog; --update needs it.")] = "",
        store: Store = Path("submissions"),
        expected: Annotated[Path, typer.Option("--expected", help="The folder of expectations.")] = EXPECTED,
        cache_dir: Annotated[
            Path, typer.Option(envvar="PARETONLP_CACHE", help="Where trainings are kept while they last.")
        ] = Path(".cache/paretonlp"),
    ) -> None:
        """Evaluate baselines anew and compare with what is expected of them; exit code 1 where something drifted.

        Costs and sizes are compared exactly, scores exactly where the predictions are the same and within the paired
        interval where they are not, provenance and frontier too; and models whose weights are there are run again.
        Nothing is written without --update.

        Example: `paretonlp regress submissions/dense-probe --format github`
        """
        if renew and not reason.strip():
            raise fail("no-reason", "An expectation changes for a reason.", remedy='Say it: --reason "..."')
        tasks = chosen_tasks(suite, "")
        chosen = submissions_in(folders or []) or _expected_folders(store, expected, suite)
        if renew:
            if retrain:
                _update_spreads(chosen, tasks, expected, reason, cache_dir)
            else:
                _update(chosen, tasks, data_dir, expected, reason)
            return
        outcome = _retrain(chosen, tasks, expected, cache_dir) if retrain else _check(chosen, tasks, data_dir, expected)
        _show(outcome, form)
        if outcome.fails:
            raise typer.Exit(1)


def _say(line: str) -> None:
    err.print(line, soft_wrap=True)


def _expected_folders(store: Path, expected: Path, suite: str) -> list[Path]:
    """The submissions of which something is expected on a suite."""
    from harness.regression import read_expectations

    found = [store / name for name in read_expectations(expected, suite)]
    if not found:
        raise fail(
            "no-expectation",
            f"{expected} holds no expectation on {suite}.",
            remedy=f'Record one: paretonlp regress FOLDER --suite {suite} --update --reason "..."',
        )
    return found


def _check(folders: Sequence[Path], tasks: "Sequence[Task]", data_dir: Path | None, expected: Path) -> "Outcome":
    from harness.regression import check
    from harness.tasks.choosing import split_loader

    return check(folders, tasks[0].suite, tasks, split_loader(data_dir), expected, _say)


def _update(
    folders: Sequence[Path], tasks: "Sequence[Task]", data_dir: Path | None, expected: Path, reason: str
) -> None:
    """Write expectations anew."""
    from harness.regression import update
    from harness.tasks.choosing import split_loader

    lines, wrong = update(folders, tasks[0].suite, tasks, split_loader(data_dir), expected, _say)
    _record(lines, reason, expected)
    if wrong:
        show_findings(wrong)
        raise typer.Exit(1)


def _update_spreads(folders: Sequence[Path], tasks: "Sequence[Task]", expected: Path, reason: str, cache: Path) -> None:
    """Train each submission from other seeds; of what is expected, the spread alone is written anew."""
    from baselines.retraining import forget, seed_curves, spread_tasks
    from harness.regression import name_of, record_spread, spread_of

    suite = tasks[0].suite
    chosen = [(folder, spread_tasks(_own(folder, tasks, expected))) for folder in folders]  # before hours of training
    spreads = [(name_of(folder), spread_of(seed_curves(folder, ends, cache, _say))) for folder, ends in chosen]
    lines = [record_spread(expected, name, suite, spread) for name, spread in spreads]  # once all are trained
    forget(cache)
    _record(lines, reason, expected)


def _record(lines: Sequence[str], reason: str, expected: Path) -> None:
    from harness.regression import append_to_changelog

    if lines:
        append_to_changelog(expected, reason, lines, datetime.now(UTC).date())
    for line in lines:
        out.print(line, soft_wrap=True)


def _own(folder: Path, tasks: "Sequence[Task]", expected: Path) -> "list[Task]":
    """The tasks that something is expected on.

    Raises:
        ParetoNLPError: there is none.
    """
    from harness.regression import name_of, nothing_expected, read_expectations

    suite = tasks[0].suite
    known = read_expectations(expected, suite).get(name_of(folder))
    if known is None:
        raise nothing_expected(folder, suite, expected)
    names = {result.task for result in known.suites[suite].results}
    return [task for task in tasks if task.name in names]


def _retrain(folders: Sequence[Path], tasks: "Sequence[Task]", expected: Path, cache: Path) -> "Outcome":
    """Train each submission from the seed of what is published; what lies outside the spread of the seeds."""
    from baselines.retraining import SEED, forget, train_anew
    from harness.regression import Checked, Outcome, compare_curves, expected_spread, name_of

    suite = tasks[0].suite
    spreads = [expected_spread(expected, suite, folder) for folder in folders]  # before hours of training
    drifts, checked = [], []
    for folder, spread in zip(folders, spreads, strict=True):
        name = name_of(folder)
        curve = train_anew(folder, [task for task in tasks if task.name in spread.scores], SEED, cache, _say)
        drifts += compare_curves(name, suite, spread, curve)
        checked += [
            Checked(name, folder.as_posix(), point, f"{suite}/{task}") for task in curve for point in curve[task]
        ]
    forget(cache)
    return Outcome(tuple(drifts), tuple(checked))


def _show(outcome: "Outcome", form: Format) -> None:
    from harness.regression import FORMATS

    failing = sum(drift.fails for drift in outcome.drifts)
    if form is not Format.TABLE:
        typer.echo(FORMATS[form](outcome.drifts, outcome.checked), nl=False)
    else:
        _show_table(outcome)
    results = sum(bool(each.task) for each in outcome.checked)
    err.print(f"{results} results checked, {failing} drifted" if failing else f"{results} results checked: as expected")


def _show_table(outcome: "Outcome") -> None:
    """The drifts, a row each; results whose weights came or went, a line a submission."""
    from harness.regression import shown

    told = [drift for drift in outcome.drifts if drift.what != "weights"]
    if told:
        rows = table("", "where", "what", "old", "new", "allowed", "likely cause")
        for drift in told:
            place = f" ({drift.file}{'' if drift.row is None else f':{drift.row}'})" if drift.file else ""
            cells = drift.where, drift.what + place, shown(drift.old), shown(drift.new), drift.allowed, drift.cause
            rows.add_row("✗" if drift.fails else "·", *cells)
        out.print(rows)
        out.print("✗ drifted   · within what is allowed")
    of_weights = Counter(
        (drift.submission, shown(drift.new), drift.cause) for drift in outcome.drifts if drift.what == "weights"
    )
    for (submission, state, cause), count in of_weights.items():
        err.print(f"{submission}: weights of {count} results are {state}, so {cause}", soft_wrap=True)
