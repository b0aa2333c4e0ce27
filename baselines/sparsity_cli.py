"""The verb ``paretonlp sparsity``."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import err, out, progress, table
from harness.findings import fail
from harness.numbers import human

if TYPE_CHECKING:
    from baselines.sparsity import Part, Source, Tally

    Measured = Sequence[tuple[Source, Mapping[Part, Tally]]]

NUMBERS = ("weights", "not zero", "share", "L1 mass")


class Format(StrEnum):
    """What to write."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def sparsity(
        model: Annotated[
            Path,
            typer.Argument(
                help="A submission folder, a safetensors file, or a transformers folder.", show_default=False
            ),
        ],
        kind: Annotated[Format, typer.Option("--format", help="table, or json or csv with every part.")] = Format.TABLE,
        plot: Annotated[
            Path | None,
            typer.Option("--plot", help="HTML: the L1 mass kept against weights kept.", show_default=False),
        ] = None,
    ) -> None:
        """Report how many weights are not zero, and the sum of their magnitudes: overall, by layer, by kind of matrix.

        Of a submission's many models the table says the overall numbers alone; give one file for its layers.

        Example: `paretonlp sparsity submissions/pruned-minilm --plot pruned.html`

        Example: `paretonlp sparsity submissions/pruned-minilm/weights/omp-70/sst2.safetensors`
        """
        if plot is not None:
            _check_plot(plot)
        from baselines.sparsity import find_sources

        found = _measured(find_sources(model))
        if kind is Format.TABLE:
            _show(found)
        else:
            _write(found, kind)
        if plot is not None:
            _plot(found, plot)


def _check_plot(path: Path) -> None:
    if path.suffix != ".html":
        raise fail("bad-plot", f"{path} is no name for a plot.", expected="a file that ends in .html")
    if find_spec("plotly") is None:
        raise fail(
            "missing-extra",
            "Plots take the package plotly, which is not installed.",
            remedy="Install the extra: pip install -e '.[leaderboard]' in a checkout, else 'paretonlp[leaderboard]'.",
        )


def _measured(sources: "list[Source]") -> "Measured":
    """Each model and its tallies; a file that models share is read once."""
    from baselines.sparsity import measure

    by_files: dict[tuple[Path, ...], Mapping[Part, Tally]] = {}
    with progress() as report:
        for number, source in enumerate(sources):
            report("reading weights", number, len(sources))
            if source.files not in by_files:
                by_files[source.files] = measure(source.files)
        report("reading weights", len(sources), len(sources))
    return [(source, by_files[source.files]) for source in sources]


def _show(found: "Measured") -> None:
    rows = table("point", "dataset", *NUMBERS, numbers=NUMBERS)
    for source, tallies in found:
        rows.add_row(source.point, source.dataset, *_cells(tallies["overall", ""]))
    if len(found) > 1:
        out.print(rows)
        return
    ((_, tallies),) = found
    for by in ("overall", "layer", "kind"):
        rows = table(by, *NUMBERS, numbers=NUMBERS)
        for (of, part), weights in tallies.items():
            if of == by:
                rows.add_row(part or "all", *_cells(weights))
        out.print(rows)
        out.print()


def _cells(weights: "Tally") -> tuple[str, str, str, str]:
    return human(weights.elements), human(weights.nonzero), f"{weights.share:.2%}", human(weights.l1)


def _write(found: "Measured", kind: Format) -> None:
    from baselines.sparsity import records
    from harness.export import to_csv, to_json

    rows = [record for source, tallies in found for record in records(source, tallies)]
    sys.stdout.write(to_csv(rows) if kind is Format.CSV else to_json(rows))


def _plot(found: "Measured", path: Path) -> None:
    """Of one model, all weights and each layer's; of many, all weights of each."""
    from baselines.sparsity import draw
    from harness.atomic import new_text_file

    curves = {source.name: tallies["overall", ""] for source, tallies in found}
    if len(found) == 1:
        curves |= {part: weights for (by, part), weights in found[0][1].items() if by == "layer"}
    with new_text_file(path) as file:
        file.write(draw(curves).to_html(include_plotlyjs=True))
    err.print(f"{path} written", soft_wrap=True)
