"""Tensors as the recorder keeps them, and small helpers on nested arguments."""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from harness.cost.tape import Arg, Ref

UNSEEN = Ref(-1)
"""Of a tensor that no node of this trace has read or written yet."""


class Slot:
    """What the recorder knows of one tensor that the model sees; keeps it alive, so that its id stays its own."""

    __slots__ = ("known", "ref", "stand_in", "visible")

    def __init__(self, visible: Tensor, known: Tensor | None) -> None:
        self.visible, self.known = visible, known
        self.ref = UNSEEN
        self.stand_in = visible if visible.is_meta else None


def whole_slice(tensor: Tensor, ref: Arg) -> tuple[str, tuple[Arg, ...]]:
    """An alias of a table as the slice that it was: ``table[:, :n]`` is one where n is all there is.

    So a sample of the greatest length has the same kind of tape as every other. Which axis was sliced is not said; the
    longest is the likely one, and a slice of all of an axis is the same tensor whichever it is.
    """
    axis = max(range(tensor.dim()), key=lambda axis: (tensor.shape[axis], axis))
    return "aten.slice.Tensor", (ref, axis, 0, tensor.shape[axis])


@cache
def torch_name(constant: torch.dtype | torch.layout | torch.memory_format) -> str:
    """``float32`` of ``torch.float32``."""
    return str(constant).removeprefix("torch.")


def meta_like(tensor: Tensor) -> Tensor:
    """A tensor without memory, laid out as the one given."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def map_tensors(value: Any, function: Any) -> Any:
    """Apply a function to the tensors in a value of nested lists and tuples."""
    if isinstance(value, Tensor):
        return function(value)
    if isinstance(value, list | tuple):
        return type(value)([map_tensors(item, function) for item in value])
    return value


def tensors_in(value: Any) -> list[Tensor]:
    """The tensors in a value of nested lists and tuples, in order."""
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, list | tuple):
        return [tensor for item in value for tensor in tensors_in(item)]
    return []
