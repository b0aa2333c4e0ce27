"""``paretonlp predict``: prediction files from ``encode`` and weights."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import AnySuiteName, DataDir, Sandbox, TaskNames, Trust, chosen_level, chosen_tasks, named


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def predict(
        folder: Annotated[
            Path, typer.Argument(help="A submission folder with model.py, encode and weights.", show_default=False)
        ],
        suite: AnySuiteName = "probe",
        tasks: TaskNames = "",
        points: Annotated[str, typer.Option("--points", help="Only these operating points, with commas.")] = "",
        data_dir: DataDir = None,
        force: Annotated[bool, typer.Option("--force", help="Write files anew that are there.")] = False,
        sandbox: Sandbox = "auto",
        trust: Trust = False,
    ) -> None:
        """Write prediction files: the model runs on the texts of the tasks, in a process that sees no labels.

        A file that is there is kept; an interrupted run goes on where it stopped.

        Example: `paretonlp predict submissions/mine --suite elue --tasks sst2,mrpc --data-dir data`
        """
        from harness.cli.console import out, progress
        from harness.predicting import predict as run
        from harness.tasks.choosing import split_loader

        chosen, load = chosen_tasks(suite, tasks), split_loader(data_dir)
        level = chosen_level(sandbox, trust)
        with progress() as report:
            for done in run(folder, chosen, load, points=named(points), force=force, level=level, progress=report):
                what = f"{done.rows:,} rows" if done.rows else "there already"
                out.print(f"{done.path}  {what}", soft_wrap=True)
