"""A submission evaluated anew, in a copy."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.atomic import write_whole
from harness.evaluation import evaluate_tasks
from harness.findings import ParetoNLPError
from harness.planning import Load
from harness.regression.drift import Drift
from harness.regression.expectation import ExpectedSuite, expected_suite
from harness.regression.second_run import run_again, unlike
from harness.report import Result
from harness.reproducing import ROWS
from harness.store import REPLICATES, REPORT, Replicates, read_replicates, read_report
from harness.submission import Predictions, Submission, load_submission, read_predictions
from harness.tasks.types import Split, Task

FEW_ROWS = 20
"""Samples on which the graph is run again where nothing is written: the second run looks at more."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a submission is now."""

    suite: ExpectedSuite
    replicates: Replicates
    replicates_before: Replicates
    """Those that lay beside the report, of results that are in it."""
    scores_before: Mapping[str, float]
    """By key of the replicates, the score that they belong to."""
    differing: tuple[Drift, ...]
    """Answers that a second run gave otherwise."""
    run_again: int
    """Prediction files of which rows were run again."""

    def replicates_of(self, expected: ExpectedSuite, suite: str) -> Replicates:
        """The replicates of the expected scores: those of a report that says the same scores."""
        scores = {f"{each.point}/{suite}/{each.task}": each.score for each in expected.results}
        return {
            key: drawn
            for key, drawn in self.replicates_before.items()
            if key in scores and self.scores_before.get(key) == scores[key]
        }


def rerun(folder: Path, tasks: Sequence[Task], load: Load, *, in_place: bool = False) -> Rerun:
    """Evaluate a submission anew, and run its models again where their weights are there.

    Args:
        folder: the submission; not written to unless ``in_place``.
        tasks: of one suite.
        load: gives a task's split.
        in_place: put report and replicates into the folder, unless a second run answers otherwise.

    Raises:
        ParetoNLPError: everything that is wrong with the folder, the predictions or the submitted code.
    """
    kept, scores = _before(folder)
    with TemporaryDirectory(prefix="paretonlp-") as scratch:
        copy = Path(scratch) / folder.resolve().name
        shutil.copytree(folder, copy, symlinks=True)
        report = evaluate_tasks(copy, tasks, load, force=True, rows_again=ROWS if in_place else FEW_ROWS)
        submission = load_submission(copy)
        by_id = {task.id: task for task in tasks}
        results = [result for result in report.results if result.task_id in by_id]
        given = {
            each.replicates_key: _given(submission, each, by_id[each.task_id], load(by_id[each.task_id]))
            for each in results
        }
        runs = list(run_again(copy, submission, tasks, load))
        differing = tuple(drift for run in runs for drift in unlike(submission, run, given[run.key]))
        if in_place and not differing:
            for name in (REPLICATES, REPORT):
                write_whole(folder / name, (copy / name).read_bytes())
        suite = expected_suite(submission, results, given)
        return Rerun(suite, read_replicates(copy), kept, scores, differing, len(runs))


def _before(folder: Path) -> tuple[Replicates, dict[str, float]]:
    """The replicates that lie beside the report, and the scores of the report; none where either is broken."""
    try:
        report = read_report(folder)
        kept = read_replicates(folder) if (folder / REPLICATES).is_file() else {}
    except ParetoNLPError:
        return {}, {}
    return kept, {result.replicates_key: result.score.value for result in report.results}


def _given(submission: Submission, result: Result, task: Task, split: Split) -> Predictions:
    path = submission.predictions_file(result.point, task)
    if path is None:
        raise FileNotFoundError(f"predictions/{result.point}/{task.id}")
    return read_predictions(path, task, split.rows, submission.manifest.sizes)
