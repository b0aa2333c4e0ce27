"""Effective cost: a matrix product with a stored weight costs the weight's non-zeros only.

Nominal cost is what a dense kernel does, whatever the weights hold. Effective cost is what a kernel that skips
every zero would do: the MACs of each product scaled by the share of non-zeros of the weights in it (METHODS: sparse
by non-zeros). Additions of biases, norms and activations stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.cost.path_costs import stages_run
from harness.cost.paths import Paths
from harness.cost.pricing import number_of_stages, priced_nodes, stage_of
from harness.cost.tape import Arg, Node, Ref, Tape

_SAME_NUMBERS = frozenset(
    f"aten.{name}"
    for name in (
        *("t", "transpose", "permute", "view", "_unsafe_view", "reshape", "expand", "detach", "alias", "clone"),
        *("_to_copy", "unsqueeze", "squeeze", "numpy_T", "mT", "contiguous"),
    )
)
"""Operators whose result holds the numbers of their first argument, each as often as any other."""


@dataclass(frozen=True, slots=True)
class Density:
    """How many of a weight's elements are not zero."""

    nonzero: int
    elements: int


def saved_flops(tape: Tape, paths: Paths, densities: Mapping[str, Density]) -> float:
    """FLOPs that all samples together save where products skip the zeros of weights.

    Args:
        tape: what the paths share; its shapes hold ints, or int64 arrays [n].
        paths: n paths.
        densities: by name of the weight.
    """
    weights_of = _weights_of(tape)
    samples = stages_run(paths, number_of_stages(tape)) * paths.samples[:, None]
    saved = 0.0
    for entry in priced_nodes(tape, len(paths)):
        operands = [densities[name] for name in weights_of.get(id(entry.node), ()) if name in densities]
        if entry.count is None or not operands:
            continue
        zeros = 1 - sum(each.nonzero for each in operands) / sum(each.elements for each in operands)
        macs = (entry.count.macs * samples[:, stage_of(entry.node)]).sum()
        saved += 2 * float(macs) * zeros
    return saved


def _weights_of(tape: Tape) -> dict[int, tuple[str, ...]]:
    """The matrices among a node's operands that are stored weights, by the node's id."""
    names = {leaf.value: leaf.name for leaf in tape.leaves if leaf.name}
    matrices = {index for index in names if len(tape.values[index].shape) > 1}
    found: dict[int, tuple[str, ...]] = {}
    for node in tape.nodes:
        if node.op.rpartition(".")[0] in _SAME_NUMBERS:
            source = node.args[0]
            if isinstance(source, Ref) and source.index in matrices:
                names[node.outputs[0]] = names[source.index]
                matrices.add(node.outputs[0])
            continue
        operands = tuple(names[index] for index in _references(node) if index in matrices)
        if operands:
            found[id(node)] = operands
    return found


def _references(node: Node) -> list[int]:
    indices: list[int] = []

    def collect(arg: Arg) -> None:
        if isinstance(arg, Ref):
            indices.append(arg.index)
        elif isinstance(arg, tuple):
            for item in arg:
                collect(item)

    for arg in (*node.args, *node.kwargs.values()):
        collect(arg)
    return indices
