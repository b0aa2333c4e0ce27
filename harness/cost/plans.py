"""How the recorder treats an operator, worked out once an operator from its schema and tags."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from harness.cost.shapes import WHOLE

UNINITIALISED = (
    *("aten.empty", "aten.empty_like", "aten.empty_permuted", "aten.empty_strided"),
    *("aten.new_empty", "aten.new_empty_strided", "aten._empty_affine_quantized"),
)
_INDEXING = ("aten.index", "aten.index_put", "aten.index_put_", "aten._unsafe_index")


@dataclass(frozen=True, slots=True)
class Plan:
    """The treatment of one operator."""

    func: Any
    name: str
    """``aten.add.Tensor``."""
    base: str
    """``aten.add``."""
    decomposes: bool
    """Composite: torch takes it apart, and its parts are recorded."""
    draws: bool
    """May draw at random: dropout, and attention that has some."""
    knowable: bool
    """Its result is known when its inputs are: not random, not uninitialised memory."""
    needs_values: bool
    """Its result, or the shape of it, depends on values."""
    indexes: bool
    """Takes tensors as indices, boolean ones included."""
    writes: tuple[int | str, ...]
    """Arguments written in place: positions, or names of keyword arguments."""
    in_place: bool
    """Returns the tensor that it wrote, of the same shape."""
    takes_device: bool
    unchanged: Callable[..., Tensor | None] | None
    """Gives back the input where the operator does nothing: dropout at inference, contiguous of what is contiguous."""

    def written(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tensor:
        """The (first) tensor that a call writes in place."""
        first = self.writes[0]
        tensor = kwargs[first] if isinstance(first, str) else args[first]
        assert isinstance(tensor, Tensor)  # noqa: S101 - the schema says so
        return tensor

    def makes_at_most(self, elements: int, args: Sequence[Any]) -> bool:
        """Whether a constructor called with these arguments makes no more than so many elements."""
        size = args[0] if args and isinstance(args[0], list | tuple) else ()
        return math.prod(size) <= elements


@cache
def plan_of(func: Any) -> Plan:
    """The plan of an operator overload."""
    schema = func._schema
    base = f"{func.namespace}.{schema.name.split('::')[1]}"
    writes: list[int | str] = []
    for position, argument in enumerate(schema.arguments):
        if argument.alias_info is not None and argument.alias_info.is_write:
            writes.append(argument.name if argument.kwarg_only else position)
    tags = set(func.tags)
    indexes = base in _INDEXING
    composite = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
    return Plan(
        func=func,
        name=f"{base}.{func._overloadname}",
        base=base,
        decomposes=composite and base not in WHOLE,
        draws=torch.Tag.nondeterministic_seeded in tags,
        knowable=torch.Tag.nondeterministic_seeded not in tags and base not in UNINITIALISED,
        needs_values=not indexes and bool(tags & {torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape}),
        indexes=indexes,
        writes=tuple(writes),
        in_place=bool(writes) and writes[0] == 0 and base.endswith("_") and base not in _RESHAPES,
        takes_device=any(argument.name == "device" for argument in schema.arguments),
        unchanged=_UNCHANGED.get(base),
    )


_RESHAPES = (
    *("aten.t_", "aten.transpose_", "aten.squeeze_", "aten.unsqueeze_", "aten.swapaxes_", "aten.swapdims_"),
    *("aten.as_strided_", "aten.resize_", "aten.set_"),
)


def _dropout(x: Tensor, p: float, train: bool) -> Tensor | None:
    return None if train and p > 0 else x


def _contiguous(x: Tensor, memory_format: torch.memory_format = torch.contiguous_format) -> Tensor | None:
    return x if x.is_contiguous(memory_format=memory_format) else None


_UNCHANGED: dict[str, Callable[..., Tensor | None]] = {
    **dict.fromkeys(("aten.dropout", "aten.feature_dropout", "aten.alpha_dropout"), _dropout),
    "aten.contiguous": _contiguous,
}
