"""Bootstrap replicates, their interval, and paired comparison (docs/quality.md).

Every submission of a task is resampled with the same rows, so replicates of two submissions are
paired and can be compared without gold. **The rows must stay secret**: with them, 1,000 replicates
give every label of a small task away by least squares. Their seed is a keyed hash of the gold,
recomputed whenever replicates are made and stored nowhere.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.findings import fail
from harness.quality.metrics import Metric
from harness.quality.resampling import Answers, Rows
from harness.report import Interval

COUNT = 1000
LEVEL = 0.95
_DOMAIN = b"paretonlp bootstrap rows, version 1"
"""Keeps the seed apart from every other hash of the gold, above all the published fingerprint."""
_MANY_ROWS = 20_000
"""From here on numpy's loops outweigh Python's, and threads pay."""


def replicates(metric: Metric, answers: Answers, gold: Answers, count: int = COUNT) -> NDArray[np.float64]:
    """Scores ``[count]`` of ``answers`` on ``count`` resamples of the rows, drawn with replacement.

    The rows depend on ``gold`` and the number of the replicate alone: not on the answers, the
    threads or the machine.

    Raises:
        ParetoNLPError: answers and gold differ in shape, or are empty.
    """
    if answers.shape != gold.shape or not len(gold):
        raise fail(
            "answers-shape",
            f"Replicates were asked for {answers.shape} answers and {gold.shape} gold values.",
            expected="one answer a sample, and at least one sample",
        )
    seed = _secret_seed(metric, gold)
    resampled = metric.resampler(answers, gold)
    scores = np.empty(count)

    def work(share: range) -> None:
        for number, rows in zip(share, _draws(seed, len(gold), share), strict=True):
            scores[number] = resampled(rows)

    workers = (os.cpu_count() or 1) if len(gold) >= _MANY_ROWS else 1
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, (range(first, count, workers) for first in range(workers))))
    return scores


def _secret_seed(metric: Metric, gold: Answers) -> int:
    """HMAC-SHA256 of gold, 256 bits. Never to be stored or shown."""
    values = gold.astype("<i8" if metric.kind == "class" else "<f8")
    return int.from_bytes(hmac.digest(_DOMAIN, values.tobytes(), hashlib.sha256))


def _draws(seed: int, size: int, numbers: range) -> Iterator[Rows]:
    """Row numbers ``[size]`` of each replicate; one array, overwritten by the next draw.

    Each 64 raw bits make two draws, ``bits * size >> 32``: rows differ in probability by less than
    ``size / 2^32`` of it. numpy keeps raw streams the same for ever (NEP 19), which it does not
    promise of ``Generator.integers``.
    """
    drawn = np.empty(size, np.uint64)
    half = (size + 1) // 2
    low, high = drawn[:half], drawn[half:]
    for number in numbers:
        raw = np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(number,))).random_raw(half)
        np.bitwise_and(raw, np.uint64(0xFFFFFFFF), out=low)
        np.right_shift(raw[: size - half], np.uint64(32), out=high)
        np.multiply(drawn, np.uint64(size), out=drawn)
        np.right_shift(drawn, np.uint64(32), out=drawn)
        yield drawn.view(np.int64)


def interval(scores: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """The percentile interval of replicates ``[count]``."""
    low, high = np.quantile(scores, [(1 - level) / 2, (1 + level) / 2])
    return Interval(low=float(low), high=float(high), level=level)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two submissions differ on the same resamples."""

    difference: float
    """Mean of first minus second, a fraction."""
    interval: Interval
    """Percentile interval of that difference; without 0 in it, the two differ."""
    probability: float
    """Share of the resamples in which the first is better; a tie counts half."""


def paired_difference(first: NDArray[np.float64], second: NDArray[np.float64], level: float = LEVEL) -> Comparison:
    """Compares replicates of two submissions on equal fingerprints; needs no gold.

    Raises:
        ParetoNLPError: the two hold different numbers of replicates.
    """
    if first.shape != second.shape:
        raise fail(
            "replicates-differ",
            f"Replicates of shape {first.shape} and {second.shape} cannot be compared.",
            expected="the same number of replicates",
            remedy="Evaluate both submissions with the same version of paretonlp.",
        )
    difference = first - second
    wins = np.count_nonzero(difference > 0) + np.count_nonzero(difference == 0) / 2
    return Comparison(float(difference.mean()), interval(difference, level), wins / len(difference))
