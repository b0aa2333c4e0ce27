"""What a formula is given and what it gives back.

Every number here is an ``int``, or an int64 array when many sizes are priced at once: formulas use ``+ - * //`` and
the helpers below, and never branch on a size.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np

from harness.cost.tape import Value

ARITHMETIC_DTYPES = ("float", "bfloat", "complex", "quint", "qint")
"""Beginnings of the dtypes whose arithmetic costs FLOPs; arithmetic on the others is bookkeeping."""


class Count(NamedTuple):
    """The work of one call. ``flops`` includes the two of every MAC."""

    macs: int
    flops: int


NOTHING = Count(0, 0)
"""The work of a call that does no arithmetic, told apart (by identity) from arithmetic on no elements."""


@dataclass(frozen=True, slots=True)
class Call:
    """One executed operator with the values that it read and wrote."""

    op: str
    args: tuple[Any, ...]
    """As on the tape, every reference replaced by its :class:`Value`."""
    kwargs: Mapping[str, Any]
    outputs: tuple[Value, ...]

    def argument(self, position: int, name: str, default: Any = None) -> Any:
        """An argument that may be given by position or by name."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def tensor(self, position: int, name: str) -> Value:
        """A tensor argument. Raises TypeError where there is none."""
        value = self.argument(position, name)
        if not isinstance(value, Value):
            raise TypeError(f"argument {name!r} is no tensor")
        return value

    def number(self, position: int, name: str) -> int:
        """A whole number. Raises TypeError where there is none."""
        number = self.argument(position, name)
        if isinstance(number, bool) or not isinstance(number, int | np.ndarray):
            raise TypeError(f"argument {name!r} is no whole number")
        return cast("int", number)

    def option(self, name: str, default: Any = None) -> Any:
        """An argument that is given by name only."""
        return self.kwargs.get(name, default)

    @property
    def first(self) -> Value:
        """The first argument, a tensor."""
        return self.tensor(0, "self")

    @property
    def out(self) -> Value:
        """The first output; for an operator that works in place and returns nothing, what it works on."""
        return self.outputs[0] if self.outputs else self.first

    @property
    def name(self) -> str:
        """``layer_norm`` of ``aten.layer_norm.default``."""
        return self.op.split(".")[1]

    def does_arithmetic(self) -> bool:
        """Whether a floating point, complex or quantised tensor takes part."""
        return any(
            value.dtype.startswith(ARITHMETIC_DTYPES)
            for group in (self.outputs, self.args, self.kwargs.values())
            for value in tensors(group)
        )


def tensors(arguments: Iterable[Any]) -> list[Value]:
    """The tensors among arguments, lists of tensors opened."""
    found: list[Value] = []
    for argument in arguments:
        if isinstance(argument, Value):
            found.append(argument)
        elif isinstance(argument, tuple):
            found += tensors(argument)
    return found


def products(macs: int, other: int = 0) -> Count:
    """``macs`` multiply-accumulates and ``other`` further operations."""
    return Count(macs, 2 * macs + other)


def work(flops: int) -> Count:
    """Arithmetic without multiply-accumulates."""
    return Count(0, flops)


def total(*counts: Count) -> Count:
    """The work of several steps."""
    return Count(sum(count.macs for count in counts), sum(count.flops for count in counts))


def prod(dims: Iterable[int]) -> int:
    """The product of dimensions; 1 of none."""
    result = 1
    for dim in dims:
        result = result * dim
    return result


def elements(value: Value) -> int:
    """How many numbers a tensor stores: all of them, or the stored entries of a sparse one."""
    if value.layout != "strided" and value.nnz is not None:
        return value.nnz
    return prod(value.shape)


def is_sparse(value: Value) -> bool:
    """Whether the layout is a sparse one."""
    return value.layout.startswith("sparse")


def is_complex(value: Value) -> bool:
    """Whether the numbers are complex."""
    return value.dtype.startswith("complex")


def dims(value: Value, dim: int | Sequence[int] | None) -> tuple[int, ...]:
    """Axes as non-negative numbers: negative ones counted from the end, None or an empty list meaning all."""
    rank = len(value.shape)
    if dim is None:
        return tuple(range(rank))
    axes = (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(axis % max(rank, 1) for axis in axes) or tuple(range(rank))


def size(value: Value, dim: int) -> int:
    """The size of an axis; 1 of a scalar."""
    return value.shape[dim] if value.shape else 1


def others(value: Value, axes: Iterable[int]) -> int:
    """The product of all axes but these: how many rows there are."""
    left_out = set(axes)
    return prod(size for axis, size in enumerate(value.shape) if axis not in left_out)


def larger(a: int, b: int) -> int:
    """The larger of two sizes."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    return cast("int", np.maximum(a, b))


def smaller(a: int, b: int) -> int:
    """The smaller of two sizes."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    return cast("int", np.minimum(a, b))


def positive(number: int) -> int:
    """``number``, or 0 where it is negative: nothing is saved by reducing nothing."""
    return larger(number, 0)


def greatest_divisor(a: int, b: int) -> int:
    """The greatest common divisor."""
    if isinstance(a, int) and isinstance(b, int):
        return math.gcd(a, b)
    return cast("int", np.gcd(a, b))


def log2(number: int) -> float:
    """log2 of a size, 0 where it is 0. One library function for ints and arrays, so both agree to the last bit."""
    if isinstance(number, int):
        return math.log2(max(number, 1))
    distinct, inverse = np.unique(number, return_inverse=True)
    logarithms = np.array([math.log2(max(int(size), 1)) for size in distinct])
    return cast("float", logarithms[inverse])


def whole(number: float) -> int:
    """The nearest integer, halves to even."""
    if isinstance(number, int | float):
        return round(number)
    return cast("int", np.rint(number).astype(np.int64))


def scaled(multiplier: Any, by: float = 1) -> int:
    """1 where the multiplier does something, 0 where it is ``by`` (a factor of 1, a term times 0)."""
    if isinstance(multiplier, int | float | np.ndarray):
        return 1 * (multiplier != by)
    return 0 if multiplier is None else 1
