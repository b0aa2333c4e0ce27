"""One submission to its report.

Folder, predictions, distinct paths, tapes, costs; predictions and gold, scores; both, results; the report.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.batch import Progress, results_of
from harness.findings import ParetoNLPError, from_os_error
from harness.planning import Load, plan
from harness.report import Report, SubmissionInfo
from harness.reproducing import ROWS
from harness.sandbox.levels import AUTO, Level, chosen
from harness.store import REPLICATES, merge, read_replicates, read_report, write_replicates, write_report
from harness.submission import Submission, load_submission
from harness.tasks.choosing import refuse_hidden, split_loader, tasks_of
from harness.tasks.types import Task

BATCH = 12
"""Results that one child measures before they are written: an interrupted run goes on behind the last of them."""


def evaluate(
    folder: Path | str,
    suite: str = "probe",
    tasks: Sequence[str] = (),
    *,
    data_dir: Path | str | None = None,
    limit: int | None = None,
    force: bool = False,
    sandbox: str = AUTO,
) -> Report:
    """Evaluate a submission and write ``report.json`` and ``replicates.npz`` beside it.

    Results that are there and whose inputs have not changed are kept; those of other suites and tasks always are.

    Args:
        folder: a submission folder, or a zip (then the report is returned and not written).
        suite: whose tasks.
        tasks: names of tasks of the suite; all that have predictions by default.
        data_dir: directory of ``<dataset>/<split>.parquet``; else data come from the Hub.
        limit: evaluate the first rows only. Such results are returned and not written.
        force: make results anew that are there.
        sandbox: the level of isolation of the submitted code, or ``auto``.

    Returns:
        The whole report. Scores are fractions, costs are per sample.

    Raises:
        ParetoNLPError: everything that is wrong with the folder, the predictions or the submitted code.
    """
    load = split_loader(None if data_dir is None else Path(data_dir))
    level = chosen(sandbox)
    return evaluate_tasks(Path(folder), tasks_of(suite, tasks), load, limit=limit, force=force, level=level)


def evaluate_tasks(
    folder: Path,
    tasks: Sequence[Task],
    load: Load,
    *,
    limit: int | None = None,
    force: bool = False,
    level: Level | None = None,
    rows_again: int = ROWS,
    progress: Progress = lambda _what, _done, _total: None,
) -> Report:
    """As ``evaluate``, on tasks and with a loader of splits that several submissions share.

    ``rows_again`` samples of each result are run again, where the weights are there.
    """
    refuse_hidden(tasks)
    submission = load_submission(folder)
    before = _report_before(folder)
    work = plan(submission, tasks, load, before, limit=limit)
    todo = [item for item in work if force or not item.done]
    report = _with_card(before, submission)
    written = limit is None and folder.is_dir()
    if written and not todo and report != before:
        write_report(folder, report)
    for start in range(0, len(todo), BATCH):
        results, drawn = results_of(submission, todo[start : start + BATCH], load, limit, level, rows_again, progress)
        report = merge(report, results)
        if written:
            kept = read_replicates(folder) if (folder / REPLICATES).is_file() else {}
            write_replicates(folder, {**kept, **drawn})
            write_report(folder, report)
    return read_report(folder) if written else report


def _report_before(folder: Path) -> Report | None:
    return read_report(folder) if (folder / "report.json").is_file() else None


def _with_card(before: Report | None, submission: Submission) -> Report:
    """The report so far, under the card that the folder has now."""
    manifest = submission.manifest
    card = SubmissionInfo(**manifest.model_dump(include=set(SubmissionInfo.model_fields)))
    notes = tuple(str(note) for note in submission.notes)
    return Report(
        submission=card,
        folder_sha256=submission.folder_sha256(),
        assets_bytes=sum((submission.root / name).stat().st_size for name in submission.code_and_assets),
        results=before.results if before else (),
        notes=notes,
    )


def reports(
    folders: Sequence[Path],
    tasks: Sequence[Task],
    load: Load,
    *,
    limit: int | None,
    force: bool,
    level: Level,
    progress: Progress,
) -> Iterator[tuple[Path, Report | ParetoNLPError]]:
    """Evaluate several submissions; one that fails yields its error, and the others go on."""
    for folder in folders:
        try:
            report = evaluate_tasks(folder, tasks, load, limit=limit, force=force, level=level, progress=progress)
            yield folder, report
        except ParetoNLPError as error:
            yield folder, error
        except OSError as error:
            yield folder, from_os_error(error)
