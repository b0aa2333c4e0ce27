"""Execution paths: what decides the cost of a sample, each distinct one once."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The distinct paths of a prediction file: n of them, over all its rows."""

    sizes: Mapping[str, Ints]
    """Size name to int64 [n]."""
    exit_stage: Ints | None
    """Stages that ran, int64 [n]; None for a static model."""
    samples: Ints
    """How many samples took each path, int64 [n]."""

    def __len__(self) -> int:
        return len(self.samples)

    def distinct_sizes(self) -> list[dict[str, int]]:
        """Sizes without repetition, whatever stage they left at, in ascending order."""
        rows = np.unique(np.stack(list(self.sizes.values()), axis=1), axis=0) if self.sizes else np.empty((1, 0), int)
        return [dict(zip(self.sizes, map(int, row), strict=True)) for row in rows]


def distinct_paths(sizes: Mapping[str, Ints], exit_stage: Ints | None, rows: int) -> Paths:
    """Group the samples of a prediction file by the path that they took.

    >>> paths = distinct_paths({"num_tokens": np.array([9, 4, 9])}, None, 3)
    >>> paths.sizes["num_tokens"].tolist(), paths.samples.tolist()
    ([4, 9], [1, 2])
    """
    columns = [*sizes.values(), *([exit_stage] if exit_stage is not None else [])]
    if not columns:
        return Paths({}, None, np.array([rows], np.int64))
    distinct, samples = np.unique(np.stack(columns, axis=1), axis=0, return_counts=True)
    by_name = {name: distinct[:, column] for column, name in enumerate(sizes)}
    return Paths(by_name, distinct[:, -1] if exit_stage is not None else None, samples.astype(np.int64))
