"""Kronecker layers against torch.kron, and their traced cost against the closed form."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from baselines.layers.kronecker import KroneckerEmbedding, KroneckerLinear
from harness import count_flops

SIZES = [  # m1, n1, m2, n2, terms: each order of the products, each way of the first factor, sums
    (6, 4, 2, 3, 1),
    (6, 4, 2, 3, 3),
    (8, 2, 6, 8, 1),
    (8, 2, 6, 8, 2),
    (2, 8, 8, 6, 1),
    (2, 8, 8, 6, 3),
    (9, 10, 5, 2, 1),
    (3, 12, 2, 2, 2),
    (3, 12, 7, 2, 1),
]


def dense(layer: KroneckerLinear) -> torch.Tensor:
    """The weight that is never formed."""
    return torch.stack([torch.kron(A, B) for A, B in zip(layer.A, layer.B, strict=True)]).sum(0)


def draw(module: nn.Module) -> nn.Module:
    torch.manual_seed(2)
    for parameter in module.parameters():
        nn.init.normal_(parameter)
    return module.double()


@pytest.mark.parametrize("sizes", SIZES)
def test_outputs_and_gradients_are_those_of_the_product_formed(sizes: tuple[int, ...]) -> None:
    layer = draw(KroneckerLinear(*sizes))
    m1, n1, m2, n2, _ = sizes
    x = torch.randn(2, 5, n1 * n2, dtype=torch.double, requires_grad=True)
    outputs = layer(x)
    expected = nn.functional.linear(x, dense(layer), layer.bias)
    assert outputs.shape == (2, 5, m1 * m2)
    assert torch.allclose(outputs, expected)
    direction = torch.randn_like(outputs)
    wanted = [x, layer.A, layer.B, layer.bias]
    for found, true in zip(
        torch.autograd.grad(outputs, wanted, direction), torch.autograd.grad(expected, wanted, direction), strict=True
    ):
        assert torch.allclose(found, true)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("tokens", [1, 7])
def test_the_traced_cost_is_the_closed_form(sizes: tuple[int, ...], tokens: int) -> None:
    m1, n1, m2, n2, terms = sizes
    cost = count_flops(KroneckerLinear(*sizes), {"x": torch.zeros(1, tokens, n1 * n2)})
    macs = terms * min(m2 * n2 * n1 + m2 * n1 * m1, m1 * n1 * n2 + n2 * m1 * m2)
    assert cost.macs == tokens * macs
    assert cost.flops == tokens * (2 * macs + m1 * m2)  # and the bias
    assert not cost.unpriced


def test_every_way_to_compute_is_among_the_sizes() -> None:
    layers = [KroneckerLinear(*sizes) for sizes in SIZES]
    assert {(layer.b_first, layer.a_is_small) for layer in layers} == {(b, a) for b in (0, 1) for a in (0, 1)}


def test_parameters_are_those_of_the_factors() -> None:
    assert sum(p.numel() for p in KroneckerLinear(8, 2, 6, 5, 3).parameters()) == 3 * (8 * 2 + 6 * 5) + 48
    assert sum(p.numel() for p in KroneckerEmbedding(11, 12, 4).parameters()) == 11 * 3 + 4


@pytest.mark.parametrize("make", [lambda: KroneckerLinear(16, 12, 9, 10, 2), lambda: KroneckerLinear(4, 3, 30, 40)])
def test_new_layers_keep_the_size_of_their_inputs(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    layer = make()
    outputs = layer(torch.randn(4000, layer.A.shape[2] * layer.B.shape[2]))
    assert outputs.std().item() == pytest.approx(1, rel=0.3)


def test_rows_of_an_embedding_are_kronecker_products() -> None:
    table = draw(KroneckerEmbedding(7, 12, 4))
    ids = torch.tensor([[3, 0, 6], [3, 3, 1]])
    rows = table(ids)
    assert rows.shape == (2, 3, 12)
    for place in ((0, 0), (0, 2), (1, 2)):
        assert torch.equal(rows[place], torch.kron(table.A[ids[place]], table.B[0]))
    assert torch.allclose(rows, nn.functional.embedding(ids, torch.kron(table.A, table.B)))


def test_a_row_of_an_embedding_costs_its_width() -> None:
    cost = count_flops(KroneckerEmbedding(7, 12, 4), {"ids": torch.zeros(1, 5, dtype=torch.long)})
    assert (cost.macs, cost.flops) == (0, 5 * 12)
    assert not cost.unpriced
