"""The tape: what one traced forward executed. Plain data: no torch here, so the parent can price it.

A tape is a graph in execution order. Values are numbered; a node reads values and writes new ones. Operators carry
torch's own overload names and argument order (``aten.addmm.default``), so a tape can be priced *and* run again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Value:
    """What is known of a tensor. ``shape`` holds ints, or int64 arrays when many sizes are priced at once."""

    shape: tuple[int, ...]
    dtype: str
    """torch's name without the prefix: ``float32``, ``int64``, ``bool``."""
    layout: str = "strided"
    """``strided``, ``sparse_csr``, ``sparse_coo`` ..."""
    nnz: int | None = None
    """Stored entries of a sparse tensor."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to a value of the tape, inside a node's arguments."""

    index: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A torch constant that is no number: ``Symbol("dtype", "float32")``, ``Symbol("layout", "strided")``."""

    kind: str
    name: str


Arg: TypeAlias = "Ref | Symbol | int | float | bool | str | tuple[Arg, ...] | None"


@dataclass(frozen=True, slots=True)
class Node:
    """One executed operator."""

    op: str
    """``namespace.name.overload``: ``aten.linear.default``."""
    args: tuple[Arg, ...]
    kwargs: Mapping[str, Arg]
    outputs: tuple[int, ...]
    """Indices of the values written."""
    module: str
    """Dotted path of the innermost module that was running; empty for the root."""
    stage: int = 0
    """Which stage of a dynamic model ran it; 0 for a static one."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that no node wrote: a parameter, a buffer, or a constant made at build time."""

    name: str
    """Name in the state dict; empty for a tensor that is not registered in the module."""
    value: int
    kind: str
    """``parameter``, ``buffer`` or ``constant``."""
    data: tuple[complex | bool, ...] | None = None
    """The values, row-major, of a small constant that no state dict would bring; None otherwise."""


@dataclass(frozen=True, slots=True)
class Tape:
    """A traced forward: a graph that can be priced, and run again."""

    values: tuple[Value, ...]
    inputs: Mapping[str, int]
    """Name of the input to its value."""
    leaves: tuple[Leaf, ...]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, int] = field(default_factory=dict)
    """``logits`` (and ``exit`` of a stage) or whatever the model returned, by name."""
    with_values: bool = False
    """True where the control flow needed values, so that the model ran on real tensors."""
