"""Dataset, task and suite: the declarative vocabulary (no loading, no I/O)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class HubSource:
    """Where the Hub keeps a dataset, or some of its splits."""

    id: str
    splits: Mapping[str, str] = field(hash=False)
    """The splits that it serves: our name to the Hub's, or to a slice (``train[:100]``)."""
    config: str | None = None
    revision: str | None = None
    """The commit, so that everybody reads the same rows; None where no public source shows one."""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The Hub's column name to ours, where they differ."""
    gold: "HubSource | None" = None
    """Where this source hides its gold: a second one that has it. Rows and order stay those of this
    source; the gold is joined by text."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Texts and labels at a version: what a model is trained on."""

    name: str
    description: str
    text_columns: tuple[str, ...]
    """What a model may see of a sample, in reading order: never ids, labels or file names."""
    labels: tuple[str, ...]
    """Label names, in the order of their numbers; empty for a score."""
    sources: tuple[HubSource, ...]
    """Tried in this order; the first that serves a split is asked for it."""
    official_rows: Mapping[str, int] = field(hash=False)
    """Rows of every official split whose gold is public, so that a smaller one is flagged."""
    licence: str
    citation: str
    url: str
    score_range: tuple[float, float] | None = None
    """The range of a regression score; None for classes."""
    offset_columns: tuple[str, ...] = ()
    """Those of ``text_columns`` that hold whole numbers (the place of a span); a model gets them as
    strings."""
    drops_unlabelled: bool = False
    """Whether the official splits leave out rows without gold (label -1); elsewhere such a row is
    an error."""
    generated: bool = False
    """Whether the harness generates it (``harness.tasks.probe``): no files, no network."""
    unlabelled: tuple[HubSource, ...] = ()
    """Where the splits are whose gold a server keeps: texts to predict on, and nothing to score by."""
    note: str = ""
    """What a reader of scores on this dataset should know."""

    @property
    def is_regression(self) -> bool:
        """Whether the answer is a score (one output) and not a class."""
        return not self.labels

    @property
    def num_outputs(self) -> int:
        """Width of the logits: number of classes, or 1 for a score."""
        return max(1, len(self.labels))


@dataclass(frozen=True, slots=True)
class Task:
    """A dataset's split under a suite's metric: what predictions are scored on."""

    suite: str
    name: str
    dataset: Dataset
    split: str
    metric: str
    """A name in ``harness.quality.metrics.METRICS``."""
    hidden_rows: int | None = None
    """Rows of a test set whose gold a server keeps; None where the gold is public."""

    @property
    def id(self) -> str:
        """``suite/name``, unique over all suites."""
        return f"{self.suite}/{self.name}"

    @property
    def hidden(self) -> bool:
        """Whether a server keeps the gold: predictions can be made and handed in, not scored here."""
        return self.hidden_rows is not None

    @property
    def rows(self) -> int:
        """Rows of the official split."""
        return self.dataset.official_rows[self.split] if self.hidden_rows is None else self.hidden_rows


@dataclass(frozen=True, slots=True)
class Suite:
    """An ordered list of tasks; its aggregate is the mean of its tasks' scores, shown only when all
    are there."""

    name: str
    description: str
    tasks: tuple[Task, ...]
    groups: tuple[tuple[str, ...], ...] = ()
    """Tasks that count as one in the aggregate (MNLI matched and mismatched); empty: each counts
    alone."""

    def task(self, name: str) -> Task | None:
        """The task of that name, or None."""
        return next((task for task in self.tasks if task.name == name), None)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A loaded split: texts by column, gold, and what it is."""

    dataset: Dataset
    name: str
    texts: Mapping[str, tuple[str, ...]]
    gold: NDArray[np.float64] | NDArray[np.int64]
    """Class numbers (int64) or scores (float64), one a row; empty where a server keeps them."""
    fingerprint: str
    """sha256 over texts and gold, hex. Goes into the report; never the seed of anything secret."""
    source: str = ""
    """Where the rows came from: a file, or a Hub dataset at its revision."""

    @property
    def rows(self) -> int:
        """Number of samples; the index of a sample is its row number, from 0."""
        return len(next(iter(self.texts.values())))

    def examples(self, rows: int | None = None) -> list[dict[str, str]]:
        """The texts of each sample by column, of the first ``rows`` samples: what a model may see."""
        columns = [column[:rows] for column in self.texts.values()]
        return [dict(zip(self.texts, texts, strict=True)) for texts in zip(*columns, strict=True)]

    @property
    def partial(self) -> str | None:
        """``imdb, 2,000 of 25,000`` where the split is smaller than the official one, else None."""
        official = self.dataset.official_rows.get(self.name)
        if official is None or self.rows >= official:
            return None
        return f"{self.dataset.name}, {self.rows:,} of {official:,}"
