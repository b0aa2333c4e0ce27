"""A tape taken apart into its skeleton and its numbers.

The skeleton holds everything that stays the same when a model runs on other sizes: operators, references, symbols,
constants, modules. The numbers are what may change: dimensions, stored non-zeros, integer and real arguments. Tapes
of one kind of path share a skeleton, so many of them are one skeleton and rows of numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.cost.tape import Leaf, Node, Ref, Tape, Value


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a number: an int or, where ``real``, a float."""

    real: bool


INT, REAL = Slot(real=False), Slot(real=True)


@dataclass(frozen=True, slots=True)
class ValueKind:
    """A value without its sizes."""

    rank: int
    dtype: str
    layout: str
    has_nnz: bool


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A tape without its numbers."""

    values: tuple[ValueKind, ...]
    inputs: Mapping[str, int]
    leaves: tuple[Leaf, ...]
    nodes: tuple[Node, ...]
    """With a :class:`Slot` in place of every number."""
    outputs: Mapping[str, int]
    with_values: bool


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a tape in the order in which its skeleton asks for them."""

    ints: tuple[int, ...]
    reals: tuple[float, ...]


def take_apart(tape: Tape) -> tuple[Skeleton, Numbers]:
    """A tape as skeleton and numbers; ``put_together`` is its inverse."""
    ints: list[int] = []
    reals: list[float] = []
    kinds = []
    for value in tape.values:
        ints.extend(value.shape)
        if value.nnz is not None:
            ints.append(value.nnz)
        kinds.append(ValueKind(len(value.shape), value.dtype, value.layout, value.nnz is not None))

    def emptied(arg: Any) -> Any:
        kind = type(arg)
        if kind is Ref or kind is bool or arg is None:
            return arg
        if kind is int:
            ints.append(arg)
            return INT
        if kind is tuple:
            return tuple([emptied(item) for item in arg])
        if kind is float:
            reals.append(arg)
            return REAL
        return arg

    nodes = []
    for node in tape.nodes:
        args = tuple([emptied(arg) for arg in node.args])
        kwargs = {name: emptied(node.kwargs[name]) for name in sorted(node.kwargs)}
        nodes.append(Node(node.op, args, kwargs, node.outputs, node.module, node.stage))
    skeleton = Skeleton(tuple(kinds), tape.inputs, tape.leaves, tuple(nodes), tape.outputs, tape.with_values)
    return skeleton, Numbers(tuple(ints), tuple(reals))


def put_together(skeleton: Skeleton, ints: Sequence[int], reals: Sequence[float]) -> Tape:
    """The tape of a skeleton and as many numbers as it has slots.

    A number may be an int64 array: then the tape is one of many sizes at once, to be priced but not to be run.
    """
    next_int, next_real = iter(ints), iter(reals)

    def filled(arg: Any) -> Any:
        if arg is INT:
            return next(next_int)
        if arg is REAL:
            return next(next_real)
        if type(arg) is tuple:
            return tuple([filled(item) for item in arg])
        return arg

    values = []
    for kind in skeleton.values:
        shape = tuple([next(next_int) for _ in range(kind.rank)])
        values.append(Value(shape, kind.dtype, kind.layout, next(next_int) if kind.has_nnz else None))
    nodes = []
    for node in skeleton.nodes:
        args = tuple([filled(arg) for arg in node.args])
        kwargs = {name: filled(arg) for name, arg in node.kwargs.items()}
        nodes.append(Node(node.op, args, kwargs, node.outputs, node.module, node.stage))
    return Tape(tuple(values), skeleton.inputs, skeleton.leaves, tuple(nodes), skeleton.outputs, skeleton.with_values)


def dimensions(skeleton: Skeleton) -> int:
    """How many of the ints, the first ones, are dimensions and counts of stored entries."""
    return sum(kind.rank + kind.has_nnz for kind in skeleton.values)


def slots(skeleton: Skeleton) -> tuple[int, int]:
    """How many ints and how many reals a skeleton asks for."""
    arguments = [arg for node in skeleton.nodes for arg in _flat((*node.args, *node.kwargs.values()))]
    return dimensions(skeleton) + sum(arg is INT for arg in arguments), sum(arg is REAL for arg in arguments)


def _flat(args: tuple[Any, ...]) -> Iterator[Any]:
    for arg in args:
        if type(arg) is tuple:
            yield from _flat(arg)
        else:
            yield arg
