"""Metrics on resampled rows, in numpy: what a bootstrap needs a thousand times over.

A *resampler* is made once for a pair (answers, gold) and then scores any draw of row numbers. It
gives what the function of ``harness.quality.metrics`` gives on ``answers[rows], gold[rows]``,
without its set-up cost each time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Answers: TypeAlias = NDArray[np.float64] | NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int64]
Resampler: TypeAlias = Callable[[Rows], float]

_FEW_CELLS = 16
"""Up to so many cells, one comparison per cell is faster than ``bincount``."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts ``[gold, answer]`` over ``labels`` (sorted, all that occur in either)."""

    labels: NDArray[np.int64]
    counts: NDArray[np.int64]


def class_resampler(
    score: Callable[[Confusion], float],
) -> Callable[[Answers, Answers], Resampler]:
    """The resampler of a metric that is a function of the confusion counts."""

    def prepare(answers: Answers, gold: Answers) -> Resampler:
        labels, codes = np.unique(np.concatenate([gold, answers]), return_inverse=True)
        size, rows = len(labels), len(gold)
        cells = codes[:rows] * size + codes[rows:]
        if size * size <= _FEW_CELLS:
            cells = cells.astype(np.uint8)

        def resampled(drawn: Rows) -> float:
            counts = _count(cells.take(drawn), size * size)
            return score(Confusion(labels, counts.reshape(size, size)))

        return resampled

    return prepare


def _count(cells: NDArray[Any], size: int) -> NDArray[np.int64]:
    if size > _FEW_CELLS:
        return np.bincount(cells, minlength=size)
    return np.array([np.count_nonzero(cells == cell) for cell in range(size)], np.int64)


def accuracy_resampler(answers: Answers, gold: Answers) -> Resampler:
    """Share of equal answers; needs no confusion counts, so it has a faster way of its own."""
    correct = answers == gold
    return lambda drawn: np.count_nonzero(correct.take(drawn)) / len(drawn)


def accuracy_of(confusion: Confusion) -> float:
    """Share of the samples on the diagonal."""
    return float(np.trace(confusion.counts) / confusion.counts.sum())


def f1_of(confusion: Confusion, positive: int = 1) -> float:
    """F1 of one class; 0 where it occurs neither in gold nor in the answers."""
    at = np.flatnonzero(confusion.labels == positive)
    return float(_f1_by_class(confusion)[at[0]]) if len(at) else 0.0


def macro_f1_of(confusion: Confusion) -> float:
    """Mean F1 over the classes that occur in gold or answers."""
    occurs = confusion.counts.sum(axis=0) + confusion.counts.sum(axis=1) > 0
    return float(_f1_by_class(confusion)[occurs].mean())


def _f1_by_class(confusion: Confusion) -> NDArray[np.float64]:
    """F1 = 2 TP / (2 TP + FP + FN); the denominator is the class's gold plus its answers."""
    either = confusion.counts.sum(axis=0) + confusion.counts.sum(axis=1)
    hits: NDArray[np.int64] = confusion.counts.diagonal()
    return np.asarray(2.0 * hits / np.maximum(either, 1), np.float64)


def matthews_of(confusion: Confusion) -> float:
    """Matthews' correlation, any number of classes (Gorodkin 2004); 0 where one is constant."""
    counts = confusion.counts.astype(np.float64)
    total, gold, answers = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    spread = (total**2 - gold @ gold) * (total**2 - answers @ answers)
    if spread == 0:
        return 0.0
    return float((np.trace(counts) * total - gold @ answers) / np.sqrt(spread))


def pearson_resampler(answers: Answers, gold: Answers) -> Resampler:
    """Pearson's correlation; 0 where one side of the draw is constant."""
    x, y = unit_scaled(answers), unit_scaled(gold)
    return lambda drawn: correlation(x.take(drawn), y.take(drawn))


def spearman_resampler(answers: Answers, gold: Answers) -> Resampler:
    """Spearman's correlation, ties at their mean rank; 0 where one side of the draw is constant."""
    x, y = _codes(answers), _codes(gold)
    return lambda drawn: correlation(_midranks(x.take(drawn)), _midranks(y.take(drawn)))


def mean_resampler(
    *prepares: Callable[[Answers, Answers], Resampler],
) -> Callable[[Answers, Answers], Resampler]:
    """The resampler of a metric that is the mean of others."""

    def prepare(answers: Answers, gold: Answers) -> Resampler:
        resamplers = [prepare(answers, gold) for prepare in prepares]
        return lambda drawn: sum(each(drawn) for each in resamplers) / len(resamplers)

    return prepare


def unit_scaled(values: Answers) -> NDArray[np.float64]:
    """Values over the largest magnitude: squares neither overflow nor vanish in a correlation."""
    values = np.asarray(values, np.float64)
    largest = float(np.abs(values).max(initial=0.0))
    return values / largest if largest > 0 else values


def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Pearson's correlation of two vectors of magnitude about 1; 0 where one is constant.

    Sums run in numpy's own order, not BLAS's, so that no number of threads changes the figure.
    """
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    x, y = unit_scaled(x - x.mean()), unit_scaled(y - y.mean())
    ratio = (x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum())
    return float(np.clip(ratio, -1.0, 1.0))


def _codes(values: Answers) -> NDArray[np.int64]:
    """The place of each value among the distinct ones, in order: ranks need no more than this."""
    return np.unique(values, return_inverse=True)[1]


def _midranks(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """1-based ranks of a draw, ties sharing their mean."""
    counts = np.bincount(codes)
    return (np.cumsum(counts) - (counts - 1) / 2).take(codes)
