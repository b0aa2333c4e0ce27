"""Norms and softmax, against the same written out."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.cost.operators import Count
from tests.cost.operators.calls import cost, count, made, parts, priced, value

X, W, BIAS = torch.randn(2, 6, 5), torch.randn(5), torch.randn(5)
CHANNELS, CHANNEL_W = torch.randn(3, 4, 5), torch.randn(4)
MEAN, VAR = torch.zeros(4), torch.ones(4)


def standardised(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Mean, variance and quotient in elementary steps."""
    centred = x - x.mean(dims, keepdim=True)
    variance = (centred * centred).mean(dims, keepdim=True)
    return centred / (variance + 1e-5).sqrt()


def stored(x: Tensor) -> Tensor:
    shape = (1, 4, 1)
    return (x - MEAN.reshape(shape)) / (VAR + 1e-5).sqrt().reshape(shape)


def softmax(x: Tensor) -> Tensor:
    weights = (x - x.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True)


def log_softmax(x: Tensor) -> Tensor:
    shifted = x - x.amax(-1, keepdim=True)
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


def logsumexp(x: Tensor) -> Tensor:
    top = x.amax(-1, keepdim=True)
    return (x - top).exp().sum(-1, keepdim=True).log() + top


FUSED: list[tuple[str, Callable[[], Tensor], Callable[[], Tensor]]] = [
    ("layer_norm", lambda: F.layer_norm(X, (5,)), lambda: standardised(X, (-1,))),
    ("layer_norm w", lambda: F.layer_norm(X, (5,), W), lambda: standardised(X, (-1,)) * W),
    ("layer_norm wb", lambda: F.layer_norm(X, (5,), W, BIAS), lambda: standardised(X, (-1,)) * W + BIAS),
    ("layer_norm 2 axes", lambda: F.layer_norm(X, (6, 5)), lambda: standardised(X, (-2, -1))),
    ("rms_norm", lambda: F.rms_norm(X, (5,), W), lambda: X * (X.square().mean(-1, True) + 1e-6).rsqrt() * W),
    ("group_norm", lambda: F.group_norm(CHANNELS, 2), lambda: standardised(CHANNELS.reshape(3, 2, 10), (-1,))),
    (
        "group_norm wb",
        lambda: F.group_norm(CHANNELS, 2, CHANNEL_W, CHANNEL_W),
        lambda: (
            standardised(CHANNELS.reshape(3, 2, 10), (-1,)).reshape(3, 4, 5) * CHANNEL_W[:, None] + CHANNEL_W[:, None]
        ),
    ),
    ("instance_norm", lambda: F.instance_norm(CHANNELS), lambda: standardised(CHANNELS, (-1,))),
    ("batch_norm", lambda: F.batch_norm(CHANNELS, MEAN, VAR), lambda: stored(CHANNELS)),
    (
        "batch_norm w",
        lambda: F.batch_norm(CHANNELS, MEAN, VAR, CHANNEL_W),
        lambda: stored(CHANNELS) * CHANNEL_W[:, None],
    ),
    (
        "batch_norm train",
        lambda: F.batch_norm(CHANNELS, None, None, training=True),
        lambda: standardised(CHANNELS, (0, 2)),
    ),
    ("softmax", lambda: X.softmax(-1), lambda: softmax(X)),
    ("softmax axis 1", lambda: X.softmax(1), lambda: softmax(X.transpose(1, 2))),
    ("log_softmax", lambda: X.log_softmax(-1), lambda: log_softmax(X)),
    ("logsumexp", lambda: X.logsumexp(-1), lambda: logsumexp(X)),
]


@pytest.mark.parametrize(("run", "by_hand"), [row[1:] for row in FUSED], ids=[row[0] for row in FUSED])
def test_fused_costs_what_it_costs_by_hand(run: Callable[[], Tensor], by_hand: Callable[[], Tensor]) -> None:
    assert cost(run) == cost(by_hand) == priced(parts(run))


def test_closed_forms() -> None:
    n, r = X.numel(), 12
    assert cost(lambda: X.softmax(-1)) == Count(0, 5 * n - 2 * r)
    assert cost(lambda: F.layer_norm(X, (5,), W, BIAS)) == Count(0, 5 * n + 2 * r + 2 * n)


def test_softmax_over_nothing_costs_nothing() -> None:
    assert cost(lambda: torch.zeros(3, 0).softmax(-1)) == Count(0, 0)


def test_softmax_of_a_cast_costs_the_same() -> None:
    assert cost(lambda: F.softmax(X.bfloat16(), -1, dtype=torch.float32)) == cost(lambda: X.softmax(-1))


@pytest.mark.parametrize(
    ("op", "args", "flops"),
    [
        ("_safe_softmax", (value(4, 5), -1), 5 * 20 - 2 * 4),
        ("_masked_softmax", (value(2, 3, 4, 5), value(2, 5), None, 1), 5 * 120 - 2 * 24),
        ("native_layer_norm", (value(4, 5), (5,), value(5), None, 1e-5), 5 * 20 + 2 * 4 + 20),
        ("native_group_norm", (value(3, 4, 5), None, None, 3, 4, 5, 2, 1e-5), 5 * 60 + 2 * 6),
        ("group_norm", (value(3, 4, 5), 2, None, value(4)), 5 * 60 + 2 * 6 + 60),
        ("native_group_norm", (value(3, 4, 5), None, value(4), 3, 4, 5, 2, 1e-5), 5 * 60 + 2 * 6 + 60),
        ("_fused_rms_norm", (value(4, 5), (5,), None, None), 3 * 20 + 2 * 4),
        ("_native_batch_norm_legit_no_training", (value(3, 4, 5), None, None, value(4), value(4)), 2 * 60 + 2 * 4),
        ("_native_batch_norm_legit.no_stats", (value(3, 4, 5), None, None, True), 5 * 60 + 2 * 4),
        ("instance_norm", (value(3, 4, 5), None, None, value(4), value(4), False), 2 * 60 + 2 * 12),
        ("_weight_norm", (value(4, 5), value(4, 1), 0), 3 * 20 + 4),
    ],
)
def test_kernels(op: str, args: tuple[object, ...], flops: int) -> None:
    key = f"aten.{op}" if "." in op else f"aten.{op}.default"
    assert count(made(key, *args, out=(args[0],))) == Count(0, flops)
