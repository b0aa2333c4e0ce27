"""Fourier transforms: 5 N log2 N, by hand, and what torch makes of its composite functions."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from harness.cost.operators import Count
from tests.cost.operators.calls import cost, count, made, parts, priced, value

X = torch.rand(3, 10, 12)
Z = torch.rand(3, 10, 12, dtype=torch.complex64)


def transform(points: int, length: int, operations: float) -> Count:
    return Count(0, round(operations * points * math.log2(length)))


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (lambda: torch.fft.fft(Z), transform(360, 12, 5)),
        (lambda: torch.fft.ifft(Z, norm="ortho"), transform(360, 12, 5)),
        (lambda: torch.fft.fft(Z, dim=1), transform(360, 10, 5)),
        (lambda: torch.fft.fft(Z, n=16), transform(480, 16, 5)),
        (lambda: torch.fft.fft(X), transform(360, 12, 2.5)),
        (lambda: torch.fft.fft(X, n=16), transform(480, 16, 2.5)),
        (lambda: torch.fft.rfft(X), transform(360, 12, 2.5)),
        (lambda: torch.fft.rfft(X, n=9), transform(270, 9, 2.5)),
        (lambda: torch.fft.irfft(Z), transform(660, 22, 2.5)),
        (lambda: torch.fft.irfft(Z, n=21), transform(630, 21, 2.5)),
        (lambda: torch.fft.hfft(Z), transform(660, 22, 2.5)),
        (lambda: torch.fft.ihfft(X), transform(360, 12, 2.5)),
        (lambda: torch.fft.fft2(Z), transform(360, 120, 5)),
        (lambda: torch.fft.fftn(X, dim=(1, 2)), transform(360, 120, 5)),
        (lambda: torch.fft.fftn(Z), transform(360, 360, 5)),
        (lambda: torch.fft.fftn(Z, dim=-1), transform(360, 12, 5)),
        (lambda: torch.fft.ifftn(Z, s=(4, 8)), transform(96, 32, 5)),
        (lambda: torch.fft.rfft2(X), transform(360, 120, 2.5)),
        (lambda: torch.fft.rfftn(X, s=(4, -1), dim=(1, 2)), transform(144, 48, 2.5)),
        (lambda: torch.fft.irfft2(Z), transform(660, 220, 2.5)),
        (lambda: torch.fft.irfftn(Z), transform(660, 660, 2.5)),
        (lambda: torch.fft.fft(Z[..., :1]), Count(0, 0)),
    ],
)
def test_transforms(run: Callable[[], Tensor], expected: Count) -> None:
    assert cost(run) == priced(parts(run)) == expected


def test_short_time_transform() -> None:
    signal, window = torch.rand(2, 40), torch.ones(8)
    run = lambda: torch.stft(signal, 8, hop_length=4, window=window, return_complex=True)  # noqa: E731
    frames = 2 * (40 // 4 + 1)
    expected = Count(0, round(2.5 * frames * 8 * 3) + frames * 8)
    assert cost(run) == priced(parts(run)) == expected
    pairs = made("aten.stft.default", value(2, 56), 8, 4, 8, value(8), out=(value(2, 5, 13, 2),))
    assert count(pairs) == Count(0, round(2.5 * 26 * 8 * 3) + 26 * 8)
