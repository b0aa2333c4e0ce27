"""What has no formula for complex numbers is told as unpriced, never priced as if they were real."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from harness.cost.operators import Count
from tests.cost.operators.calls import count, made, value, whole

torch.manual_seed(0)
Z = torch.randn(4, 4, dtype=torch.complex64)
HERMITIAN = Z @ Z.mH + 8 * torch.eye(4)
WITHOUT: dict[str, Callable[[], object]] = {
    "addcmul": lambda: torch.addcmul(Z, Z, Z),
    "addr": lambda: torch.addr(Z, Z[0], Z[1]),
    "cholesky_solve": lambda: torch.cholesky_solve(Z, torch.linalg.cholesky(HERMITIAN)),
    "cumsum": lambda: Z.cumsum(0),
    "linalg_inv_ex": lambda: torch.linalg.inv(HERMITIAN),
    "linalg_norm": lambda: torch.linalg.norm(Z),
    "linalg_qr": lambda: torch.linalg.qr(Z),
    "linalg_solve": lambda: torch.linalg.solve(HERMITIAN, Z),
    "linalg_svd": lambda: torch.linalg.svd(Z),
    "linalg_svdvals": lambda: torch.linalg.svdvals(Z),
    "linalg_vector_norm": lambda: torch.linalg.vector_norm(Z),
    "logcumsumexp": lambda: Z.logcumsumexp(0),
    "std": Z.std,
}


@pytest.mark.parametrize("name", WITHOUT)
def test_complex_numbers_are_unpriced(name: str) -> None:
    calls = [call for call in whole(WITHOUT[name]) if call.name.startswith(name.removesuffix("_ex"))]
    assert calls
    assert [count(call) for call in calls] == [None] * len(calls)


@pytest.mark.parametrize(
    ("op", "second"), [("aten.frobenius_norm.dim", (0, 1)), ("aten.linalg_eigh.default", "L"), ("aten.diff.default", 2)]
)
def test_calls_that_are_unpriced(op: str, second: object) -> None:
    z = value(4, 4, dtype="complex64")
    assert count(made(op, z, second, out=(z,))) is None


def test_a_chain_that_is_too_long_to_order_is_unpriced() -> None:
    chain = tuple(value(2, 2) for _ in range(400))
    assert count(made("aten.linalg_multi_dot.default", chain, out=(value(2, 2),))) is None


def test_a_dense_operand_where_a_sparse_one_is_due_is_unpriced() -> None:
    dense = value(3, 3)
    assert count(made("aten.sparse_sampled_addmm.default", dense, dense, dense, out=(dense,))) is None


def test_an_inner_product_with_a_scalar_scales() -> None:
    def run() -> Tensor:
        return torch.inner(torch.ones(3, 4), torch.tensor(2.0))

    (call,) = [each for each in whole(run) if each.name == "inner"]
    assert count(call) == Count(0, 12)


@pytest.mark.parametrize(("alpha", "operations"), [(1, 6), (2, 12), (True, 6)])
def test_a_factor_counts_where_it_does_something(alpha: float, operations: int) -> None:
    x = value(2, 3)
    assert count(made("aten.add.Tensor", x, x, out=(x,), alpha=alpha)) == Count(0, operations)


def test_a_factor_that_is_a_tensor_may_do_something() -> None:
    x = value(2, 3)
    assert count(made("aten.addcmul.default", x, x, x, out=(x,), value=value())) == Count(0, 18)
