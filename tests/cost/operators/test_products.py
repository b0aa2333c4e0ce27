"""Matrix products: by hand, and by torch's own counter where it knows the operator."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from harness.cost.operators import Call, Count
from tests.cost.operators.calls import Row, cost, count, made, parts, plain, value

torch.manual_seed(0)
A, B, C, ROW = torch.randn(5, 7), torch.randn(7, 3), torch.randn(5, 3), torch.randn(3)
BATCH_A, BATCH_B, BATCH_C = torch.randn(2, 5, 7), torch.randn(2, 7, 3), torch.randn(2, 5, 3)
X, W = torch.randn(2, 4, 7), torch.randn(3, 7)
V, U = torch.randn(7), torch.randn(7)
COMPLEX_A, COMPLEX_B = torch.randn(5, 7, dtype=torch.complex64), torch.randn(7, 3, dtype=torch.complex64)

ROWS = [
    Row("mm", lambda: A @ B, 5 * 7 * 3, 0),
    Row("mm complex", lambda: torch.mm(COMPLEX_A, COMPLEX_B), 4 * 5 * 7 * 3, 0),
    Row("bmm", lambda: torch.bmm(BATCH_A, BATCH_B), 2 * 5 * 7 * 3, 0),
    Row("mv", lambda: torch.mv(A, V), 5 * 7, 0),
    Row("dot", lambda: torch.dot(V, U), 7, 0),
    Row("vdot", lambda: torch.vdot(V, U), 7, 0),
    Row("matmul vector", lambda: torch.matmul(BATCH_A, V), 2 * 5 * 7, 0),
    Row("matmul broadcast", lambda: torch.matmul(BATCH_A, B), 2 * 5 * 7 * 3, 0),
    Row("matmul 4d", lambda: torch.matmul(BATCH_A[:, None], BATCH_B[None]), 2 * 2 * 5 * 7 * 3, 0),
    Row("addmm", lambda: torch.addmm(C, A, B), 105, 15),
    Row("addmm row", lambda: torch.addmm(ROW, A, B), 105, 15),
    Row("addmm scaled", lambda: torch.addmm(ROW, A, B, beta=2, alpha=3), 105, 15 + 15 + 3),
    Row("addmm beta 0", lambda: torch.addmm(ROW, A, B, beta=0), 105, 0),
    Row("baddbmm", lambda: torch.baddbmm(BATCH_C, BATCH_A, BATCH_B, alpha=0.5), 210, 30 + 30),
    Row("addbmm", lambda: torch.addbmm(C, BATCH_A, BATCH_B), 210, 15),
    Row("addmv", lambda: torch.addmv(C[:, 0], A, V), 35, 5),
    Row("addr", lambda: torch.addr(A, C[:, 0], V), 0, 35 + 35),
    Row("addr scaled", lambda: torch.addr(A, C[:, 0], V, beta=2, alpha=3), 0, 35 + 35 + 35 + 35),
    Row("linear", lambda: F.linear(X, W), 8 * 7 * 3, 0),
    Row("linear bias", lambda: F.linear(X, W, ROW), 8 * 7 * 3, 8 * 3),
    Row("linear vector", lambda: F.linear(V, W, ROW), 21, 3),
    Row("outer", lambda: torch.outer(V, ROW), 0, 21),
    Row("outer complex", lambda: torch.outer(COMPLEX_A[0], COMPLEX_B[0]), 0, 6 * 21),
    Row("kron", lambda: torch.kron(A, B), 0, 35 * 21),
    Row("inner", lambda: torch.inner(X, W), 8 * 7 * 3, 0),
    Row("tensordot", lambda: torch.tensordot(X, B, dims=([-1], [0])), 8 * 7 * 3, 0),
    Row("tensordot two axes", lambda: torch.tensordot(BATCH_A, BATCH_A, dims=([0, 2], [0, 2])), 14 * 5 * 5, 0),
    Row("multi_dot", lambda: torch.linalg.multi_dot([A, B, W]), min(5 * 7 * 3 + 5 * 3 * 7, 7 * 3 * 7 + 5 * 7 * 7), 0),
    Row("multi_dot vectors", lambda: torch.linalg.multi_dot([V, B, W, U]), 7 * 3 + 3 * 7 + 3, 0),
    Row("chain_matmul", lambda: torch.chain_matmul(B.T, A.T, A), min(3 * 7 * 5 + 3 * 5 * 7, 7 * 5 * 7 + 3 * 7 * 7), 0),
    Row("bilinear", lambda: F.bilinear(C, A, torch.ones(4, 3, 7), torch.ones(4)), 5 * 4 * 21, 5 * 4 * 21 + 20),
    Row(
        "_int_mm",
        lambda: torch._int_mm(torch.ones(32, 16, dtype=torch.int8), torch.ones(16, 8, dtype=torch.int8)),
        4096,
        0,
    ),
    Row("_grouped_mm", lambda: grouped(torch.ones(6, 16), torch.ones(3, 16, 8)), 6 * 16 * 8, 0),
]

SPARSE = torch.tensor([[1.0, 0, 0, 2], [0, 0, 0, 0], [3, 0, 4, 0]])  # four stored entries, one row of them empty
CSR, COO, DENSE = SPARSE.to_sparse_csr(), SPARSE.to_sparse_coo(), torch.randn(4, 5)

SPARSE_ROWS = [
    Row("csr @ dense", lambda: CSR @ DENSE, 4 * 5, 0),
    Row("csr @ vector", lambda: CSR @ DENSE[:, 0], 4, 0),
    Row("coo @ dense", lambda: torch.sparse.mm(COO, DENSE), 4 * 5, 0),
    Row("dense @ csr", lambda: torch.ones(6, 3) @ CSR, 6 * 4, 0),
    Row("linear csr", lambda: F.linear(torch.ones(6, 4), CSR), 6 * 4, 0),
    Row("linear csr bias", lambda: F.linear(torch.ones(6, 4), CSR, torch.ones(3)), 6 * 4, 6 * 3),
    Row("addmm csr", lambda: torch.addmm(torch.ones(3, 5), CSR, DENSE), 4 * 5, 3 * 5),
    Row("sampled_addmm", lambda: torch.sparse.sampled_addmm(CSR, torch.ones(3, 9), torch.ones(9, 4)), 4 * 9, 4),
    Row("relu csr", lambda: torch.relu(CSR), 0, 4),
    Row("sparse sum", lambda: torch.sparse.sum(COO), 0, 3),
    Row("sparse softmax", lambda: torch.sparse.softmax(COO, 1), 0, 5 * 4 - 2 * 3),
]

V4 = value(4)
MADE_ROWS = [
    (made("aten._scaled_mm.default", value(5, 7), value(7, 3), value(), value(), out=(value(5, 3),)), 105, 30),
    (
        made("aten._scaled_mm.default", value(5, 7), value(7, 3), value(), value(), value(3), out=(value(5, 3),)),
        105,
        45,
    ),
    (made("aten._addmm_activation.default", value(3), value(5, 7), value(7, 3), out=(value(5, 3),)), 105, 30),
    (made("aten._scaled_grouped_mm.default", value(5, 7), value(2, 7, 3), V4, V4, out=(value(5, 3),)), 105, 30),
    (
        made("aten._scaled_grouped_mm.default", value(5, 7), value(2, 7, 3), V4, V4, None, V4, out=(value(5, 3),)),
        105,
        45,
    ),
    (
        made("aten._addmm_activation.default", value(3), value(5, 7), value(7, 3), use_gelu=True, out=(value(5, 3),)),
        105,
        90,
    ),
    (made("aten._grouped_mm.default", value(5, 7), value(7, 3), value(2), out=(value(2, 5, 3),)), 105, 0),
    (
        made(
            "aten._trilinear.default",
            value(5, 7),
            value(5, 3),
            value(4, 7, 3),
            (1, 3),
            (1, 2),
            (0,),
            (2, 3),
            out=(value(5, 4),),
        ),
        420,
        420,
    ),
]


def grouped(rows: Tensor, experts: Tensor) -> Tensor:
    """Six rows, two for each of three experts."""
    ends = torch.tensor([2, 4, 6], dtype=torch.int32)
    return torch._grouped_mm(rows.bfloat16(), experts.bfloat16(), offs=ends)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_count(row: Row) -> None:
    assert cost(row.run) == Count(row.macs, 2 * row.macs + row.other)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op)
def test_count_is_that_of_torch_where_it_counts(row: Row) -> None:
    """torch counts two for a MAC of real matrices, in the products that it knows, and nothing else."""
    known = {"mm", "bmm", "addmm", "baddbmm", "convolution", "_scaled_mm"}
    if {call.name for call in parts(row.run) if (count(call) or Count(0, 0)).macs} <= known and "complex" not in row.op:
        with FlopCounterMode(display=False) as counter:
            row.run()
        assert counter.get_total_flops() == 2 * row.macs


@pytest.mark.parametrize("row", SPARSE_ROWS, ids=lambda row: row.op)
def test_sparse_count(row: Row) -> None:
    assert cost(row.run) == Count(row.macs, 2 * row.macs + row.other)


def test_two_sparse_matrices_are_unpriced() -> None:
    sparse = plain(CSR)
    assert count(made("aten.mm.default", sparse, sparse, out=(sparse,))) is None


@pytest.mark.parametrize(("call", "macs", "other"), MADE_ROWS, ids=lambda item: getattr(item, "op", ""))
def test_count_of_operators_that_do_not_run_here(call: Call, macs: int, other: int) -> None:
    assert count(call) == Count(macs, 2 * macs + other)
