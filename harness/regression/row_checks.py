"""Short digests that tell which rows of a table changed, without keeping the table.

The rows are laid out as a square, and every line and every column of the square has a digest, as in a product
code. One row that changed changes its line and its column, and stands where they cross. Several that changed
are among the crossings.
"""

import hashlib
import math
from collections.abc import Sequence

DIGITS = 4
"""Hexadecimal digits of each digest: a change goes unseen once in 65,536 times (and never by the file's sha256)."""


def row_checks(rows: Sequence[str]) -> tuple[str, str]:
    """Digests of the lines and of the columns of the square, one after another.

    >>> row_checks(["a", "b", "c"]) == row_checks(["a", "b", "c"])
    True
    """
    side = _side(len(rows))
    lines = (rows[start : start + side] for start in range(0, len(rows), side))
    columns = (rows[start::side] for start in range(side))
    return "".join(map(_digest, lines)), "".join(map(_digest, columns))


def suspects(old: tuple[str, str], new: tuple[str, str], rows: int) -> list[int]:
    """The rows that may have changed, from 0: every one that has, and no other where one alone has."""
    side = _side(rows)
    lines, columns = (_differing(*pair) for pair in zip(old, new, strict=True))
    return [row for line in lines for column in columns if (row := line * side + column) < rows]


def _side(rows: int) -> int:
    return max(1, math.isqrt(max(rows - 1, 0)) + 1)


def _digest(rows: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:DIGITS]


def _differing(old: str, new: str) -> list[int]:
    starts = range(0, max(len(old), len(new)), DIGITS)
    return [n for n, at in enumerate(starts) if old[at : at + DIGITS] != new[at : at + DIGITS]]
