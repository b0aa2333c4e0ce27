"""``paretonlp validate``: everything that is wrong with a folder, at once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.arguments import DataDir
from harness.findings import Finding, ParetoNLPError, errors

if TYPE_CHECKING:
    from harness.submission import Submission
    from harness.tasks.types import Task


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def validate(
        folder: Annotated[Path, typer.Argument(help="A submission folder or zip.", show_default=False)],
        data_dir: DataDir = None,
    ) -> None:
        """Check a submission folder or zip, its predictions included. Nothing of it is run.

        With `--data-dir` the number of rows is checked against the data; without it, that of the embedded suite and
        of hidden test sets only.

        Example: `paretonlp validate submissions/dense-probe`
        """
        from harness.cli.console import err, out, show_findings
        from harness.submission import inspect_submission

        submission, findings = inspect_submission(folder)
        if submission is not None:
            findings = (*findings, *_prediction_findings(submission, data_dir))
        show_findings(findings)
        wrong = len(errors(findings))
        if wrong:
            err.print(f"{folder} has {wrong} error{'s' if wrong > 1 else ''}.", soft_wrap=True)
            raise typer.Exit(1)
        out.print(f"{folder} is in order.", soft_wrap=True)


def _prediction_findings(submission: "Submission", data_dir: Path | None) -> list[Finding]:
    from harness.submission import read_predictions
    from harness.tasks import SUITES
    from harness.tasks.choosing import split_loader

    load = split_loader(data_dir)

    def rows(task: "Task") -> int | None:
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
