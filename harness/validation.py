"""Everything that is wrong with a submission, its predictions included. Nothing of it is run."""

from pathlib import Path

from harness.findings import Finding, ParetoNLPError
from harness.submission import Submission, inspect_submission, read_predictions
from harness.tasks import SUITES
from harness.tasks.choosing import split_loader
from harness.tasks.types import Task


def validate(folder: Path, data_dir: Path | None = None) -> tuple[Submission | None, tuple[Finding, ...]]:
    """A submission folder or zip and its findings; no submission where its form alone is beyond reading.

    The number of rows is checked against the data in ``data_dir``; without it, against that of the embedded suite and
    of hidden test sets only.
    """
    submission, findings = inspect_submission(folder)
    if submission is not None:
        findings = (*findings, *_prediction_findings(submission, data_dir))
    return submission, tuple(findings)


def _prediction_findings(submission: Submission, data_dir: Path | None) -> list[Finding]:
    load = split_loader(data_dir)

    def rows(task: Task) -> int | None:
        if task.hidden:
            return task.rows
        return load(task).rows if data_dir is not None or task.dataset.generated else None

    findings: list[Finding] = []
    for point in submission.manifest.points:
        for task in (task for suite in SUITES.values() for task in suite.tasks):
            path = submission.predictions_file(point.name, task)
            if path is None:
                continue
            try:
                findings += read_predictions(path, task, rows(task), submission.manifest.sizes).notes
            except ParetoNLPError as error:
                findings += error.findings
    return findings
