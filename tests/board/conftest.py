"""Stores to make boards of."""

from collections.abc import Callable

import numpy as np
import pytest

from harness.quality.intervals import COUNT
from harness.store import Stored


@pytest.fixture
def stored(make_report) -> Callable[..., Stored]:
    """``stored(name, *results, noise=)``: with normal replicates of that deviation, or without any.

    Replicates of equal name, task and point are equal; all others are independent.
    """

    def build(name, *results, noise=None, **card):
        replicates = {}
        for result in results if noise is not None else ():
            seed = list(f"{name}/{result.replicates_key}".encode())
            draws = np.random.default_rng(seed).normal(result.score.value, noise, COUNT)
            replicates[result.replicates_key] = draws
        return Stored(make_report(name, *results, **card), replicates)

    return build
