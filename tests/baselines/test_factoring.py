"""Factors against the singular values, the paper's own closed form, and numerical optima."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from baselines.calibration import second_moment, with_one
from baselines.factoring import (
    break_even,
    compressed,
    narrower,
    principal_outputs,
    projected,
    score_factors,
    shortened,
    singular_outputs,
)

SHAPES = [(6, 9), (9, 6), (7, 7)]
"""Of a matrix [m, n]."""


def linear(m: int, n: int) -> nn.Linear:
    torch.manual_seed(m * 10 + n)
    return nn.Linear(n, m).double()


def inputs(n: int, tokens: int = 40, rank: int | None = None) -> Tensor:
    """X^T [tokens, n], stronger in some directions than in others; of ``rank``, if it is given."""
    generator = torch.Generator().manual_seed(n)
    directions = torch.randn(rank or n, n, generator=generator, dtype=torch.float64)
    strengths = 0.6 ** torch.arange(rank or n)
    return torch.randn(tokens, rank or n, generator=generator, dtype=torch.float64) * strengths @ directions


def product(module: nn.Module) -> Tensor:
    return module.second.weight @ module.first.weight


def drone(dense: nn.Linear, x: Tensor, rank: int) -> nn.Module:
    return projected(dense, principal_outputs(dense.weight, second_moment([narrower(dense, x)])), rank).double()


@pytest.mark.parametrize(("m", "n"), SHAPES)
@pytest.mark.parametrize("rank", [1, 3, 5])
def test_svd_is_off_by_the_tail_of_the_singular_values(m: int, n: int, rank: int) -> None:
    dense = linear(m, n)
    cut = projected(dense, singular_outputs(dense.weight.detach()), rank)
    tail = np.linalg.svd(dense.weight.detach().numpy(), compute_uv=False)[rank:]
    assert torch.linalg.norm(dense.weight - product(cut)).item() == pytest.approx(np.sqrt((tail**2).sum()), rel=1e-5)
    assert torch.allclose(cut.second.bias.double(), dense.bias)


@pytest.mark.parametrize(("m", "n"), SHAPES)
@pytest.mark.parametrize("rank", [1, 3, 5])
def test_drone_is_off_by_the_tail_of_the_outputs_and_never_more_than_svd(m: int, n: int, rank: int) -> None:
    dense, x = linear(m, n), inputs(n)
    W, X = dense.weight.detach(), x.T
    tail = np.linalg.svd((W @ X).numpy(), compute_uv=False)[rank:]
    error = torch.linalg.norm(W @ X - product(drone(dense, x, rank)) @ X).item()
    assert error == pytest.approx(np.sqrt((tail**2).sum()), rel=1e-5)
    of_svd = product(projected(dense, singular_outputs(W), rank)).double()
    assert error < 0.9 * torch.linalg.norm(W @ X - of_svd @ X).item()


@pytest.mark.parametrize(("m", "n"), SHAPES)
@pytest.mark.parametrize("filled", [None, 4])
def test_the_product_is_that_of_the_papers_closed_form(m: int, n: int, filled: int | None) -> None:
    """M = V_W S_W^-1 Z_k S_X^-1 U_X^T, only nonzero singular values kept; also where X does not fill its space."""
    dense, x, rank = linear(m, n), inputs(n, rank=filled), 3
    W, X = dense.weight.detach(), x.T

    def thin(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        U, S, Vh = torch.linalg.svd(matrix, full_matrices=False)
        kept = S / S[0] > 1e-10
        return U[:, kept], S[kept], Vh[kept].T

    (_, S_W, V_W), (U_X, S_X, _) = thin(W), thin(X)
    Z = S_W[:, None] * V_W.T @ U_X * S_X
    U_Z, S_Z, V_Zh = torch.linalg.svd(Z, full_matrices=False)
    Z_k = U_Z[:, :rank] * S_Z[:rank] @ V_Zh[:rank]
    M = V_W / S_W @ Z_k / S_X @ U_X.T
    # both are the same on every input that there is; on others, of which no token spoke, they need not be
    assert torch.allclose(product(drone(dense, x, rank)) @ X, W @ M @ X, atol=1e-5)
    if filled is None and m <= n:
        assert torch.allclose(product(drone(dense, x, rank)), W @ M, atol=1e-5)


def test_svd_is_drone_on_inputs_that_are_alike_in_all_directions() -> None:
    for m, n in SHAPES:
        dense = linear(m, n)
        of_svd = projected(dense, singular_outputs(dense.weight.detach()), 3)
        assert torch.allclose(product(drone(dense, 2 * torch.eye(n).double(), 3)), product(of_svd).double(), atol=1e-6)


def test_break_even_is_where_factors_cost_what_the_matrix_does() -> None:
    """384, 614.4 and 156: BERT-base's and TinyBERT's matrices."""
    assert break_even(nn.Linear(768, 768, device="meta")) == 384
    assert break_even(nn.Linear(768, 3072, device="meta")) == pytest.approx(614.4)
    assert break_even(nn.Linear(312, 312, device="meta")) == 156


def queries_and_keys(head: int, tokens: int) -> tuple[Tensor, Tensor]:
    """[head, tokens] each."""
    mix = torch.randn(head, head, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    return mix @ inputs(head, tokens).T, inputs(head, tokens + 5).T


@pytest.mark.parametrize("rank", [1, 2, 4])
@pytest.mark.parametrize("tokens", [30, 4])
def test_shorter_scores_are_the_best_of_their_rank(rank: int, tokens: int) -> None:
    """Nothing of rank k comes closer to Q^T K than its own truncated SVD; also with fewer tokens than features."""
    Q, K = queries_and_keys(6, tokens)
    U, V = score_factors(Q @ Q.T, K @ K.T, rank)
    assert U.shape == V.shape == (6, rank)
    tail = torch.linalg.svdvals(Q.T @ K)[rank:]
    error = torch.linalg.norm(Q.T @ K - (U.T @ Q).T @ (V.T @ K))
    assert error.item() == pytest.approx(tail.norm().item(), rel=1e-5, abs=1e-5)


def test_score_factors_are_the_formula_with_inverse_square_roots() -> None:
    """M = C_Q^-1/2 [C_Q^1/2 C_K^1/2]_k C_K^-1/2."""
    Q, K = queries_and_keys(6, 30)

    def power(moment: Tensor, exponent: float) -> Tensor:
        values, vectors = torch.linalg.eigh(moment)
        return vectors * values**exponent @ vectors.T

    C_Q, C_K = Q @ Q.T, K @ K.T
    P, S, Rh = torch.linalg.svd(power(C_Q, 0.5) @ power(C_K, 0.5))
    M = power(C_Q, -0.5) @ (P[:, :2] * S[:2] @ Rh[:2]) @ power(C_K, -0.5)
    U, V = score_factors(C_Q, C_K, 2)
    assert torch.allclose(U @ V.T, M, atol=1e-8)


def test_no_gradient_step_finds_better_scores() -> None:
    Q, K = queries_and_keys(5, 25)
    U, V = (factor.requires_grad_() for factor in score_factors(Q @ Q.T, K @ K.T, 2))
    torch.linalg.norm(Q.T @ K - Q.T @ U @ V.T @ K).square().backward()
    assert max(U.grad.abs().max(), V.grad.abs().max()) < 1e-6 * torch.linalg.norm(Q.T @ K) ** 2


def test_moments_of_nothing_give_zero_scores() -> None:
    zero = torch.zeros(4, 4, dtype=torch.float64)
    assert all(factor.abs().max() == 0 for factor in score_factors(zero, zero, 2))


class Attention(nn.Module):
    """What a layer's ``attention.self`` holds."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.num_attention_heads, self.dropout = 2, nn.Dropout(0.1)
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))


def scores(attention: nn.Module, x: Tensor) -> Tensor:
    """q^T k of both heads, [2, tokens, tokens]."""
    query, key = (p(x).unflatten(-1, (2, -1)).transpose(0, 1) for p in (attention.query, attention.key))
    return query @ key.transpose(1, 2)


def test_folded_scores_count_biases_and_each_head_for_itself() -> None:
    attention, x = Attention(), inputs(8).float()
    exact = scores(attention, x).detach()
    moment = second_moment([with_one(x)])
    for rank in (1, 2, 4):
        short = shortened(attention, moment, rank)
        assert short.query.weight.shape == (2 * rank, 8)
        error = torch.linalg.norm(scores(short, x) - exact, dim=(1, 2)).detach()
        tails = torch.linalg.svdvals(exact.double())[:, rank:].norm(dim=1)
        assert torch.allclose(error.double(), tails, rtol=1e-3, atol=1e-3)
    assert torch.equal(short.value.weight, attention.value.weight)


def test_projections_of_short_scores_may_be_of_low_rank_themselves() -> None:
    attention, x = Attention(), inputs(8).float()
    moment = second_moment([with_one(x)])
    both = compressed(attention, moment, {"scores": 3, "attention.self.query": 2, "attention.self.value": 4})
    short = shortened(attention, moment, 3)
    outputs = x.double() @ short.query.weight.detach().double().T
    tail = torch.linalg.svdvals(outputs)[2:].norm()
    left_out = outputs - x.double() @ product(both.query).detach().double().T
    assert left_out.norm().item() == pytest.approx(tail.item(), rel=1e-4)
    assert isinstance(both.key, nn.Linear)
    assert both.value.first.weight.shape == (4, 8)
    assert isinstance(attention.query, nn.Linear)  # the module given is left as it was
