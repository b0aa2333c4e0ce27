"""Shape rules of the hot operators: what a result looks like, without asking torch's slow meta kernels.

Many meta kernels are Python (layer norm 0.9 ms, linear 0.4 ms a call), so tracing on ``meta`` costs as much as
running. A rule here answers in microseconds. A rule returns a meta tensor (or a tuple of them), or None to leave
the call to torch: whenever strides, broadcasting or dtypes are not the plain case.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Rule = Callable[..., "Tensor | tuple[Tensor, ...] | None"]


def empty(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """A contiguous meta tensor."""
    return torch.empty(shape, dtype=dtype, device="meta")


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor | None:  # noqa: ARG001
    if weight.dim() != 2 or x.dtype != weight.dtype or x.shape[-1] != weight.shape[1]:
        return None
    return empty((*x.shape[:-1], weight.shape[0]), x.dtype)


def _matmul(a: Tensor, b: Tensor) -> Tensor | None:
    if a.dim() < 2 or b.dim() < 2 or a.dtype != b.dtype or a.shape[-1] != b.shape[-2]:
        return None
    if b.dim() > 2 and a.shape[:-2] != b.shape[:-2]:
        return None
    return empty((*a.shape[:-1], b.shape[-1]), a.dtype)


def _addmm(bias: Tensor, a: Tensor, b: Tensor, **_: Any) -> Tensor | None:
    if a.dtype != b.dtype or bias.dtype != a.dtype or a.shape[1] != b.shape[0]:
        return None
    return empty((a.shape[0], b.shape[1]), a.dtype)


def _bmm(a: Tensor, b: Tensor) -> Tensor | None:
    if a.dtype != b.dtype or a.shape[2] != b.shape[1] or a.shape[0] != b.shape[0]:
        return None
    return empty((a.shape[0], a.shape[1], b.shape[2]), a.dtype)


def _layer_norm(x: Tensor, normalized: Sequence[int], *_: Any, **__: Any) -> Tensor | None:
    plain = x.is_contiguous() and tuple(x.shape[-len(normalized) :]) == tuple(normalized)
    return empty(x.shape, x.dtype) if plain else None


def _native_layer_norm(x: Tensor, normalized: Sequence[int], *_: Any) -> tuple[Tensor, ...] | None:
    if _layer_norm(x, normalized) is None:
        return None
    rows = (*x.shape[: x.dim() - len(normalized)], *([1] * len(normalized)))
    return empty(x.shape, x.dtype), empty(rows, torch.float32), empty(rows, torch.float32)


def _attention(q: Tensor, k: Tensor, v: Tensor, *_: Any, **kwargs: Any) -> Tensor | None:
    if q.dim() != 4 or k.shape[:1] + k.shape[3:] != q.shape[:1] + q.shape[3:] or k.shape[:3] != v.shape[:3]:
        return None
    if k.shape[1] != q.shape[1] and not kwargs.get("enable_gqa"):
        return None
    batch, heads, tokens = q.shape[:3]
    # torch's CPU kernel lays the result out as [batch, tokens, heads, dim], so that merging the heads is a view
    return empty((batch, tokens, heads, v.shape[-1]), q.dtype).transpose(1, 2)


def _same(x: Tensor, *_: Any, **__: Any) -> Tensor | None:
    return empty(x.shape, x.dtype) if x.is_contiguous() and x.is_floating_point() else None


def _softmax(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor | None:  # noqa: ARG001
    return empty(x.shape, dtype or x.dtype) if x.is_contiguous() else None


def _binary(a: Tensor, b: Any, *_: Any, **__: Any) -> Tensor | None:
    if not isinstance(a, Tensor) or not a.is_contiguous() or not a.is_floating_point():
        return None
    if isinstance(b, Tensor):
        plain = b.dtype == a.dtype and b.is_contiguous() and _broadcasts_to(b.shape, a.shape)
        return empty(a.shape, a.dtype) if plain else None
    return None if isinstance(b, complex) else empty(a.shape, a.dtype)


def _broadcasts_to(shape: Sequence[int], larger: Sequence[int]) -> bool:
    """Whether a tensor takes the shape of a larger one, as a row, a column or a scalar does."""
    pairs = zip(reversed(shape), reversed(larger), strict=False)
    return len(shape) <= len(larger) and all(size in (1, whole) for size, whole in pairs)


def _embedding(weight: Tensor, ids: Tensor, *_: Any, **__: Any) -> Tensor:
    return empty((*ids.shape, weight.shape[1]), weight.dtype)


def _lstm(x: Tensor, state: Sequence[Tensor], *rest: Any) -> tuple[Tensor, ...] | None:
    if len(rest) != 7:  # the overload for packed sequences
        return None
    output = _rnn(x, state[0], *rest)
    return None if output is None else (*output, empty(state[1].shape, x.dtype))


def _rnn(x: Tensor, hidden: Tensor, *rest: Any) -> tuple[Tensor, ...] | None:
    if len(rest) != 7:
        return None
    weights, bidirectional = rest[0], rest[5]
    if x.shape[-1] != weights[0].shape[1]:
        return None
    width = hidden.shape[-1] * (1 + bidirectional)
    return empty((*x.shape[:-1], width), x.dtype), empty(hidden.shape, x.dtype)


def _lstm_cell(x: Tensor, state: Sequence[Tensor], *_: Any) -> tuple[Tensor, ...]:
    hidden, cell = state
    return empty(hidden.shape, x.dtype), empty(cell.shape, x.dtype)


def _cell(x: Tensor, hidden: Tensor, *_: Any) -> Tensor:
    return empty(hidden.shape, x.dtype)


def _packed_linear(x: Tensor, packed: Any, *_: Any, **__: Any) -> Tensor:
    return empty((*x.shape[:-1], packed.unpack()[0].shape[0]), x.dtype)


def _sparse_mm(a: Tensor, b: Tensor, *_: Any) -> Tensor | None:
    if a.layout == torch.strided or b.layout != torch.strided:
        return None  # dense x sparse and sparse x sparse: torch decides
    return empty((a.shape[0], *b.shape[1:]), b.dtype)


def _sparse_addmm(bias: Tensor, a: Tensor, b: Tensor, *_: Any, **__: Any) -> Tensor | None:
    return _sparse_mm(a, b) if bias.layout == torch.strided else None


def _cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor | None:
    first = tensors[0]
    dim %= max(first.dim(), 1)
    around = first.shape[:dim], first.shape[dim + 1 :], first.dtype
    if any((tensor.shape[:dim], tensor.shape[dim + 1 :], tensor.dtype) != around for tensor in tensors):
        return None
    return empty((*around[0], sum(tensor.shape[dim] for tensor in tensors), *around[1]), first.dtype)


RULES: dict[str, Rule] = {
    "aten.linear": _linear,
    "aten.matmul": _matmul,
    "aten.mm": _matmul,
    "aten.addmm": _addmm,
    "aten.bmm": _bmm,
    "aten.layer_norm": _layer_norm,
    "aten.native_layer_norm": _native_layer_norm,
    "aten.scaled_dot_product_attention": _attention,
    "aten.softmax": _softmax,
    "aten.embedding": _embedding,
    "aten.cat": _cat,
    "aten.lstm": _lstm,
    "aten.gru": _rnn,
    "aten.rnn_tanh": _rnn,
    "aten.rnn_relu": _rnn,
    "aten.lstm_cell": _lstm_cell,
    "aten.gru_cell": _cell,
    "aten.rnn_tanh_cell": _cell,
    "aten.rnn_relu_cell": _cell,
    "aten._sparse_mm": _sparse_mm,
    "aten._sparse_addmm": _sparse_addmm,
    "quantized.linear_dynamic": _packed_linear,
    "quantized.linear_relu_dynamic": _packed_linear,
    **dict.fromkeys(("aten.gelu", "aten.tanh", "aten.relu", "aten.silu", "aten.sigmoid", "aten.erf"), _same),
    **dict.fromkeys(("aten.add", "aten.sub", "aten.mul", "aten.div"), _binary),
}
"""Operator without its overload, to its rule. The arguments are torch's own, in the schema's order."""

SPARSE_RULES: dict[str, Rule] = {
    "aten.matmul": _sparse_mm,
    "aten.mm": _sparse_mm,
    "aten.mv": _sparse_mm,
    "aten.addmm": _sparse_addmm,
    "aten._sparse_mm": _sparse_mm,
    "aten._sparse_addmm": _sparse_addmm,
    "aten.linear": _linear,
}
"""The rules that also hold when the matrix is sparse; its non-zeros are on the tape, so its price is right."""

WHOLE = frozenset(
    {
        *("aten.linear", "aten.matmul", "aten.layer_norm", "aten.scaled_dot_product_attention", "aten.softmax"),
        *("aten.lstm", "aten.gru", "aten.rnn_tanh", "aten.rnn_relu", "aten.reshape"),
        *("aten.lstm_cell", "aten.gru_cell", "aten.rnn_tanh_cell", "aten.rnn_relu_cell"),
    }
)
"""Composite operators that are recorded as one node, so that a tape is the same on every device and with every backend.

Every other composite operator is taken apart by torch, and its parts are recorded.
"""
