"""Templates: the tape of every size, from a few of them.

Along one kind of path the operators are the same at every size, and each dimension and each argument is affine in
the sizes. So a few traced tapes give all others, and one pass over the formulas with arrays prices all samples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from harness.cost.affine import Form, eliminate, solve
from harness.cost.path_costs import PathCosts, price_rows
from harness.cost.paths import Ints, Paths
from harness.cost.pricing import price
from harness.cost.skeleton import Skeleton, dimensions, put_together, take_apart
from harness.cost.tape import Tape
from harness.findings import ParetoNLPError, fail

CHECKS = 3
"""Sizes drawn at random, beside those that are needed and the extremes, that a template must get right."""
LARGEST_SIZE = 1 << 53
"""A size or a number of a tape beyond this is refused: arithmetic on it might not fit int64."""


@dataclass(frozen=True, slots=True)
class Template:
    """A skeleton whose numbers are affine in the sizes. Equal to the traced tape wherever it was checked."""

    skeleton: Skeleton
    names: tuple[str, ...]
    """The sizes, in the order of the coefficients."""
    forms: tuple[Form, ...]
    """The distinct affine forms."""
    ints: tuple[int, ...]
    """For each int of the skeleton the place of its form."""
    reals: tuple[float | Form, ...]
    """For each real of the skeleton its value, or the form that gives it."""
    relations: tuple[Form, ...]
    """Forms that were 0 on all samples: sizes where one is not are of a kind that was never traced."""

    def at(self, sizes: Mapping[str, int]) -> Tape:
        """The tape at these sizes.

        Raises:
            ParetoNLPError: a size is missing, or the sizes are of another kind than those that were traced.
        """
        columns = self._columns({name: np.array([size]) for name, size in sizes.items()}, rows=1)
        return self._tape([column[0].item() for column in columns])

    def price(self, paths: Paths) -> PathCosts:
        """The costs of paths, all at once; the same as pricing the tape at the sizes of each.

        Raises:
            ParetoNLPError: as ``at``; or a cost is beyond all bounds.
        """
        columns = self._columns(paths.sizes, rows=len(paths))
        bound = price(self._tape(columns, largest=True)).flops
        return price_rows(self._tape(columns), paths, bound)

    def rows(self, paths: Paths) -> Tape:
        """The tape of all paths at once: its numbers are int64 arrays [n] where they vary. To be priced, not to be run.

        Raises:
            ParetoNLPError: as ``at``.
        """
        return self._tape(self._columns(paths.sizes, rows=len(paths)))

    def _tape(self, columns: Sequence[Any], *, largest: bool = False) -> Tape:
        """The tape at sizes that are ints, or int64 [n]; or with the largest of the n for every number of it."""
        values = [_evaluate(form, columns) for form in self.forms]
        reals = [_evaluate(real, columns) * 1.0 if isinstance(real, tuple) else real for real in self.reals]
        if largest:
            values, reals = ([_largest(number) for number in numbers] for numbers in (values, reals))
        return put_together(self.skeleton, [values[form] for form in self.ints], reals)

    def _columns(self, sizes: Mapping[str, Ints], rows: int) -> list[Ints]:
        """The sizes in order, checked: int64 [rows] each."""
        if missing := [name for name in self.names if name not in sizes]:
            raise fail("missing-size", f"the size {missing[0]!r} is missing", expected=", ".join(self.names))
        columns = [np.asarray(sizes[name], np.int64) for name in self.names]
        extent = [1, *(max(abs(int(column.max(initial=0))), abs(int(column.min(initial=0)))) for column in columns)]
        varying = [form for form in (*self.forms, *self.relations) if any(form[1:])]
        if any(sum(abs(c) * size for c, size in zip(form, extent, strict=True)) > LARGEST_SIZE for form in varying):
            raise fail("size-out-of-range", f"a size of {max(extent)} is beyond what any model takes")
        for row in range(rows if self.relations else 0):
            at = [int(column[row]) for column in columns]
            if any(_evaluate(form, at) for form in self.relations):
                raise self._untraced(at)
        for form in {self.forms[place] for place in self.ints[: dimensions(self.skeleton)]}:
            negative = np.flatnonzero(np.broadcast_to(_evaluate(form, columns), rows) < 0)
            if len(negative):
                raise self._untraced([int(column[negative[0]]) for column in columns])
        return columns

    def _untraced(self, sizes: Sequence[int]) -> ParetoNLPError:
        given = ", ".join(f"{name} {size}" for name, size in zip(self.names, sizes, strict=True))
        return fail("untraced-sizes", f"the sizes {given} are of another kind than those that were traced")


def fit(samples: Sequence[tuple[Mapping[str, int], Tape]]) -> Template | None:
    """The template of traced tapes, exact on every one of them.

    Args:
        samples: the sizes and the tape traced at them; the first must name the sizes of all. ``trace_sizes`` chooses
            which to trace.

    Returns:
        None where the tapes differ in more than affine numbers: then trace every distinct path.
    """
    names = tuple(samples[0][0])
    parts = [take_apart(tape) for _, tape in samples]
    skeleton = parts[0][0]
    if any(other != skeleton for other, _ in parts[1:]):
        return None
    sizes = [tuple(given[name] for name in names) for given, _ in samples]
    numbers = [numbers for _, numbers in parts]
    real_columns = list(zip(*(rows.reals for rows in numbers), strict=True))
    varying_reals = {column for column in real_columns if not _constant(column)}
    if not all(number.is_integer() for column in varying_reals for number in column):
        return None
    int_columns = list(zip(*(rows.ints for rows in numbers), strict=True))
    columns = list(dict.fromkeys([*int_columns, *(tuple(map(int, column)) for column in varying_reals)]))
    solution = solve(sizes, columns)
    if solution is None:
        return None
    places = {column: place for place, column in enumerate(columns)}
    template = Template(
        skeleton=skeleton,
        names=names,
        forms=solution.forms,
        ints=tuple(places[column] for column in int_columns),
        reals=tuple(
            solution.forms[places[tuple(map(int, column))]] if column in varying_reals else column[0]
            for column in real_columns
        ),
        relations=solution.relations,
    )
    return template if _prices_alike(template, samples) else None


def _prices_alike(template: Template, samples: Sequence[tuple[Mapping[str, int], Tape]]) -> bool:
    """Whether all samples at once cost what each costs: not so if a formula depends on an argument that varies."""
    sizes = {name: np.array([given[name] for given, _ in samples]) for name in template.names}
    try:
        costs = template.price(Paths(sizes, None, np.ones(len(samples), np.int64)))
    except ParetoNLPError:
        return False
    return all(price(tape).flops == flops for (_, tape), flops in zip(samples, costs.flops.tolist(), strict=True))


def trace_sizes(distinct: Sequence[Mapping[str, int]], seed: int) -> list[dict[str, int]]:
    """The sizes to trace for a template: extremes, as many as it takes to solve it, and a few at random as checks.

    Args:
        distinct: the sizes that occur, each once.
        seed: of the random ones; a submission should not know it.
    """
    rows = [tuple(sizes.values()) for sizes in distinct]
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()
    chosen: list[int] = []
    for axis in range(len(rows[0])):
        chosen += [pick(order, key=lambda row: rows[row][axis]) for pick in (min, max)]
    chosen = list(dict.fromkeys(chosen))
    for row in order:
        if _rank([rows[at] for at in chosen]) > len(rows[0]):
            break
        if row not in chosen and _rank([rows[at] for at in (*chosen, row)]) > _rank([rows[at] for at in chosen]):
            chosen.append(row)
    chosen += [row for row in order if row not in chosen][:CHECKS]
    return [dict(distinct[row]) for row in chosen]


def _rank(sizes: Sequence[Sequence[int]]) -> int:
    """How many of the samples are affinely independent."""
    return len(eliminate([[Fraction(1), *map(Fraction, row)] for row in sizes])) if sizes else 0


def _constant(column: Sequence[float]) -> bool:
    """Whether all numbers are the same, infinities and nan included."""
    return len(set(map(repr, column))) == 1


def _evaluate(form: Form, columns: Sequence[Any]) -> Any:
    """A form at sizes that are ints or arrays; an int where it does not depend on them."""
    result = form[0]
    for coefficient, column in zip(form[1:], columns, strict=True):
        if coefficient:
            result = result + coefficient * column
    return result


def _largest(number: Any) -> Any:
    """The largest of an array, as a Python number."""
    return number.max(initial=0).item() if isinstance(number, np.ndarray) else number
