"""From a tape to its cost: every node priced by the operator table, summed by operator, by module and by stage."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from harness.cost.operators import NOTHING, Call, Count, count, is_free
from harness.cost.tape import Node, Ref, Tape, Value
from harness.findings import fail

Key = TypeVar("Key")

MALFORMED = (ArithmeticError, AttributeError, LookupError, MemoryError, TypeError, ValueError)
"""What a formula raises on arguments that its operator never has."""


@dataclass(frozen=True, slots=True)
class Work:
    """Work of some nodes. ``flops`` includes the two of every MAC; ``calls`` counts nodes that do arithmetic."""

    macs: int = 0
    flops: int = 0
    calls: int = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(self.macs + other.macs, self.flops + other.flops, self.calls + other.calls)


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one tape."""

    macs: int
    flops: int
    by_operator: Mapping[str, Work] = field(default_factory=dict)
    """Operator without its overload (``aten.linear``) to its work; operators that did none are left out."""
    by_module: Mapping[str, Work] = field(default_factory=dict)
    """Dotted path of a module to the work that it did itself; ``roll_up`` adds that of the modules inside."""
    unpriced: Mapping[str, int] = field(default_factory=dict)
    """Operator overload without a formula to its calls: what this cost does not contain."""
    stages: tuple[Work, ...] = ()
    """Work of each stage in order; one for a static model."""
    with_values: bool = False
    """True where the control flow needed values: then this is the cost of the very inputs that were traced."""


@dataclass(frozen=True, slots=True)
class Priced:
    """One node that does arithmetic, with its work; None where no formula covers it."""

    node: Node
    count: Count | None


def price(tape: Tape) -> Cost:
    """The cost of a tape.

    Raises:
        ParetoNLPError: an operator has arguments that it can not have: no real run wrote this tape.
    """
    nodes = list(priced_nodes(tape))
    works = [(entry.node, Work(*entry.count, calls=1)) for entry in nodes if entry.count is not None]
    by_stage = summed((stage_of(node), work) for node, work in works)
    whole = sum((work for _, work in works), Work())
    return Cost(
        macs=whole.macs,
        flops=whole.flops,
        by_operator=summed((operator_of(node), work) for node, work in works),
        by_module=summed((node.module, work) for node, work in works),
        unpriced=unpriced(nodes),
        stages=tuple(by_stage.get(stage, Work()) for stage in range(number_of_stages(tape))),
        with_values=tape.with_values,
    )


def priced_nodes(tape: Tape, rows: int | None = None) -> Iterator[Priced]:
    """The nodes that do arithmetic, with their work. Where shapes hold int64 [rows], so do counts.

    Raises:
        ParetoNLPError: as ``price``.
    """
    values = tape.values
    for node in tape.nodes:
        if is_free(node.op):
            continue
        try:
            done = checked(count(resolve(node, values)), rows)
        except MALFORMED as error:
            raise malformed(node, error) from error
        if done is not NOTHING:
            yield Priced(node, done)


def checked(done: Count | None, rows: int | None) -> Count | None:
    """A count as it was given. Raises ValueError where it is negative or no number."""
    for number in done or ():
        one = isinstance(number, int) or (isinstance(number, np.ndarray) and number.shape == (rows,))
        if not one or np.any(number < 0):
            raise ValueError("its work comes to no number, or to a negative one")
    return done


def resolve(node: Node, values: tuple[Value, ...]) -> Call:
    """The node with its references replaced by what they refer to."""
    return Call(
        node.op,
        tuple([_resolved(arg, values) for arg in node.args]),
        {name: _resolved(arg, values) for name, arg in node.kwargs.items()},
        tuple([values[index] for index in node.outputs]),
    )


def _resolved(arg: Any, values: tuple[Value, ...]) -> Any:
    if isinstance(arg, Ref):
        return values[arg.index]
    if isinstance(arg, tuple):
        return tuple([_resolved(item, values) for item in arg])
    return arg


def malformed(node: Node, error: Exception) -> Exception:
    """The finding about a node that its formula can not read."""
    return fail(
        "malformed-tape",
        f"{node.op} in {node.module or 'the model'} was recorded with arguments that it can not have ({error})",
        remedy="Trace the model again; where the tape is fresh, this is a fault of the harness: please report it.",
    )


def unpriced(nodes: Iterable[Priced]) -> dict[str, int]:
    """Calls of operators without a formula."""
    calls: dict[str, int] = {}
    for entry in nodes:
        if entry.count is None:
            calls[entry.node.op] = calls.get(entry.node.op, 0) + 1
    return calls


def operator_of(node: Node) -> str:
    """``aten.linear`` of ``aten.linear.default``."""
    return node.op.rpartition(".")[0]


def stage_of(node: Node) -> int:
    """The place of a node's stage: stages are numbered from 1, a static model's nodes are of stage 0."""
    return max(node.stage - 1, 0)


def number_of_stages(tape: Tape) -> int:
    """How many stages there are; 1 of a static model."""
    return 1 + max(map(stage_of, tape.nodes), default=0)


def summed(works: Iterable[tuple[Key, Work]]) -> dict[Key, Work]:
    """The sums of works by key, in order of appearance."""
    sums: dict[Key, Work] = {}
    for key, work in works:
        sums[key] = sums.get(key, Work()) + work
    return sums


def roll_up(by_module: Mapping[str, Work]) -> dict[str, Work]:
    """The work of every module with all modules inside; that of the whole model under the empty name.

    >>> roll_up({"encoder.0": Work(1, 2, 1), "encoder.1": Work(1, 2, 1)})["encoder"]
    Work(macs=2, flops=4, calls=2)
    """
    return summed((around, work) for path, work in by_module.items() for around in paths_around(path))


def paths_around(path: str) -> list[str]:
    """The root, every module around, and the module itself: ``["", "a", "a.b"]`` of ``a.b``."""
    parts = path.split(".") if path else []
    return [".".join(parts[:end]) for end in range(len(parts) + 1)]
