"""What torch really executes, as the calls that formulas are given."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import harness.cost.operators
from harness.cost.operators import NOTHING, Call, Count
from harness.cost.tape import Symbol, Value


class Row(NamedTuple):
    """One row of a table of expectations: what runs, its MACs, and its other operations by a closed form."""

    op: str
    run: Callable[[], object]
    macs: int
    other: int


class Trace(TorchDispatchMode):
    """Writes down every operator with the shapes that it read and wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = plain(args), {name: plain(value) for name, value in kwargs.items()}
        result = func(*args, **kwargs)
        outputs = tuple(value for value in flat(plain(result)) if isinstance(value, Value))
        self.calls.append(Call(f"{func.namespace}.{func.__name__}", *given, outputs))
        return result


def whole(run: Callable[[], object]) -> list[Call]:
    """The calls of a function, composite operators left whole."""
    with torch.inference_mode(), Trace() as trace:
        run()
    return trace.calls


def parts(run: Callable[[], object]) -> list[Call]:
    """The calls of a function, composite operators taken apart by torch."""
    with torch.no_grad(), Trace() as trace:
        run()
    return trace.calls


def count(call: Call) -> Count | None:
    """The work of a call: the same with ints for sizes as with arrays of them."""
    done = harness.cost.operators.count(call)
    many = harness.cost.operators.count(Call(call.op, spread(call.args), spread(call.kwargs), spread(call.outputs)))
    if done is None or done is NOTHING:
        assert many is done, call.op
    else:
        assert many is not None
        for one, several in zip(done, many, strict=True):
            assert isinstance(one, int), call.op
            assert np.array_equal(np.broadcast_to(several, 3), [one] * 3), call.op
    return done


def spread(item: Any) -> Any:
    """Every size as an array of three, and so every number stored."""
    if isinstance(item, Value):
        sizes = tuple(np.full(3, size) for size in item.shape)
        return replace(item, shape=sizes, nnz=None if item.nnz is None else np.full(3, item.nnz))
    if isinstance(item, tuple):
        return tuple(spread(part) for part in item)
    return {name: spread(part) for name, part in item.items()} if isinstance(item, dict) else item


def priced(calls: list[Call]) -> Count:
    """The work of calls, every one of which must have a price."""
    counts = [(call, count(call)) for call in calls]
    if without := [call.op for call, done in counts if done is None]:
        raise AssertionError(f"without a price: {without}")
    return Count(sum(done.macs for _, done in counts if done), sum(done.flops for _, done in counts if done))


def cost(run: Callable[[], object]) -> Count:
    """The work of a function, composite operators left whole."""
    return priced(whole(run))


def working(run: Callable[[], object]) -> list[Call]:
    """The calls of a function that do arithmetic."""
    return [call for call in whole(run) if count(call) is not NOTHING]


def plain(item: Any) -> Any:
    """What a tape would hold in place of an argument of torch."""
    if isinstance(item, Tensor):
        sparse = item.layout != torch.strided
        stored = item.values().numel() if item.layout == torch.sparse_csr else item._nnz() if sparse else None
        return Value(tuple(item.shape), str(item.dtype)[6:], str(item.layout)[6:], stored)
    if isinstance(item, list | tuple):
        return tuple(plain(part) for part in item)
    if isinstance(item, torch.dtype | torch.layout | torch.device | torch.memory_format | torch.ScriptObject):
        return Symbol(type(item).__name__, str(item))
    return item


def flat(item: Any) -> list[Any]:
    """The items of nested tuples."""
    return [part for inner in item for part in flat(inner)] if isinstance(item, tuple) else [item]


def made(op: str, *args: Any, out: tuple[Value, ...], **kwargs: Any) -> Call:
    """A call of an operator that does not run on this machine."""
    return Call(op, args, kwargs, out)


def value(*shape: int, dtype: str = "float32") -> Value:
    """A dense value."""
    return Value(shape, dtype)
