"""Convolutions, against torch's own counter; the bias by hand."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from harness.cost.operators import Call, Count
from tests.cost.operators.calls import cost, count, made, parts, priced, value

X1, X2, X3 = torch.randn(2, 4, 9), torch.randn(2, 4, 9, 8), torch.randn(2, 4, 5, 6, 7)

RUNS: list[tuple[str, Callable[[Tensor | None], Tensor]]] = [
    ("conv1d", lambda bias: F.conv1d(X1, torch.ones(6, 4, 3), bias)),
    ("conv1d stride", lambda bias: F.conv1d(X1, torch.ones(6, 4, 3), bias, stride=2, padding=1, dilation=2)),
    ("conv1d groups", lambda bias: F.conv1d(X1, torch.ones(6, 2, 3), bias, groups=2)),
    ("conv1d same", lambda bias: F.conv1d(X1, torch.ones(6, 4, 3), bias, padding="same")),
    ("conv1d unbatched", lambda bias: F.conv1d(X1[0], torch.ones(6, 4, 3), bias)),
    ("conv2d", lambda bias: F.conv2d(X2, torch.ones(6, 4, 3, 2), bias)),
    ("conv2d depthwise", lambda bias: F.conv2d(X2, torch.ones(4, 1, 3, 2), bias, groups=4)),
    ("conv3d", lambda bias: F.conv3d(X3, torch.ones(6, 4, 2, 3, 2), bias)),
    ("conv_transpose1d", lambda bias: F.conv_transpose1d(X1, torch.ones(4, 6, 3), bias)),
    ("conv_transpose1d groups", lambda bias: F.conv_transpose1d(X1, torch.ones(4, 3, 3), bias, stride=2, groups=2)),
    ("conv_transpose2d", lambda bias: F.conv_transpose2d(X2, torch.ones(4, 6, 3, 2), bias, stride=3)),
    ("conv_transpose3d", lambda bias: F.conv_transpose3d(X3, torch.ones(4, 6, 2, 2, 2), bias)),
]
IDS = [name for name, _ in RUNS]


@pytest.mark.parametrize("run", [run for _, run in RUNS], ids=IDS)
def test_macs_are_those_of_torch(run: Callable[[Tensor | None], Tensor]) -> None:
    with FlopCounterMode(display=False) as counter:
        run(None)
    assert cost(lambda: run(None)) == Count(counter.get_total_flops() // 2, counter.get_total_flops())


@pytest.mark.parametrize("run", [run for _, run in RUNS], ids=IDS)
def test_a_bias_is_one_addition_for_each_output(run: Callable[[Tensor | None], Tensor]) -> None:
    channels = 4 if run is dict(RUNS)["conv2d depthwise"] else 6
    bias = torch.randn(channels)
    assert cost(lambda: run(bias)).flops - cost(lambda: run(None)).flops == run(bias).numel()
    assert priced(parts(lambda: run(bias))) == cost(lambda: run(bias))


X, W, OUT = value(2, 4, 9, 8), value(6, 4, 3, 2), value(2, 6, 7, 7)
MACS = 2 * 6 * 7 * 7 * 4 * 3 * 2
TRANSPOSED_MACS = 2 * 4 * 9 * 8 * 5 * 3 * 2


@pytest.mark.parametrize(
    ("call", "macs", "other"),
    [
        (made("aten.mkldnn_convolution.default", X, W, value(6), out=(OUT,)), MACS, 588),
        (
            made(
                "aten.convolution_overrideable.default",
                X,
                W,
                None,
                (1, 1),
                (0, 0),
                (1, 1),
                False,
                (0, 0),
                1,
                out=(OUT,),
            ),
            MACS,
            0,
        ),
        (made("aten.thnn_conv2d.default", X, W, (3, 2), value(6), out=(OUT,)), MACS, 588),
        (made("aten._slow_conv2d_forward.default", X, W, (3, 2), None, out=(OUT,)), MACS, 0),
        (made("aten.cudnn_convolution.default", X, W, (0, 0), out=(OUT,)), MACS, 0),
        (made("aten.cudnn_convolution_relu.default", X, W, value(6), out=(OUT,)), MACS, 2 * 588),
        (
            made("aten.cudnn_convolution_transpose.default", X, value(4, 5, 3, 2), out=(value(2, 5, 11, 9),)),
            TRANSPOSED_MACS,
            0,
        ),
        (
            made(
                "aten.slow_conv_transpose2d.default", X, value(4, 5, 3, 2), (3, 2), value(5), out=(value(2, 5, 11, 9),)
            ),
            TRANSPOSED_MACS,
            990,
        ),
    ],
    ids=lambda item: getattr(item, "op", ""),
)
def test_count_of_kernels_that_do_not_run_here(call: Call, macs: int, other: int) -> None:
    assert count(call) == Count(macs, 2 * macs + other)


def test_time_first() -> None:
    x, weight, bias = torch.randn(9, 2, 4), torch.randn(3, 4, 6), torch.randn(6)
    macs = 7 * 2 * 6 * 4 * 3
    assert cost(lambda: torch.conv_tbc(x, weight, bias)) == Count(macs, 2 * macs + 7 * 2 * 6)


def test_complex_and_integer_convolutions() -> None:
    z, weight, bias = (torch.ones(*shape, dtype=torch.complex64) for shape in ((1, 4, 9), (6, 4, 3), (6,)))
    macs, outputs = 6 * 7 * 4 * 3, 6 * 7
    assert cost(lambda: F.conv1d(z, weight, bias)) == Count(4 * macs, 8 * macs + 2 * outputs)
    assert cost(lambda: F.conv1d(z.real.int(), weight.real.int())) == Count(macs, 2 * macs)
