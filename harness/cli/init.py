"""``paretonlp init``: a commented folder to start from."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def init(
        name: Annotated[
            str, typer.Argument(help="Name of the submission; the folder is called so.", show_default=False)
        ],
        into: Annotated[Path, typer.Option("--into", help="Where the folder goes.")] = Path("submissions"),
    ) -> None:
        """Write a commented submission folder that validates: replace its parts by your own.

        Example: `paretonlp init my-model`
        """
        from harness.cli.console import out
        from harness.submission.template import write_template

        target = into / name
        write_template(target, name)
        out.print(f"{target} is there. Next:", soft_wrap=True)
        for step in (
            f"paretonlp validate {target}",
            f"paretonlp flops {target}                   # what it costs",
            f"train it, save its state dict under {target}/weights, name the file in submission.yaml",
            f"paretonlp predict {target} --suite probe",
            f"paretonlp evaluate {target} --suite probe",
        ):
            out.print(f"  {step}", soft_wrap=True)
