"""Random draws that are the same on every machine and every version of Python.

Only ``random.Random.random`` is promised to keep its sequence across versions; ``choice``, ``shuffle``
and ``sample`` are not. So every draw here is made from it.
"""

import random
from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A stream of draws that a text (the seed) decides."""

    def __init__(self, seed: str) -> None:
        digest = sha256(seed.encode()).digest()
        self._next = random.Random(int.from_bytes(digest[:8], "big")).random  # noqa: S311 (no secret)

    def below(self, stop: int) -> int:
        """An integer from 0 to ``stop - 1``."""
        return int(self._next() * stop)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self._next() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """``count`` different options in random order (Fisher and Yates)."""
        pool = list(options)
        for i in range(count):
            j = i + self.below(len(pool) - i)
            pool[i], pool[j] = pool[j], pool[i]
        return pool[:count]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items in random order."""
        return self.some(items, len(items))
