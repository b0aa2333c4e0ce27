"""Exact affine functions of sizes: found by elimination over the rationals, kept where they are whole."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

Form: TypeAlias = tuple[int, ...]
"""``(a, b, c)`` is ``a + b * first size + c * second size``."""


class Solution(NamedTuple):
    """What a system of samples tells."""

    forms: tuple[Form, ...]
    """The form of every column that was asked for."""
    relations: tuple[Form, ...]
    """Forms that are 0 on all samples: the forms are known only where these hold."""


def solve(sizes: Sequence[Sequence[int]], columns: Sequence[Sequence[int]]) -> Solution | None:
    """The affine forms that give ``columns[j][i]`` at ``sizes[i]``, for every sample i.

    Returns None where some column is no affine function of the sizes, or one with fractions.

    >>> solve([(4,), (9,), (6,)], [(8, 18, 12), (5, 10, 7)])
    Solution(forms=((0, 2), (1, 1)), relations=())
    """
    width = 1 + len(sizes[0])
    rows = [
        [Fraction(1), *map(Fraction, size), *(Fraction(column[at]) for column in columns)]
        for at, size in enumerate(sizes)
    ]
    pivots = eliminate(rows)
    if any(pivot >= width for pivot in pivots):
        return None
    forms = []
    for column in range(width, width + len(columns)):
        form = [Fraction(0)] * width
        for row, pivot in enumerate(pivots):
            form[pivot] = rows[row][column]
        if any(number.denominator != 1 for number in form):
            return None
        forms.append(tuple(map(int, form)))
    relations = tuple(relation(rows, pivots, column, width) for column in range(width) if column not in pivots)
    return Solution(tuple(forms), relations)


def eliminate(rows: list[list[Fraction]]) -> list[int]:
    """Bring rows to reduced echelon form in place; the pivot column of every row that is not 0."""
    pivots: list[int] = []
    for column in range(len(rows[0])):
        at = len(pivots)
        found = next((row for row in range(at, len(rows)) if rows[row][column]), None)
        if found is None:
            continue
        rows[at], rows[found] = rows[found], rows[at]
        head = rows[at][column]
        rows[at] = [number / head for number in rows[at]]
        for other, row in enumerate(rows):
            if other != at and (factor := row[column]):
                rows[other] = [number - factor * lead for number, lead in zip(row, rows[at], strict=True)]
        pivots.append(column)
    return pivots


def relation(rows: Sequence[Sequence[Fraction]], pivots: Sequence[int], column: int, width: int) -> Form:
    """A size that the samples tie to the others, as a form that is 0 on all of them."""
    form = [Fraction(0)] * width
    form[column] = Fraction(-1)
    for row, pivot in enumerate(pivots):
        form[pivot] = rows[row][column]
    scale = 1
    for number in form:
        scale *= number.denominator
    return tuple(int(number * scale) for number in form)
