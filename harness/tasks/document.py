"""Write docs/tasks.md from the declarations: ``python -m harness.tasks.document >
docs/tasks.md``."""

from collections.abc import Iterable

from harness.tasks import DATASETS, SUITES
from harness.tasks.types import Dataset, HubSource, Suite

INTRODUCTION = """\
# Suites, tasks and datasets

Written by `python -m harness.tasks.document`: change the declarations in `harness/tasks`, not this
page.

A **dataset** is texts and labels at a version: what a model is trained on. A **task** is a split of
it under a metric: what predictions are scored on. A **suite** is an ordered list of tasks; its
aggregate is the mean of their scores and is shown only where all are there.

The `index` of a sample in a prediction file is its row number in the split, from 0.

## Where rows come from

1. `--data-dir DIR`: the file `DIR/<dataset>/<split>.parquet`, with the columns named below and
   `label` (class numbers or names, or a score). Other columns are not read.
2. Else the Hub, at the commit given below, so that everybody has the same rows in the same order.
3. The `probe` datasets are generated and need neither.

Of the test sets of `glue-test`, whose gold a server keeps, the texts alone are read, and no label even
where a file holds one: `paretonlp predict` writes predictions on them, `paretonlp export --format glue`
makes what the server takes, and nothing here scores them.

A split with fewer rows than the official one is read all the same and says so: `imdb, 2,000 of
25,000`. Its fingerprint (sha256 over texts and gold) tells results on different rows apart. The
columns hold what a model may see and nothing else: never an id, a label or a file name. Places in a
text are whole numbers, handed over as strings.
"""


def document() -> str:
    """The page, as Markdown."""
    parts = [INTRODUCTION, "## Suites\n"]
    parts += [_suite(suite) for suite in SUITES.values()]
    parts += ["## Datasets\n"]
    parts += [_dataset(dataset) for dataset in DATASETS.values()]
    return "\n".join(parts)


def _suite(suite: Suite) -> str:
    rows = (
        (
            f"`{task.id}`",
            f"[{task.dataset.name}](#{task.dataset.name})",
            task.split,
            f"{task.rows:,}",
            task.metric,
        )
        for task in suite.tasks
    )
    groups = "".join(
        f"\nCounted as one task in the aggregate (their mean): {', '.join(group)}.\n" for group in suite.groups
    )
    return (
        f"### {suite.name}\n\n{suite.description}.\n\n"
        + _table(("task", "dataset", "split", "rows", "metric"), rows)
        + groups
    )


def _dataset(dataset: Dataset) -> str:
    label = ", ".join(f"{number} {name}" for number, name in enumerate(dataset.labels))
    if dataset.score_range is not None:
        label = "a score from {:g} to {:g}".format(*dataset.score_range)
    facts = [
        ("columns", ", ".join(f"`{name}`" for name in dataset.text_columns)),
        ("label", label),
        ("rows", ", ".join(f"{split} {rows:,}" for split, rows in dataset.official_rows.items())),
        *(("Hub", _source(source)) for source in dataset.sources),
        *(("Hub, texts alone", _source(source)) for source in dataset.unlabelled),
        ("licence", dataset.licence),
        ("citation", dataset.citation),
        ("home", dataset.url),
    ]
    note = f"\n{dataset.note}\n" if dataset.note else ""
    return f"### {dataset.name}\n\n{dataset.description}\n{note}\n" + _table(("", ""), facts)


def _source(source: HubSource) -> str:
    config = f", config `{source.config}`" if source.config else ""
    splits = ", ".join(ours if ours == theirs else f"{ours} = `{theirs}`" for ours, theirs in source.splits.items())
    note = f" ({source.note})" if source.note else ""
    gold = f"; gold, joined by text, from {_source(source.gold)}" if source.gold else ""
    return f"`{source.id}` at `{source.revision or 'no commit known'}`{config}: {splits}{note}{gold}"


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [header, ("---",) * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(document(), end="")
