"""Runs a tape again, on real weights: the graph that was priced gives the answers.

The tape comes from a stranger, so nothing of it is believed: operators must be in the cost table, none may draw at
random or leave its memory as it finds it, none may write into an input or a weight (which would carry something from
one sample to the next), and whatever a node makes must have the shape and the type that it was priced at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from harness.cost.operators import find, is_free
from harness.cost.plans import UNINITIALISED, Plan, plan_of
from harness.cost.slots import tensors_in, torch_name
from harness.cost.tape import Arg, Leaf, Node, Ref, Symbol, Tape, Value
from harness.findings import fail

CONSTANT_BYTES = 64 * 1024
"""All real numbers together that a tape may bring beside the weights: more would be parameters that nobody counts."""
_REFUSED = {
    "aten.view.dtype": "reads numbers as others than they were priced as",
    "aten.set_": "exchanges memory under a tensor",
    "aten.resize_": "changes a tensor's memory",
    "aten._sparse_coo_tensor_unsafe": "trusts indices that nobody checked",
    "aten._sparse_csr_tensor_unsafe": "trusts indices that nobody checked",
    "aten._sparse_compressed_tensor_unsafe": "trusts indices that nobody checked",
}
_OF_NODES = (RuntimeError, TypeError, ValueError, IndexError, AttributeError, NotImplementedError)
"""What torch raises on arguments that do not fit."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a tape gave."""

    outputs: Mapping[str, Tensor]
    """By name; of a dynamic model, those of the stages that ran."""
    stage: int
    """The stage that it left at; 0 for a static model."""


def replay(tape: Tape, state: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Run a tape to its end and return its outputs by name.

    Args:
        tape: a recorded forward; for other sizes than it was recorded at, take it from ``Template.at(sizes)``.
        state: weights by their name in the state dict.
        inputs: tensors by the names of ``tape.inputs``, of the shapes that the tape has.

    Raises:
        ParetoNLPError: a weight or an input is missing or of another shape; a constant is too large to be on the tape;
            a node does what a tape must not; or it makes something else than it was priced as.
    """
    return dict(Replay(tape, state).run(inputs).outputs)


def loaded(state: Mapping[str, Tensor], tapes: Iterable[Tape]) -> dict[str, Tensor]:
    """Weights as ``load_state_dict`` leaves them: real numbers of the type that the model has, however stored."""
    types = {leaf.name: tape.values[leaf.value].dtype for tape in tapes for leaf in tape.leaves}
    return {
        name: tensor.to(getattr(torch, types[name])) if name in types and tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }


class Replay:
    """A tape, checked, with its weights: runs on one sample after the other, none of which the next can tell."""

    def __init__(self, tape: Tape, state: Mapping[str, Tensor]) -> None:
        self._tape = tape
        _check_constants(tape)
        self._leaves = {leaf.value: _leaf(leaf, tape, state) for leaf in tape.leaves}
        self._constants = [leaf.value for leaf in tape.leaves if leaf.name not in state]
        self._steps = [(node, _checked_plan(node)) for node in tape.nodes]
        self._may_draw = [node for node, plan in self._steps if plan.draws]
        self._read = {*tape.outputs.values(), *(index for node in tape.nodes for index in _reads(node))}
        self._unread = _last_reads(tape)

    def run(self, inputs: Mapping[str, Tensor], stages: int = 0) -> Run:
        """Run one sample. Raises as ``replay``.

        Args:
            inputs: as ``replay`` takes them.
            stages: how many the model has; it is left after the first whose output ``exit`` is true. 0: a static model.
        """
        chance = torch.random.get_rng_state() if self._may_draw else None
        run = self._run(inputs, stages)
        if chance is not None and not torch.equal(chance, torch.random.get_rng_state()):
            raise fail("no-replay", f"{_place(self._may_draw[0])} draws at random")
        return run

    def _run(self, inputs: Mapping[str, Tensor], stages: int) -> Run:
        values = {index: tensor for index, tensor in self._leaves.items() if index not in self._constants}
        for name, index in self._tape.inputs.items():
            if name not in inputs:
                raise fail("missing-input", f"the tape reads the input {name!r}, which was not given")
            _check(inputs[name], self._tape.values[index], f"the input {name!r}")
            values[index] = inputs[name]
        kept = {_memory(tensor) for tensor in values.values()}
        values |= {index: self._leaves[index].clone() for index in self._constants}  # made anew for every sample
        place, outputs = 0, self._tape.outputs
        with torch.inference_mode():
            stage: int | None = None
            for stage in range(1, stages + 1) if stages else [None]:
                while place < len(self._steps) and stage in (None, self._steps[place][0].stage):
                    self._step(place, values, kept)
                    place += 1
                if stage is not None and (
                    stage == stages or _exits(values.get(outputs.get(f"{stage}.exit", -1)), stage)
                ):
                    break
        return Run({name: values[index] for name, index in outputs.items() if index in values}, stage or 0)

    def _step(self, place: int, values: dict[int, Tensor], kept: set[int]) -> None:
        node, plan = self._steps[place]
        args = [_argument(arg, values) for arg in node.args]
        kwargs = {key: _argument(arg, values) for key, arg in node.kwargs.items()}
        try:
            if any(_memory(tensor) in kept for tensor in _written(plan, args, kwargs)):
                raise fail("no-replay", f"{_place(node)} writes into an input or a weight")
            result = plan.func(*args, **kwargs)
        except _OF_NODES as error:
            raise fail("no-replay", f"{_place(node)} does not run: {str(error)[:300]}") from error
        made = tensors_in(result)
        if len(made) != len(node.outputs):
            raise fail("no-replay", f"{_place(node)} makes {len(made)} tensors, not {len(node.outputs)}")
        for index, tensor in zip(node.outputs, made, strict=True):
            if index == node.outputs[0] or index in self._read:  # a by-product that nobody reads may have any shape
                _check(tensor, self._tape.values[index], _place(node))
            values[index] = tensor.zero_() if plan.base in UNINITIALISED else tensor
        for index in self._unread.get(place, ()):
            values.pop(index, None)


def _checked_plan(node: Node) -> Plan:
    """How to call a node's operator. Refused by name where the table does not have it."""
    base = node.op.rpartition(".")[0]
    if find(node.op) is None and not is_free(node.op):
        raise fail("no-replay", f"{_place(node)} is not in the table of operators")
    if why := _REFUSED.get(node.op) or _REFUSED.get(base):
        raise fail("no-replay", f"{_place(node)} {why}")
    namespace, name, overload = node.op.split(".")
    try:
        # a view that the recorder saw may need a copy here, where a kernel lays its result out otherwise
        name, overload = ("reshape", "default") if node.op == "aten.view.default" else (name, overload)
        plan = plan_of(getattr(getattr(getattr(torch.ops, namespace), name), overload))
    except AttributeError as error:
        raise fail("no-replay", f"{_place(node)} is no operator of this torch") from error
    return plan


def _written(plan: Plan, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """All tensors that a call writes in place; some operators take lists of them."""
    places = [kwargs.get(at) if isinstance(at, str) else args[at] for at in plan.writes]
    return tensors_in(places)


def _exits(exit_: Tensor | None, stage: int) -> bool:
    """Whether a stage says that the sample leaves."""
    if exit_ is None or exit_.numel() != 1:
        raise fail("no-replay", f"stage {stage} of the graph gives no scalar 'exit'")
    return bool(exit_)


def _place(node: Node) -> str:
    return f"{node.op} in {node.module or 'the model'}"


def _last_reads(tape: Tape) -> dict[int, list[int]]:
    """The place of a node to the values that nothing reads after it: their memory can go."""
    last: dict[int, int] = {}
    for place, node in enumerate(tape.nodes):
        for index in (*node.outputs, *_reads(node)):
            last[index] = place
    held = {*tape.outputs.values(), *tape.inputs.values(), *(leaf.value for leaf in tape.leaves)}
    found: dict[int, list[int]] = {}
    for index, place in last.items():
        if index not in held:
            found.setdefault(place, []).append(index)
    return found


def _reads(node: Node) -> list[int]:
    return [*_references(node.args), *_references(tuple(node.kwargs.values()))]


def _references(args: Sequence[Arg]) -> list[int]:
    found = []
    for arg in args:
        if isinstance(arg, Ref):
            found.append(arg.index)
        elif isinstance(arg, tuple):
            found += _references(arg)
    return found


def _check_constants(tape: Tape) -> None:
    bytes_ = sum(
        len(leaf.data) * getattr(torch, tape.values[leaf.value].dtype).itemsize
        for leaf in tape.leaves
        if leaf.data is not None and _is_real(tape.values[leaf.value])
    )
    if bytes_ > CONSTANT_BYTES:
        raise fail(
            "hidden-weights",
            f"the tape brings {bytes_:,} bytes of constants, more than {CONSTANT_BYTES:,}",
            remedy="Register them as parameters or persistent buffers, so that the weights file holds them.",
        )


def _is_real(value: Value) -> bool:
    return "float" in value.dtype or "complex" in value.dtype


def _leaf(leaf: Leaf, tape: Tape, state: Mapping[str, Tensor]) -> Tensor:
    value = tape.values[leaf.value]
    if leaf.name in state:
        _check(state[leaf.name], value, f"the weight {leaf.name!r}")
        return state[leaf.name]
    if leaf.data is None:
        raise fail(
            "missing-weight",
            f"the tape reads {leaf.kind} {leaf.name or '(unnamed)'!r}, which is neither in the weights nor on the tape",
            remedy="Register it as a parameter or a persistent buffer, so that the weights file holds it.",
        )
    return torch.tensor(leaf.data, dtype=getattr(torch, value.dtype)).reshape(value.shape)


def _check(tensor: Tensor, value: Value, what: str) -> None:
    """What is there is what was priced."""
    if tuple(tensor.shape) != value.shape or torch_name(tensor.dtype) != value.dtype:
        raise fail(
            "no-replay",
            f"{what} is {torch_name(tensor.dtype)} {list(tensor.shape)}, "
            f"but was priced as {value.dtype} {list(value.shape)}",
        )


def _memory(tensor: Tensor) -> int:
    """Where a tensor lies; the same of all its views."""
    if tensor.layout is not torch.strided:
        return id(tensor)
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _argument(arg: Arg, values: Mapping[int, Tensor]) -> Any:
    if isinstance(arg, Ref):
        if arg.index not in values:
            raise fail("no-replay", f"the graph reads value {arg.index}, which no stage before has made")
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
