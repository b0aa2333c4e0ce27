"""Tapes as plain JSON data: a skeleton for all tapes of one kind, and for each tape its numbers.

Written by the process that runs a stranger's model, read by the one that trusts nothing (``tape_reading``)::

    {"skeletons": [{"kinds": [[rank, dtype, layout, has_nnz], ...], "values": [kind, ...],
                    "inputs": {name: value}, "outputs": {name: value}, "with_values": false,
                    "leaves": [[name, value, kind, data or null], ...],
                    "ops": [...], "modules": [...],
                    "nodes": [[op, module, stage, [argument, ...], {name: argument}, [value, ...]], ...]}],
     "tapes": [[skeleton, [int, ...], [real, ...]], ...]}

An argument is null, true or false; an int for a reference to a value; ``"#"`` for the next int of the tape, ``"~"`` for
the next real; ``["t", argument, ...]`` for a tuple, ``["s", text]`` for a string, ``["y", kind, name]`` for a symbol.
Reals without a JSON form are ``"inf"``, ``"-inf"``, ``"nan"``; a complex number among data is a pair.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

from harness.cost.skeleton import INT, REAL, Skeleton, take_apart
from harness.cost.tape import Leaf, Node, Ref, Symbol, Tape
from harness.cost.tape_reading import read_tapes

Item = TypeVar("Item", bound=Hashable)


def to_json(tapes: Sequence[Tape]) -> dict[str, Any]:
    """Tapes as data for ``json.dumps``."""
    skeletons: list[Skeleton] = []
    rows = []
    for tape in tapes:
        skeleton, numbers = take_apart(tape)
        if skeleton not in skeletons:
            skeletons.append(skeleton)
        rows.append([skeletons.index(skeleton), list(numbers.ints), [_real(real) for real in numbers.reals]])
    return {"skeletons": [_skeleton(skeleton) for skeleton in skeletons], "tapes": rows}


def from_json(data: object) -> list[Tape]:
    """The tapes in data that ``json.loads`` gave; whoever wrote it is not trusted.

    Raises:
        ParetoNLPError: it is not what ``to_json`` writes, or beyond the limits of ``tape_reading``.
    """
    return read_tapes(data)


def _skeleton(skeleton: Skeleton) -> dict[str, Any]:
    kinds = _numbered(skeleton.values)
    ops = _numbered(node.op for node in skeleton.nodes)
    modules = _numbered(node.module for node in skeleton.nodes)
    return {
        "kinds": [[kind.rank, kind.dtype, kind.layout, kind.has_nnz] for kind in kinds],
        "values": [kinds[kind] for kind in skeleton.values],
        "inputs": dict(skeleton.inputs),
        "outputs": dict(skeleton.outputs),
        "with_values": skeleton.with_values,
        "leaves": [_leaf(leaf) for leaf in skeleton.leaves],
        "ops": list(ops),
        "modules": list(modules),
        "nodes": [_node(node, ops[node.op], modules[node.module]) for node in skeleton.nodes],
    }


def _node(node: Node, op: int, module: int) -> list[Any]:
    args = [_argument(arg) for arg in node.args]
    kwargs = {name: _argument(arg) for name, arg in node.kwargs.items()}
    return [op, module, node.stage, args, kwargs, list(node.outputs)]


def _argument(arg: Any) -> Any:
    if isinstance(arg, Ref):
        return arg.index
    if arg is INT or arg is REAL:
        return "#" if arg is INT else "~"
    if isinstance(arg, tuple):
        return ["t", *[_argument(item) for item in arg]]
    if isinstance(arg, str):
        return ["s", arg]
    if isinstance(arg, Symbol):
        return ["y", arg.kind, arg.name]
    return arg


def _leaf(leaf: Leaf) -> list[Any]:
    data = None if leaf.data is None else [_number(item) for item in leaf.data]
    return [leaf.name, leaf.value, leaf.kind, data]


def _number(item: complex) -> Any:
    if isinstance(item, complex):
        return [_real(item.real), _real(item.imag)]
    return _real(item) if isinstance(item, float) else item


def _real(number: float) -> float | str:
    """JSON has no word for infinity."""
    return number if math.isfinite(number) else str(number)


def _numbered(items: Iterable[Item]) -> dict[Item, int]:
    """Every distinct item with its place."""
    return {item: place for place, item in enumerate(dict.fromkeys(items))}
