"""``paretonlp tasks``: what can be scored."""

from typing import Annotated

import typer

from harness.cli.console import out, table
from harness.tasks import SUITES
from harness.tasks import suite as find_suite


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def tasks(
        suite: Annotated[str, typer.Argument(help="Only this suite: elue, glue, superglue, probe.")] = "",
    ) -> None:
        """List the suites and their tasks.

        Example: `paretonlp tasks elue`
        """
        rows = table("task", "dataset", "split", "rows", "metric", "labels", "texts", numbers=("rows",))
        for found in [find_suite(suite)] if suite else SUITES.values():
            for task in found.tasks:
                dataset = task.dataset
                low_high = dataset.score_range or (0, 0)
                labels = ", ".join(dataset.labels) or f"{low_high[0]:g} to {low_high[1]:g}"
                texts = ", ".join(dataset.text_columns)
                rows.add_row(
                    task.id,
                    dataset.name,
                    task.split,
                    f"{dataset.official_rows[task.split]:,}",
                    task.metric,
                    labels,
                    texts,
                )
        out.print(rows)
