"""Elementwise arithmetic and activations: one FLOP a primitive, fused ones by what they are made of."""

# ruff: noqa: PLW0108 - a lambda puts off what a bound method would compute at once

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.cost.operators import NOTHING, Count
from harness.cost.operators.elementwise import PRIMITIVES
from tests.cost.operators.calls import cost, count, parts, priced, whole

X, Y, COLUMN = torch.rand(4, 5), torch.rand(4, 5) + 0.5, torch.rand(4, 1)
Z = torch.rand(4, 5, dtype=torch.complex64)
N = 20


def operands(schema: torch._C.FunctionSchema) -> list[Any] | None:
    """Numbers for an operator of tensors and scalars; None where it needs something else."""
    given: list[Any] = []
    for argument in schema.arguments:
        if argument.has_default_value():
            continue
        kind = str(argument.type)
        if kind not in ("Tensor", "number") or argument.kwarg_only:
            return None
        given.append((X, Y)[len(given) % 2] if kind == "Tensor" else 2.0)
    return given


@pytest.mark.parametrize("name", PRIMITIVES.split())
def test_a_primitive_is_one_operation_an_element(name: str) -> None:
    base, _, chosen = name.partition(".")
    packet = getattr(torch.ops.aten, base)
    for overload in [chosen] if chosen else packet.overloads():
        run = getattr(packet, overload)
        given = operands(run._schema)
        if given and not overload.endswith("out") and any(isinstance(item, Tensor) for item in given):
            calls = whole(lambda run=run, given=given: run(*given))
            assert priced(calls) == Count(0, N), run


def test_in_place_and_list_forms_cost_the_same() -> None:
    assert cost(lambda: X.clone().mul_(2).add_(Y).exp_()) == Count(0, 3 * N)
    assert cost(lambda: torch._foreach_add([X, COLUMN], [Y, COLUMN])) == Count(0, N + 4)
    assert cost(lambda: torch._foreach_mul_([X.clone(), COLUMN.clone()], 2.0)) == Count(0, N + 4)


FUSED: list[tuple[str, Callable[[], Tensor], Callable[[], Tensor]]] = [
    ("broadcast", lambda: X + COLUMN, lambda: X + COLUMN.expand(4, 5)),
    ("add alpha", lambda: torch.add(X, COLUMN, alpha=2), lambda: X + 2 * COLUMN),
    ("rsub alpha", lambda: torch.rsub(X, Y, alpha=3), lambda: Y - 3 * X),
    ("div floor", lambda: torch.div(X, Y, rounding_mode="floor"), lambda: (X / Y).floor()),
    ("floor_divide", lambda: X // Y, lambda: (X / Y).floor()),
    ("frac", lambda: X.frac(), lambda: X - X.trunc()),
    ("addcmul", lambda: torch.addcmul(X, Y, COLUMN, value=2), lambda: X + 2 * (Y * COLUMN)),
    ("addcdiv", lambda: torch.addcdiv(X, Y, COLUMN), lambda: X + Y / COLUMN),
    ("lerp", lambda: torch.lerp(X, Y, 0.3), lambda: X + 0.3 * (Y - X)),
    ("clamp", lambda: X.clamp(0, 1), lambda: torch.minimum(torch.maximum(X, COLUMN), COLUMN)),
    ("clamp min", lambda: X.clamp(min=0), lambda: torch.maximum(X, COLUMN)),
    ("hypot", lambda: torch.hypot(X, Y), lambda: (X.square() + Y.square()).sqrt()),
    ("logaddexp", lambda: torch.logaddexp(X, Y), lambda: (X.exp() + Y.exp()).log()),
    ("xlogy", lambda: torch.xlogy(X, Y), lambda: X * Y.log()),
    ("cross", lambda: torch.linalg.cross(X[:, :3], Y[:, :3]), lambda: X[:, :3] * Y[:, :3] - X[:, 1:4] * Y[:, 1:4]),
    ("sinc", lambda: X.sinc(), lambda: (X * math.pi).sin() / Y),
    ("entr", lambda: torch.special.entr(X), lambda: -(X * X.log())),
    ("nan_to_num", lambda: X.nan_to_num(), lambda: torch.where(X.isnan() | (X == 1) | (X == 2), 0, X)),
    ("log_ndtr", lambda: torch.special.log_ndtr(X), lambda: torch.special.ndtr(X).log()),
    ("ndtr", lambda: torch.special.ndtr(X), lambda: (1 + torch.erf(X / math.sqrt(2))) * 0.5),
    ("relu", lambda: X.relu(), lambda: torch.maximum(X, COLUMN)),
    ("relu6", lambda: F.relu6(X), lambda: X.clamp(0, 6)),
    ("leaky_relu", lambda: F.leaky_relu(X), lambda: torch.where(X > 0, X, 0.01 * X)),
    ("prelu", lambda: F.prelu(X, torch.zeros(1)), lambda: torch.where(X > 0, X, 0.25 * X)),
    ("rrelu", lambda: F.rrelu(X), lambda: torch.where(X > 0, X, 0.25 * X)),
    ("elu", lambda: F.elu(X), lambda: torch.where(X > 0, X, X.exp() - 1)),
    ("elu alpha", lambda: F.elu(X, 2.0), lambda: torch.where(X > 0, X, 2 * (X.exp() - 1))),
    ("selu", lambda: F.selu(X), lambda: 1.05 * torch.where(X > 0, X, 1.67 * (X.exp() - 1))),
    ("celu", lambda: F.celu(X, 2.0), lambda: torch.where(X > 0, X, 2 * ((X / 2).exp() - 1))),
    ("sigmoid", lambda: X.sigmoid(), lambda: (1 + (-X).exp()).reciprocal()),
    ("silu", lambda: F.silu(X), lambda: X * X.sigmoid()),
    ("glu", lambda: F.glu(X[:, :4]), lambda: X[:, :2] * X[:, 2:4].sigmoid()),
    ("logsigmoid", lambda: F.logsigmoid(X), lambda: X.sigmoid().log()),
    ("logit", lambda: torch.logit(X), lambda: (X / (1 - X)).log()),
    ("logit eps", lambda: torch.logit(X, 1e-6), lambda: (X.clamp(0, 1) / (1 - X)).log()),
    ("softplus", lambda: F.softplus(X), lambda: (1 + X.exp()).log()),
    ("softplus beta", lambda: F.softplus(X, 2), lambda: (1 + (2 * X).exp()).log() / 2),
    ("mish", lambda: F.mish(X), lambda: X * F.softplus(X).tanh()),
    ("gelu", lambda: F.gelu(X), lambda: X * 0.5 * (1 + torch.erf(X / math.sqrt(2)))),
    (
        "gelu tanh",
        lambda: F.gelu(X, approximate="tanh"),
        lambda: 0.5 * X * (1 + torch.tanh(0.8 * (X + 0.044715 * X**3))),
    ),
    ("hardsigmoid", lambda: F.hardsigmoid(X), lambda: F.relu6(X + 3) / 6),
    ("hardswish", lambda: F.hardswish(X), lambda: X * F.hardsigmoid(X)),
    ("hardtanh", lambda: F.hardtanh(X), lambda: X.clamp(-1, 1)),
    ("hardshrink", lambda: F.hardshrink(X), lambda: torch.where(X.abs() > 0.5, X, 0)),
    ("softshrink", lambda: F.softshrink(X), lambda: torch.where(X > 0.5, X - 0.5, torch.where(X < -0.5, X + 0.5, 0))),
    ("threshold", lambda: F.threshold(X, 0.1, 0), lambda: torch.where(X > 0.1, X, 0)),
]


@pytest.mark.parametrize(("run", "by_hand"), [row[1:] for row in FUSED], ids=[row[0] for row in FUSED])
def test_fused_costs_what_it_costs_by_hand(run: Callable[[], Tensor], by_hand: Callable[[], Tensor]) -> None:
    assert cost(run) == cost(by_hand) == priced(parts(run))


@pytest.mark.parametrize(
    ("run", "operations"),
    [
        (lambda: Z + Z, 2 * N),
        (lambda: torch.add(Z, Z, alpha=2), 4 * N),
        (lambda: Z * Z, 6 * N),
        (lambda: Z * X, 2 * N),
        (lambda: Z * 2.0, 2 * N),
        (lambda: Z / Z, 11 * N),
        (lambda: Z / 2.0, 2 * N),
        (lambda: Z.abs(), 4 * N),
        (lambda: Z.exp(), 5 * N),
        (lambda: torch.polar(X, Y), 4 * N),
        (lambda: Z.angle(), N),
        (lambda: Z.real + Z.imag, N),
        (lambda: Z.sum(1), 2 * (N - 4)),
        (lambda: Z.mean(1), 2 * N),
    ],
)
def test_complex_numbers(run: Callable[[], Tensor], operations: int) -> None:
    assert cost(run) == Count(0, operations)


def test_a_complex_function_without_a_formula_is_unpriced() -> None:
    assert [count(call) for call in whole(lambda: Z.tanh())] == [None]


IDS, FLAGS = torch.arange(20).reshape(4, 5), torch.ones(4, 5, dtype=torch.bool)


@pytest.mark.parametrize(
    "run",
    [
        lambda: IDS + IDS * 2 - 1,
        lambda: IDS.cumsum(1),
        lambda: (IDS > 3) & FLAGS,
        lambda: IDS.sum(),
        lambda: FLAGS.sum(1),
        lambda: IDS.max(1),
        lambda: IDS.sort(),
        lambda: FLAGS.all(),
        lambda: X.masked_fill(FLAGS, 0.0),
        lambda: torch.where(FLAGS, X, Y),
        lambda: X.to(torch.float64).t().contiguous()[:, 1:],
        lambda: F.embedding(IDS, torch.zeros(20, 3)),
        lambda: torch.cat([X, Y]).reshape(2, -1).chunk(2),
        lambda: F.one_hot(IDS),
        lambda: F.dropout(X, 0.1, training=False),
        lambda: torch.arange(5.0).repeat(3),
        lambda: F.interpolate(X[None], scale_factor=2.0),
    ],
)
def test_bookkeeping_is_free(run: Callable[[], object]) -> None:
    calls = whole(run)
    assert calls
    assert all(count(call) is NOTHING for call in calls)


def test_integers_that_become_real_numbers_are_counted() -> None:
    assert cost(lambda: IDS / 2) == Count(0, N)
    assert cost(lambda: IDS * 0.5) == Count(0, N)
    assert cost(lambda: (1.0 - FLAGS.float()) * -1e9) == Count(0, 2 * N)


def test_dropout_in_training_masks_and_scales() -> None:
    calls = whole(lambda: torch.native_dropout(X, 0.1, True))
    assert priced(calls) == Count(0, 2 * N)
