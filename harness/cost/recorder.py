"""The recorder: runs a model on the ``meta`` device and writes down what it executed.

One dispatch mode sees every operator, because ``inference_mode`` hands composite operators over whole. There are
three kinds of tensors:

* *unknown* ones, the weights and what is computed from them, have shapes only: shape rules or torch's meta kernels
  answer;
* *known* ones (token ids, masks, positions, constants: small, and no function of any weight) keep a real twin, so that
  ``mask.all()`` has an answer, and buffers made at build time have their true values;
* where the control flow needs the value of an unknown tensor, ``NeedsValues`` is raised. The caller may then record
  again ``with_values``: on real tensors, under the same formulas.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from harness.cost.observer import ModuleObserver
from harness.cost.plans import Plan, plan_of
from harness.cost.shapes import RULES, SPARSE_RULES
from harness.cost.slots import UNSEEN, Slot, map_tensors, meta_like, tensors_in, torch_name, whole_slice
from harness.cost.tape import Arg, Leaf, Node, Ref, Symbol, Value

KNOWN_ELEMENTS = 1 << 22
"""A tensor with more elements keeps no twin: nobody branches on it, and it would cost real memory."""

CONSTANT_BYTES = 64 * 1024
"""A constant of up to this size carries its values on the tape."""

_PLAIN = {Tensor, nn.Parameter, nn.Buffer}


class NeedsValues(RuntimeError):  # noqa: N818
    """The control flow asks for the value of a tensor that only real weights can tell."""


class Recorder(TorchDispatchMode):
    """Records every operator while it is entered. ``harness.cost.tracing`` drives it."""

    def __init__(self, *, with_values: bool = False) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.with_values = with_values
        self.observer = ModuleObserver()
        self._slots: dict[int, Slot] = {}
        self._names: dict[int, tuple[str, str]] = {}
        self._inputs: set[int] = set()
        self.modules: tuple[nn.Module, ...] = ()
        self._adopted: nn.Module | None = None
        self.restart()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # wrapping the handler would import torch._dynamo: a second of start-up for nothing

    def restart(self) -> None:
        """Forget what was recorded, but not what is known of tensors made so far (buffers of a model just built)."""
        self.values: list[Value] = []
        self.nodes: list[Node] = []
        self._leaves: dict[int, Slot] = {}
        self.stage = 0
        for key in self._inputs:
            del self._names[key], self._slots[key]
        self._inputs.clear()
        self._slots = {key: slot for key, slot in self._slots.items() if slot.known is not None or key in self._names}
        for slot in self._slots.values():
            slot.ref = UNSEEN

    # -- tensors ------------------------------------------------------------------------------------------------------

    def adopt(self, model: nn.Module) -> None:
        """Learn the names of a model's modules and tensors.

        Weights are unknown, even where their initialisation was seen.
        """
        if self._adopted is model:
            return
        self._adopted = model
        self.observer.names.clear()
        self._names.clear()
        named = tuple(model.named_modules())
        self.modules = tuple(module for _, module in named)
        for path, module in named:
            self.observer.names[id(module)] = path
            prefix = f"{path}." if path else ""
            for name, parameter in module._parameters.items():
                if parameter is not None:
                    self._names.setdefault(id(parameter), ("parameter", prefix + name))
                    self._slots.pop(id(parameter), None)
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    stored = name not in module._non_persistent_buffers_set
                    self._names.setdefault(id(buffer), ("buffer" if stored else "constant", prefix + name))
                    if stored and buffer.is_floating_point():
                        self._slots.pop(id(buffer), None)

    def add_input(self, tensor: Tensor, name: str) -> int:
        """Make a tensor an input of the tape. Integers and booleans are known, real numbers are data."""
        self._names[id(tensor)] = ("input", name)
        self._inputs.add(id(tensor))
        slot = self._slots[id(tensor)] = Slot(tensor, self._value_of(tensor))
        slot.ref = self._new_value(tensor)
        return slot.ref.index

    def value_of(self, tensor: Tensor) -> int:
        """The number of the value that a tensor holds now."""
        return self._slot(tensor).ref.index

    def leaves(self) -> tuple[Leaf, ...]:
        """What the nodes read and no node wrote."""
        found = []
        for index, slot in self._leaves.items():
            kind, name = self._names.get(id(slot.visible), ("constant", ""))
            known = slot.known if kind != "parameter" else None
            small = known is not None and known.nbytes <= CONSTANT_BYTES
            data = tuple(known.flatten().tolist()) if known is not None and small else None
            found.append(Leaf(name, index, kind, data))
        return tuple(found)

    def _slot(self, tensor: Tensor) -> Slot:
        slot = self._slots.get(id(tensor))
        if slot is None:
            slot = self._slots[id(tensor)] = Slot(tensor, self._value_of(tensor))
        if slot.ref is UNSEEN:
            slot.ref = self._new_value(tensor)
            self._leaves[slot.ref.index] = slot
        return slot

    def _value_of(self, tensor: Tensor) -> Tensor | None:
        """A copy of a tensor that the trace has not made, where its value may be relied on."""
        kind, _ = self._names.get(id(tensor), ("constant", ""))
        if tensor.layout != torch.strided or tensor.numel() > KNOWN_ELEMENTS:
            return None
        if tensor.is_meta:  # what it held is lost, unless it held nothing
            return torch.empty(tensor.shape, dtype=tensor.dtype) if tensor.numel() == 0 else None
        if kind == "parameter":
            return None
        if tensor.is_floating_point() and (kind != "constant" or tensor.nbytes > CONSTANT_BYTES):
            return None
        with torch.inference_mode():
            return tensor.detach().cpu().clone()

    def _new_value(self, tensor: Tensor) -> Ref:
        if tensor.layout is torch.strided:
            value = Value(tuple(tensor.shape), torch_name(tensor.dtype))
        else:
            stored = tensor._values() if tensor.layout is torch.sparse_coo else tensor.values()
            value = Value(tuple(tensor.shape), torch_name(tensor.dtype), torch_name(tensor.layout), stored.numel())
        self.values.append(value)
        return Ref(len(self.values) - 1)

    # -- one operator -------------------------------------------------------------------------------------------------

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Answer one operator, and record it."""
        kwargs = kwargs or {}
        if not _PLAIN.issuperset(types):
            return NotImplemented  # a tensor subclass unfolds itself first; what it runs comes back here
        plan = plan_of(func)
        if plan.unchanged is not None and (unchanged := plan.unchanged(*args, **kwargs)) is not None:
            return unchanged
        if plan.decomposes:
            with self:
                return func.decompose(*args, **kwargs)
        slots: list[Slot] = []
        encoded = tuple([self._encode(arg, slots) for arg in args])
        encoded_kwargs = {
            key: self._encode(value, slots) for key, value in kwargs.items() if key not in ("device", "pin_memory")
        }
        result = self._answer(plan, args, kwargs, slots)
        outputs = tuple([self._output(tensor) for tensor in tensors_in(result)])
        name = plan.name
        if plan.base == "aten.alias" and args[0].dim() and slots[0].ref.index in self._leaves:
            name, encoded = whole_slice(args[0], encoded[0])
        self.nodes.append(Node(name, encoded, encoded_kwargs, outputs, self.observer.path, self.stage))
        return result

    def _encode(self, arg: Any, slots: list[Slot]) -> Arg:
        if isinstance(arg, Tensor):
            slot = self._slot(arg)
            slots.append(slot)
            return slot.ref
        if arg is None or isinstance(arg, int | float | str):
            return arg
        if isinstance(arg, list | tuple):
            return tuple([self._encode(item, slots) for item in arg])
        if isinstance(arg, torch.dtype | torch.layout | torch.memory_format):
            return Symbol(type(arg).__name__, torch_name(arg))
        if isinstance(arg, torch.device):
            return Symbol("device", "")
        return Symbol("object", type(arg).__name__)

    def _output(self, tensor: Tensor) -> int:
        slot = self._slots.get(id(tensor))
        if slot is None:
            slot = self._slots[id(tensor)] = Slot(tensor, None)
        slot.ref = self._new_value(tensor)  # just made or written in place: a new value either way
        return slot.ref.index

    # -- its answer ---------------------------------------------------------------------------------------------------

    def _answer(self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], slots: list[Slot]) -> Any:
        if self.with_values:
            return plan.func(*args, **kwargs)
        if plan.knowable and all([slot.known is not None for slot in slots]):  # noqa: C419 - the hot path
            if slots or plan.makes_at_most(KNOWN_ELEMENTS, args):
                return self._answer_known(plan, args, kwargs, slots)
        elif plan.needs_values:
            where = self.observer.path or "the model"
            raise NeedsValues(f"{plan.name} in {where} needs the values of a tensor that depends on the weights")
        sparse = any([slot.visible.layout != torch.strided for slot in slots])  # noqa: C419
        rule = (SPARSE_RULES if sparse else RULES).get(plan.base)
        if rule is not None and (answer := rule(*args, **kwargs)) is not None:
            return answer
        if sparse and not any(slot.visible.is_meta for slot in slots):
            return plan.func(*args, **kwargs)  # views and conversions of sparse weights have no meta kernels
        return self._answer_unknown(plan, args, kwargs, slots)

    def _answer_known(self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], slots: list[Slot]) -> Any:
        """Compute with the twins."""
        device = kwargs.get("device")
        on_meta = any(slot.visible.is_meta for slot in slots) if device is None else torch.device(device).type == "meta"
        twins = {key: "cpu" if key == "device" else self._twin(value) for key, value in kwargs.items()}
        real = plan.func(*[self._twin(arg) for arg in args], **twins)
        if plan.writes:
            return plan.written(args, kwargs)  # its twin has been written
        return map_tensors(real, lambda tensor: self._show(tensor, on_meta))

    def _show(self, real: Tensor, on_meta: bool) -> Tensor:
        """The tensor that the model sees for a known result."""
        visible = meta_like(real) if on_meta else real
        self._slots[id(visible)] = Slot(visible, real if real.numel() <= KNOWN_ELEMENTS else None)
        return visible

    def _twin(self, arg: Any) -> Any:
        if isinstance(arg, torch.device):
            return torch.device("cpu")
        return map_tensors(arg, lambda tensor: self._slots[id(tensor)].known)

    def _answer_unknown(self, plan: Plan, args: tuple[Any, ...], kwargs: dict[str, Any], slots: list[Slot]) -> Any:
        """Ask torch's meta kernel."""
        if plan.writes:
            self._forget(plan.written(args, kwargs))
            if plan.in_place:
                return plan.written(args, kwargs)
        stand_ins = args
        if plan.indexes:
            stand_ins = (args[0], self._positions(args[1]), *args[2:])
        if any([slot.stand_in is not slot.visible for slot in slots]) or plan.indexes:  # noqa: C419
            stand_ins = tuple([map_tensors(arg, self._stand_in) for arg in stand_ins])
            kwargs = {key: map_tensors(value, self._stand_in) for key, value in kwargs.items()}
        if plan.takes_device and (not slots or kwargs.get("device") is not None):
            kwargs = {**kwargs, "device": "meta"}
        try:
            result = plan.func(*stand_ins, **kwargs)
        except NotImplementedError as error:
            where = self.observer.path or "the model"
            raise NeedsValues(f"{plan.name} in {where} has no shape without values") from error
        return plan.written(args, kwargs) if plan.writes else result

    def _stand_in(self, tensor: Tensor) -> Tensor:
        slot = self._slots.get(id(tensor))
        if slot is None:
            return tensor
        if slot.stand_in is None:
            slot.stand_in = meta_like(tensor) if tensor.layout == torch.strided else tensor
        return slot.stand_in

    def _positions(self, indices: Any) -> list[Tensor | None]:
        """Boolean indices select as many rows as they have True: a known mask becomes the positions that it selects."""
        positions: list[Tensor | None] = []
        for index in indices:
            if index is None or index.dtype not in (torch.bool, torch.uint8):
                positions.append(index)
                continue
            known = self._slots[id(index)].known
            if known is None:
                where = self.observer.path or "the model"
                raise NeedsValues(f"a boolean index in {where} depends on the weights and decides a shape")
            positions.extend(meta_like(position) for position in known.nonzero(as_tuple=True))
        return positions

    def _forget(self, written: Tensor) -> None:
        """An unknown value was written: the tensor, and every known view of the same memory, is unknown from now on."""
        known = self._slots[id(written)].known
        if known is None:
            return
        memory = known.untyped_storage().data_ptr()
        for slot in self._slots.values():
            if slot.known is not None and slot.known.untyped_storage().data_ptr() == memory:
                slot.known = None
