"""``paretonlp validate``: everything that is wrong with a folder, at once."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import DataDir
from harness.findings import errors


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
        from harness.validation import validate as check

        _, findings = check(folder, data_dir)
        show_findings(findings)
        wrong = len(errors(findings))
        if wrong:
            err.print(f"{folder} has {wrong} error{'s' if wrong > 1 else ''}.", soft_wrap=True)
            raise typer.Exit(1)
        out.print(f"{folder} is in order.", soft_wrap=True)
