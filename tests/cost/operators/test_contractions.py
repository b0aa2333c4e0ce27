"""Einsum, priced whole, against the operators that torch makes of it."""

import pytest
import torch

from harness.cost.operators import Count
from tests.cost.operators.calls import cost, count, made, parts, plain, priced, value

SIZES = {"b": 2, "i": 3, "j": 4, "k": 5, "l": 6}


def operands(equation: str) -> list[torch.Tensor]:
    """Tensors that fit an equation; ``...`` is two axes."""
    terms = equation.replace(" ", "").split("->")[0].split(",")
    return [torch.randn([SIZES[letter] for letter in term.replace("...", "bl")]) for term in terms]


@pytest.mark.parametrize(
    "equation",
    [
        "ij,jk->ik",
        "ij,jk",
        "bij,bjk->bik",
        "bhid,bhjd->bhij".replace("h", "l").replace("d", "k"),
        "i,j->ij",
        "ij,ij->ij",
        "ij,ij->",
        "ij->ji",
        "ij->i",
        "ii->i",
        "bij,k->bk",
        "bi,bj,bk->b",
        "ij,jk,kl->il",
        "ij,jk,kl,lb->ib",
        "...i,ij->...j",
        "...ij,...jk->...ik",
        "...i,...i",
    ],
)
def test_einsum_costs_what_torch_makes_of_it(equation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.opt_einsum, "enabled", False)
    tensors = operands(equation)
    run = lambda: torch.einsum(equation, tensors)  # noqa: E731
    assert cost(run) == priced(parts(run))


def test_einsum_follows_a_given_path() -> None:
    tensors = tuple(plain(tensor) for tensor in operands("ij,jk,kl->il"))
    call = made("aten.einsum.default", "ij,jk,kl->il", tensors, path=(1, 2, 0, 1), out=(value(3, 6),))
    macs = 4 * 5 * 6 + 3 * 4 * 6
    assert count(call) == Count(macs, 2 * macs)


def test_complex_einsum_counts_four_macs() -> None:
    a, b = torch.randn(3, 4, dtype=torch.complex64), torch.randn(4, 5, dtype=torch.complex64)
    assert cost(lambda: torch.einsum("ij,jk->ik", a, b)) == Count(4 * 60, 8 * 60)
    assert cost(lambda: torch.einsum("i,k->ik", a[:, 0], b[0])) == Count(0, 6 * 15)


def test_einsum_of_complex_and_real_numbers_is_unpriced() -> None:
    z, x = value(3, 4, dtype="complex64"), value(4, 5)
    assert count(made("aten.einsum.default", "ij,jk->ik", (z, x), out=(value(3, 5, dtype="complex64"),))) is None


def test_einsum_of_integers_counts() -> None:
    ids = torch.ones(3, 3, dtype=torch.long)
    assert cost(lambda: torch.einsum("ij,jk->ik", ids, ids)) == Count(27, 54)
