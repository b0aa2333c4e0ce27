"""How large a model is: parameters in all, outside embedding tables, non-zero, and bytes as stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.cost.tape import Tape

_LOOK_UPS = ("aten.embedding.", "aten.embedding_bag.", "aten._embedding_bag.", "aten._embedding_bag_forward_only.")


@dataclass(frozen=True, slots=True)
class Weight:
    """A stored tensor of the model. Shared ones appear once."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: str
    elements: int
    """Stored numbers: all of a dense tensor, the stored entries of a sparse one."""
    bytes: int
    """As stored, index arrays of a sparse tensor included."""
    nonzero: int | None = None
    """Known where the weights are real."""
    index: bool = False
    """Positions, masks and the like: they take bytes, but are no parameters."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Sizes of a model: numbers of elements, and bytes."""

    total: int
    non_embedding: int
    nonzero: int | None
    bytes: int


def looked_up(tapes: Iterable[Tape]) -> frozenset[str]:
    """Names of the weights that some forward reads as an embedding table."""
    names = set()
    for tape in tapes:
        leaves = {leaf.value: leaf.name for leaf in tape.leaves}
        for node in tape.nodes:
            if node.op.startswith(_LOOK_UPS):
                index = getattr(node.args[0], "index", None)
                if index in leaves:
                    names.add(leaves[index])
    return frozenset(names)


def summarise(
    weights: Iterable[Weight], tables: frozenset[str], nonzero: Mapping[str, int] | None = None
) -> Parameters:
    """Add the weights up.

    Args:
        weights: every stored tensor once.
        tables: names of the embedding tables (a table that also serves as output layer is still a table).
        nonzero: non-zero elements by name, from a weights file; without it, those that the weights know themselves.
    """
    weights = tuple(weights)
    counted = [weight for weight in weights if not weight.index]
    known = [nonzero.get(weight.name) if nonzero is not None else weight.nonzero for weight in counted]
    return Parameters(
        total=sum(weight.elements for weight in counted),
        non_embedding=sum(weight.elements for weight in counted if weight.name not in tables),
        nonzero=None if None in known else sum(count for count in known if count is not None),
        bytes=sum(weight.bytes for weight in weights),
    )
