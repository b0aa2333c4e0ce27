"""Quantised operators: closed forms, on the operators as torch runs them."""

# ruff: noqa: PLW0108 - a lambda puts off what a bound method would compute at once

import pytest
import torch
from torch import nn

from harness.cost.operators import Call, Count
from tests.cost.operators.calls import cost, count, made, value, working

X = torch.rand(4, 6)
INTEGERS = torch.quantize_per_tensor(X, 0.1, 0, torch.quint8)
N, M = 24, 12


def test_to_integers_and_back() -> None:
    assert cost(lambda: torch.quantize_per_tensor(X, 0.1, 0, torch.quint8)) == Count(0, 5 * N)
    assert cost(lambda: torch.quantize_per_tensor_dynamic(X, torch.quint8, False)) == Count(0, 2 * (N - 1) + 5 * N)
    assert cost(lambda: torch._choose_qparams_per_tensor(X)) == Count(0, 2 * (N - 1))
    assert cost(lambda: INTEGERS.dequantize()) == Count(0, 2 * N)
    assert cost(lambda: torch.fake_quantize_per_tensor_affine(X, 0.1, 0, 0, 255)) == Count(0, 7 * N)


def test_dynamic_linear() -> None:
    model = nn.Sequential(nn.Linear(6, 3))
    quantised = torch.ao.quantization.quantize_dynamic(model, dtype=torch.qint8)
    macs = 4 * 6 * 3
    assert cost(lambda: quantised(X)) == Count(macs, 2 * macs + 2 * (N - 1) + 5 * N + 2 * M)


@pytest.mark.parametrize(
    ("name", "steps"), [("linear", 6), ("linear_relu", 7), ("linear_leaky_relu", 8), ("linear_tanh", 7)]
)
def test_static_linear(name: str, steps: int) -> None:
    call = made(f"quantized.{name}.default", value(4, 6, dtype="quint8"), out=(value(4, 3, dtype="quint8"),))
    assert count(call) == Count(72, 144 + steps * M)


def test_sums_and_products_of_integers() -> None:
    assert cost(lambda: torch.ops.quantized.add(INTEGERS, INTEGERS, 0.1, 0)) == Count(0, (2 + 2 + 1 + 5) * N)
    assert cost(lambda: torch.ops.quantized.mul_relu(INTEGERS, INTEGERS, 0.1, 0)) == Count(0, 11 * N)


A = value(4, 6, dtype="bfloat16")
OUT = value(4, 3, dtype="bfloat16")


@pytest.mark.parametrize(
    ("call", "macs", "other"),
    [
        (made("aten._weight_int8pack_mm.default", A, value(3, 6, dtype="int8"), value(3), out=(OUT,)), 72, M),
        (made("aten._weight_int4pack_mm.default", A, value(1, 1, dtype="int32"), 32, value(1), out=(OUT,)), 72, 36),
        (
            made("aten._dyn_quant_matmul_4bit.default", value(4, 6), value(9), 32, 6, 3, out=(OUT,)),
            72,
            46 + 5 * N + 2 * M,
        ),
        (made("quantized.linear_dynamic_fp16.default", value(4, 6), out=(value(4, 3),)), 72, M),
        (made("quantized.linear_relu_dynamic.default", value(4, 6), out=(value(4, 3),)), 72, 46 + 5 * N + 3 * M),
        (made("quantized.matmul.default", A, value(6, 3), 0.1, 0, out=(OUT,)), 72, 5 * M),
        (made("quantized.embedding_byte.default", None, value(9, dtype="int64"), out=(value(9, 5),)), 0, 2 * 45),
        (made("quantized.embedding_bag_byte.default", None, value(9, dtype="int64"), out=(value(3, 5),)), 0, 30 + 90),
    ],
    ids=lambda item: getattr(item, "op", ""),
)
def test_packed_weights(call: Call, macs: int, other: int) -> None:
    assert count(call) == Count(macs, 2 * macs + other)


def test_a_packed_convolution_is_unpriced() -> None:
    weight = torch.quantize_per_tensor(torch.rand(3, 6, 3), 0.1, 0, torch.qint8)
    packed = torch.ops.quantized.conv1d_prepack(weight, None, [1], [0], [1], 1)
    signal = torch.quantize_per_tensor(torch.rand(1, 6, 9), 0.1, 0, torch.quint8)
    calls = working(lambda: torch.ops.quantized.conv1d(signal, packed, 0.1, 0))
    assert [(call.op, count(call)) for call in calls] == [("quantized.conv1d.default", None)]
