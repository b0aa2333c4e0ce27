"""Reductions, distances, pooling, sorting, bags, transforms, factorisations: closed forms and brute force."""

# ruff: noqa: PLW0108 - a lambda puts off what a bound method would compute at once

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.cost.operators import Count
from tests.cost.operators.calls import Row, cost, count, made, parts, priced, value, whole

X, Y = torch.rand(4, 6), torch.rand(4, 6)
N, R = 24, 4
PLACES = torch.tensor([0, 2, 0])

ROWS = [
    Row("sum", lambda: X.sum(), 0, 23),
    Row("sum rows", lambda: X.sum(-1), 0, N - R),
    Row("sum axes", lambda: X[None].sum((0, -1), keepdim=True), 0, N - R),
    Row("sum of one", lambda: X[:, :1].sum(1), 0, 0),
    Row("sum of nothing", lambda: torch.zeros(4, 0).sum(1), 0, 0),
    Row("mean", lambda: X.mean(1), 0, N),
    Row("amax", lambda: X.amax(1), 0, N - R),
    Row("max", lambda: X.max(1), 0, N - R),
    Row("argmax", lambda: X.argmax(-1), 0, N - R),
    Row("prod", lambda: X.prod(1), 0, N - R),
    Row("equal", lambda: torch.equal(X, Y), 0, N),
    Row("unique_consecutive", lambda: torch.unique_consecutive(X), 0, N),
    Row("aminmax", lambda: torch.aminmax(X, dim=1), 0, 2 * (N - R)),
    Row("count_nonzero", lambda: torch.count_nonzero(X), 0, N),
    Row("trace", lambda: X.trace(), 0, 3),
    Row("cumsum", lambda: X.cumsum(-1), 0, N - R),
    Row("cumprod", lambda: X.cumprod(0), 0, N - 6),
    Row("logcumsumexp", lambda: X.logcumsumexp(1), 0, 4 * (N - R)),
    Row("diff", lambda: X.diff(), 0, 20),
    Row("index_add", lambda: torch.index_add(X, 0, PLACES, Y[:3]), 0, 18),
    Row("index_add alpha", lambda: torch.index_add(X, 0, PLACES, Y[:3], alpha=2), 0, 36),
    Row("scatter_add", lambda: X.scatter_add(0, PLACES[None], Y), 0, 3),
    Row("scatter_reduce", lambda: X.scatter_reduce(0, PLACES[None], Y, "amax"), 0, 3),
    Row("index_put", lambda: X.index_put((PLACES,), Y[:3]), 0, 0),
    Row("index_put adding", lambda: X.index_put((PLACES,), Y[:3], accumulate=True), 0, 18),
    Row("bincount", lambda: torch.bincount(PLACES, X[0, :3]), 0, 3),
    Row("histc", lambda: X.histc(4), 0, 3 * N),
    Row("col2im", lambda: F.fold(torch.ones(1, 4, 9), (4, 4), 2), 0, 36),
    Row("sort", lambda: X.sort(-1), 0, round(24 * math.log2(6))),
    Row("argsort axis 0", lambda: X.argsort(0), 0, 24 * 2),
    Row("topk", lambda: X.topk(4), 0, 24 + 24 * 2),
    Row("topk of one", lambda: X.topk(1), 0, 24),
    Row("kthvalue", lambda: X.kthvalue(2), 0, 24 + 24),
    Row("median", lambda: X.median(1), 0, 24 + round(24 * math.log2(3))),
    Row(
        "searchsorted",
        lambda: torch.searchsorted(X[0].sort()[0], Y[0]),
        0,
        round(6 * math.log2(6)) + round(6 * math.log2(7)),
    ),
    Row("bucketize", lambda: torch.bucketize(X, torch.arange(3.0)), 0, 24 * 2),
    Row("unique", lambda: torch.unique(X), 0, round(24 * math.log2(24))),
    Row("isin", lambda: torch.isin(X, Y[0]), 0, 24 * 6),
    Row("avg_pool1d", lambda: F.avg_pool1d(X, 2), 0, 2 * 12),
    Row("avg_pool2d", lambda: F.avg_pool2d(torch.ones(2, 3, 6, 6), (2, 3)), 0, 6 * 36),
    Row("avg_pool3d", lambda: F.avg_pool3d(torch.ones(1, 3, 4, 4, 4), 2), 0, 8 * 24),
    Row("max_pool1d", lambda: F.max_pool1d(X, 3), 0, 2 * 8),
    Row("max_pool2d", lambda: F.max_pool2d(torch.ones(2, 3, 6, 6), 2), 0, 3 * 54),
    Row("linear", lambda: F.interpolate(X[None], scale_factor=2.0, mode="linear"), 0, 3 * 48),
    Row("bilinear", lambda: F.interpolate(X[None, None], scale_factor=2.0, mode="bilinear"), 0, 9 * 96),
    Row("bicubic", lambda: F.interpolate(X[None, None], scale_factor=2.0, mode="bicubic"), 0, 35 * 96),
    Row("trilinear", lambda: F.interpolate(X[None, None, None], scale_factor=2.0, mode="trilinear"), 0, 21 * 192),
    Row("cdist", lambda: torch.cdist(X, Y[:3]), 0, 3 * 12 * 6),
    Row("cdist 1", lambda: torch.cdist(X, Y[:3], p=1), 0, 3 * 72 - 12),
    Row("pdist", lambda: F.pdist(X), 0, 3 * 6 * 6),
    Row("pdist 1", lambda: F.pdist(X, p=1), 0, 3 * 36 - 6),
    Row("msort", lambda: X.msort(), 0, 24 * 2),
    Row("dist", lambda: torch.dist(X, Y), 0, 3 * 24),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_count(row: Row) -> None:
    assert cost(row.run) == Count(row.macs, 2 * row.macs + row.other)


def spread(x: Tensor) -> Tensor:
    """The variance in elementary steps."""
    return (x - x.mean(1, keepdim=True)).square().sum(1) / 5


def renormed(x: Tensor) -> Tensor:
    lengths = x.square().sum(1).sqrt()
    return x * torch.where(lengths > 1, lengths.reciprocal(), 1.0)[:, None]


def cosine(x: Tensor, y: Tensor) -> Tensor:
    lengths = [torch.maximum(z.square().sum(1).sqrt(), torch.ones(4)) for z in (x, y)]
    return ((x / lengths[0][:, None]) * (y / lengths[1][:, None])).sum(1)


FUSED: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
    ("var", lambda: X.var(1), lambda: spread(X)),
    ("var_mean", lambda: torch.var_mean(X, 1), lambda: spread(X)),
    ("std", lambda: X.std(1), lambda: spread(X).sqrt()),
    ("norm 2", lambda: X.norm(dim=1), lambda: X.square().sum(1).sqrt()),
    ("norm 1", lambda: X.norm(1, dim=1), lambda: X.abs().sum(1)),
    ("norm inf", lambda: X.norm(float("inf"), dim=1), lambda: X.abs().amax(1)),
    ("norm 3", lambda: X.norm(3, dim=1), lambda: X.abs().pow(3).sum(1).pow(1 / 3)),
    ("frobenius", lambda: torch.ops.aten.frobenius_norm.dim(X, [0, 1]), lambda: X.square().sum().sqrt()),
    ("renorm", lambda: X.renorm(2, 0, 1.0), lambda: renormed(X)),
    ("matrix norm", lambda: torch.linalg.matrix_norm(X), lambda: X.square().sum().sqrt()),
    ("cosine", lambda: F.cosine_similarity(X, Y), lambda: cosine(X, Y)),
    ("pairwise", lambda: F.pairwise_distance(X, Y), lambda: (X - Y + 1e-6).square().sum(1).sqrt()),
]


@pytest.mark.parametrize(("run", "by_hand"), [row[1:] for row in FUSED], ids=[row[0] for row in FUSED])
def test_fused_costs_what_it_costs_by_hand(run: Callable[[], object], by_hand: Callable[[], object]) -> None:
    assert cost(run) == cost(by_hand) == priced(parts(run))


def test_differences_of_differences_are_unpriced() -> None:
    assert [count(call) for call in whole(lambda: X.diff(2))] == [None]


@pytest.mark.parametrize(("inputs", "outputs"), [(7, 3), (8, 4), (5, 5), (3, 7), (9, 1), (12, 8)])
def test_adaptive_pooling_reads_what_its_windows_cover(inputs: int, outputs: int) -> None:
    windows = [range(at * inputs // outputs, -(-(at + 1) * inputs // outputs)) for at in range(outputs)]
    read = 3 * sum(map(len, windows))
    x = torch.rand(3, inputs)
    assert cost(lambda: F.adaptive_avg_pool1d(x, outputs)) == Count(0, read)
    assert cost(lambda: F.adaptive_max_pool1d(x, outputs)) == Count(0, read - 3 * outputs)


TABLE, INDICES, OFFSETS = torch.rand(20, 5), torch.arange(9), torch.tensor([0, 4, 5])
SUMS = 6 * 5


@pytest.mark.parametrize(
    ("mode", "weights", "operations"),
    [("sum", None, SUMS), ("mean", None, SUMS + 15), ("max", None, SUMS), ("sum", torch.ones(9), SUMS + 45)],
)
def test_bags(mode: str, weights: Tensor | None, operations: int) -> None:
    run = lambda: F.embedding_bag(INDICES, TABLE, OFFSETS, mode=mode, per_sample_weights=weights)  # noqa: E731
    assert cost(run) == priced(parts(run)) == Count(0, operations)


def test_bags_of_equal_length() -> None:
    indices = torch.zeros(4, 3, dtype=torch.long)
    assert cost(lambda: F.embedding_bag(indices, TABLE, mode="sum")) == Count(0, (12 - 4) * 5)


SQUARE, TALL = value(2, 5, 5), value(2, 7, 5)


@pytest.mark.parametrize(
    ("op", "args", "out", "flops"),
    [
        ("linalg_cholesky", (SQUARE,), SQUARE, 2 * 125 // 3),
        ("linalg_lu_factor", (SQUARE,), SQUARE, 2 * (2 * 125 // 3)),
        ("linalg_inv", (SQUARE,), SQUARE, 2 * 250),
        ("linalg_solve", (SQUARE, value(2, 5, 3)), value(2, 5, 3), 2 * (2 * 125 // 3) + 2 * 2 * 25 * 3),
        ("linalg_solve_triangular", (SQUARE, value(2, 5, 3)), value(2, 5, 3), 2 * 25 * 3),
        ("triangular_solve", (value(2, 5, 3), SQUARE), value(2, 5, 3), 2 * 25 * 3),
        ("linalg_qr", (TALL,), TALL, 2 * (4 * (3 * 25 * 7 - 125) // 3)),
        ("linalg_qr", (TALL, "r"), TALL, 2 * (2 * (3 * 25 * 7 - 125) // 3)),
        ("linalg_svd", (TALL,), TALL, 2 * (14 * 7 * 25 + 8 * 125)),
        ("linalg_svdvals", (TALL,), value(2, 5), 2 * ((12 * 7 * 25 - 4 * 125) // 3)),
        ("linalg_eigh", (SQUARE,), value(2, 5), 2 * 9 * 125),
        ("linalg_eigvalsh", (SQUARE,), value(2, 5), 2 * (500 // 3)),
        ("cholesky_solve", (value(2, 5, 3), SQUARE), value(2, 5, 3), 2 * 2 * 25 * 3),
    ],
)
def test_factorisations(op: str, args: tuple[object, ...], out: object, flops: int) -> None:
    assert count(made(f"aten.{op}.default", *args, out=(out,))) == Count(0, flops)
