"""Runs a tape again, on real weights: the graph that was priced gives the answers."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from harness.cost.slots import tensors_in
from harness.cost.tape import Arg, Leaf, Node, Ref, Symbol, Tape
from harness.findings import fail


def replay(tape: Tape, state: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Run a tape and return its outputs by name.

    Args:
        tape: a recorded forward; for other sizes than it was recorded at, take it from ``Template.at(sizes)``.
        state: weights by their name in the state dict.
        inputs: tensors by the names of ``tape.inputs``, of the shapes that the tape has.

    Raises:
        ParetoNLPError: a weight or an input is missing, or a constant is too large to be on the tape.
    """
    values: dict[int, Tensor] = {}
    for name, index in tape.inputs.items():
        if name not in inputs:
            raise fail("missing-input", f"the tape reads the input {name!r}, which was not given")
        values[index] = inputs[name]
    for leaf in tape.leaves:
        values[leaf.value] = _leaf(leaf, tape, state)
    with torch.inference_mode():
        for node in tape.nodes:
            _run(node, values)
    return {name: values[index] for name, index in tape.outputs.items()}


def _leaf(leaf: Leaf, tape: Tape, state: Mapping[str, Tensor]) -> Tensor:
    if leaf.name in state:
        return state[leaf.name]
    if leaf.data is None:
        raise fail(
            "missing-weight",
            f"the tape reads {leaf.kind} {leaf.name or '(unnamed)'!r}, which is neither in the weights nor on the tape",
            remedy="Register it as a parameter or a persistent buffer, so that the weights file holds it.",
        )
    value = tape.values[leaf.value]
    return torch.tensor(leaf.data, dtype=getattr(torch, value.dtype)).reshape(value.shape)


def _run(node: Node, values: dict[int, Tensor]) -> None:
    namespace, name, overload = node.op.split(".")
    operator = getattr(getattr(getattr(torch.ops, namespace), name), overload)
    args = [_argument(arg, values) for arg in node.args]
    kwargs = {key: _argument(arg, values) for key, arg in node.kwargs.items()}
    result = operator(*args, **kwargs)
    values.update(zip(node.outputs, tensors_in(result), strict=True))


def _argument(arg: Arg, values: Mapping[int, Tensor]) -> Any:
    if isinstance(arg, Ref):
        return values[arg.index]
    if isinstance(arg, tuple):
        return [_argument(item, values) for item in arg]
    if isinstance(arg, Symbol):
        if arg.kind == "device":
            return torch.device("cpu")
        if arg.kind == "object":
            raise fail("no-replay", f"the tape holds a {arg.name}, which is no data and can not be run again")
        return getattr(torch, arg.name)
    return arg
