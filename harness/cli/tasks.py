"""``paretonlp tasks``: what can be scored, or predicted for a server."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from harness.cli.console import out, table

if TYPE_CHECKING:
    from harness.tasks.types import Dataset, Suite


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def tasks(
        suite: Annotated[
            str,
            typer.Argument(help="Only this one, and what its datasets hold: elue, glue, ...", show_default=False),
        ] = "",
    ) -> None:
        """List the suites and their tasks.

        Example: `paretonlp tasks elue`
        """
        from harness.tasks import SUITES
        from harness.tasks import suite as find_suite

        if not suite:
            for each in SUITES.values():
                _show(each)
            return
        found = find_suite(suite)
        _show(found)
        out.print()
        _show_datasets(list(dict.fromkeys(task.dataset for task in found.tasks)))


def _show(suite: "Suite") -> None:
    out.print(Text(f"\n{suite.name}", style="bold"), f"{suite.description}.", soft_wrap=True)
    rows = table("task", "dataset", "split", "rows", "metric", numbers=("rows",))
    for task in suite.tasks:
        rows.add_row(task.id, task.dataset.name, task.split, f"{task.rows:,}", task.metric)
    out.print(rows)


def _show_datasets(datasets: "list[Dataset]") -> None:
    rows = table("dataset", "texts", "answers")
    for dataset in datasets:
        low, high = dataset.score_range or (0, 0)
        answers = ", ".join(f"{number} {name}" for number, name in enumerate(dataset.labels))
        rows.add_row(dataset.name, ", ".join(dataset.text_columns), answers or f"a score from {low:g} to {high:g}")
    out.print(rows)
