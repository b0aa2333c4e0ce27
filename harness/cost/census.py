"""Every tensor that a model stores, once: frozen, shared, sparse, quantised and unregistered ones included.

``sum(p.numel() for p in model.parameters())`` misses packed int8 weights and counts a CSR matrix as if it were
dense; counting ``requires_grad`` misses frozen ones.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from harness.cost.parameters import Weight

_INDEX_TYPES = (torch.bool, torch.int16, torch.int32, torch.int64)


def census(model: nn.Module) -> tuple[Weight, ...]:
    """The stored tensors of a model: parameters, and what the state dict holds beside them.

    Integers wider than a byte and booleans are bookkeeping (positions, masks): their bytes count, their elements do
    not. Buffers that the state dict leaves out are recomputed, not stored.
    """
    found: dict[object, Weight] = {}
    for name, tensor in _stored(model):
        found.setdefault(_identity(tensor), weigh(name, tensor))
    return tuple(found.values())


def weigh(name: str, tensor: Tensor) -> Weight:
    """One stored tensor."""
    sparse = tensor.layout != torch.strided
    stored = [tensor] if not sparse else _parts(tensor)
    values = stored[0]
    return Weight(
        name=name,
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).removeprefix("torch."),
        layout=str(tensor.layout).removeprefix("torch."),
        elements=values.numel(),
        bytes=sum(part.numel() * part.element_size() for part in stored),
        nonzero=None if tensor.is_meta else int(torch.count_nonzero(_plain(values))),
        index=tensor.dtype in _INDEX_TYPES,
    )


def _stored(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    yield from model.named_parameters(remove_duplicate=False)
    for name, value in model.state_dict(keep_vars=True).items():
        for tensor in _tensors(value):
            yield name, tensor


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors of a state dict's value; a quantised layer keeps its weight and bias in a packed object."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif hasattr(value, "unpack"):
        yield from _tensors(value.unpack())


def _identity(tensor: Tensor) -> object:
    """Equal for two names of the same memory."""
    if tensor.is_meta or tensor.layout != torch.strided or tensor.is_quantized or tensor.numel() == 0:
        return id(tensor)
    return tensor.data_ptr(), tensor.shape, tensor.stride()


def _parts(tensor: Tensor) -> list[Tensor]:
    """Values and index arrays of a sparse tensor."""
    if tensor.layout == torch.sparse_coo:
        return [tensor._values(), tensor._indices()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.values(), tensor.crow_indices(), tensor.col_indices()]
    return [tensor.values(), tensor.ccol_indices(), tensor.row_indices()]


def _plain(values: Tensor) -> Tensor:
    return values.int_repr() if values.is_quantized else values.detach()
