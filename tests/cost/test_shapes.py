"""Every shape rule against torch's own meta kernels: the same shape, dtype and layout of memory, or no answer."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from harness.cost.shapes import RULES, SPARSE_RULES


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape, dtype=dtype, device="meta")


HALF, INTEGER = torch.float16, torch.int64
STATE = (meta(2, 3, 5), meta(2, 3, 5))


class Case(NamedTuple):
    """An operator with arguments; whether its rule has an answer."""

    op: str
    args: tuple[Any, ...]
    answers: bool = True


def weights(rows: int, inputs: int, hidden: int, directions: int = 1) -> list[Tensor]:
    one = [meta(rows * hidden, inputs), meta(rows * hidden, hidden), meta(rows * hidden), meta(rows * hidden)]
    return one * directions


def recurrent(gates: int, hidden: Any, inputs: int = 4, x: Tensor | None = None) -> tuple[Any, ...]:
    given = meta(7, 3, inputs) if x is None else x
    return given, hidden, weights(gates, inputs, 5, 2), True, 1, 0.0, False, True, False


CASES = [
    Case("aten.linear", (meta(2, 7, 4), meta(3, 4), meta(3))),
    Case("aten.linear", (meta(4), meta(3, 4))),
    Case("aten.linear", (meta(2, 4), meta(4)), False),
    Case("aten.linear", (meta(2, 4, dtype=HALF), meta(3, 4)), False),
    Case("aten.linear", (meta(2, 5), meta(3, 4)), False),
    Case("aten.matmul", (meta(2, 7, 4), meta(4, 3))),
    Case("aten.matmul", (meta(6, 7, 4), meta(6, 4, 3))),
    Case("aten.matmul", (meta(7, 4), meta(6, 4, 3)), False),
    Case("aten.matmul", (meta(4), meta(4, 3)), False),
    Case("aten.matmul", (meta(2, 4), meta(5, 3)), False),
    Case("aten.addmm", (meta(3), meta(2, 4), meta(4, 3))),
    Case("aten.addmm", (meta(3, dtype=HALF), meta(2, 4), meta(4, 3)), False),
    Case("aten.addmm", (meta(3), meta(2, 4), meta(5, 3)), False),
    Case("aten.bmm", (meta(6, 2, 4), meta(6, 4, 3))),
    Case("aten.bmm", (meta(6, 2, 4), meta(5, 4, 3)), False),
    Case("aten.layer_norm", (meta(2, 3, 4), [4], meta(4), meta(4))),
    Case("aten.layer_norm", (meta(2, 3, 4), [3, 4])),
    Case("aten.layer_norm", (meta(4, 3).T, [4]), False),
    Case("aten.native_layer_norm", (meta(2, 3, 4), [4], meta(4), meta(4), 1e-5)),
    Case("aten.native_layer_norm", (meta(4, 3).T, [4], None, None, 1e-5), False),
    Case("aten.scaled_dot_product_attention", (meta(2, 8, 5, 16), meta(2, 8, 9, 16), meta(2, 8, 9, 6)), True),
    Case("aten.scaled_dot_product_attention", (meta(8, 5, 16), meta(8, 9, 16), meta(8, 9, 16)), False),
    Case("aten.scaled_dot_product_attention", (meta(2, 8, 5, 16), meta(2, 4, 9, 16), meta(2, 4, 9, 16)), False),
    Case("aten.softmax", (meta(2, 3), -1)),
    Case("aten.softmax", (meta(2, 3), 0, torch.float64)),
    Case("aten.softmax", (meta(3, 2).T, -1), False),
    Case("aten.embedding", (meta(50, 8), meta(2, 3, dtype=INTEGER))),
    Case("aten.cat", ([meta(2, 3), meta(2, 4)], 1)),
    Case("aten.cat", ([meta(2, 3), meta(2, 3)], -2)),
    Case("aten.cat", ([meta(2, 3), meta(2, 3, dtype=HALF)],), False),
    Case("aten.cat", ([meta(0), meta(2, 3)],), False),
    Case("aten.gelu", (meta(2, 3),)),
    Case("aten.relu", (meta(2, 3, dtype=INTEGER),), False),
    Case("aten.tanh", (meta(3, 2).T,), False),
    Case("aten.add", (meta(2, 3), meta(3))),
    Case("aten.mul", (meta(2, 3), meta(2, 1))),
    Case("aten.div", (meta(2, 3), 2.0)),
    Case("aten.sub", (meta(2, 3), meta())),
    Case("aten.add", (meta(3), meta(2, 3)), False),
    Case("aten.add", (meta(2, 3), meta(3, dtype=HALF)), False),
    Case("aten.add", (meta(2, 3), 2j), False),
    Case("aten.add", (meta(2, 3, dtype=INTEGER), 0.5), False),
    Case("aten.add", (meta(3, 2).T, meta(3)), False),
    Case("aten.lstm", recurrent(4, STATE)),
    Case("aten.lstm", recurrent(4, STATE, x=meta(7, 3, 6)), False),
    Case("aten.lstm", (meta(9, 4), meta(7), STATE, weights(4, 4, 5, 2), True, 1, 0.0, False, True), False),
    Case("aten.gru", recurrent(3, meta(2, 3, 5))),
    Case("aten.gru", (meta(9, 4), meta(7), meta(2, 3, 5), weights(3, 4, 5, 2), True, 1, 0.0, False, True), False),
    Case("aten.rnn_tanh", recurrent(1, meta(2, 3, 5))),
    Case("aten.lstm_cell", (meta(3, 4), [meta(3, 5), meta(3, 5)], *weights(4, 4, 5))),
    Case("aten.gru_cell", (meta(3, 4), meta(3, 5), *weights(3, 4, 5))),
    Case("aten.rnn_relu_cell", (meta(3, 4), meta(3, 5), *weights(1, 4, 5))),
]


def of_torch(case: Case) -> tuple[Tensor, ...]:
    namespace, name = case.op.split(".")
    with torch.no_grad():
        found = getattr(getattr(torch.ops, namespace), name)(*case.args)
    return (found,) if isinstance(found, Tensor) else tuple(found)


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case.op}" for number, case in enumerate(CASES)])
def test_a_rule_says_what_torch_says(case: Case) -> None:
    answer = RULES[case.op](*case.args)
    assert (answer is not None) == case.answers
    if answer is None:
        return
    found = (answer,) if isinstance(answer, Tensor) else answer
    wanted = of_torch(case)
    assert [tensor.shape for tensor in found] == [tensor.shape for tensor in wanted]
    assert [tensor.dtype for tensor in found] == [tensor.dtype for tensor in wanted]
    assert all(tensor.is_meta for tensor in found)


def test_attention_of_groups() -> None:
    q, k, v = torch.randn(2, 8, 5, 16), torch.randn(2, 4, 9, 16), torch.randn(2, 4, 9, 16)
    real = torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    answer = RULES["aten.scaled_dot_product_attention"](q, k, v, enable_gqa=True)
    assert isinstance(answer, Tensor)
    assert answer.shape == real.shape


SPARSE = torch.eye(4).to_sparse_csr()
DENSE = torch.ones(4, 3)


@pytest.mark.parametrize(
    ("op", "run", "args"),
    [
        ("aten._sparse_mm", lambda: torch.sparse.mm(SPARSE, DENSE), (SPARSE, DENSE)),
        ("aten.mv", lambda: SPARSE @ DENSE[:, 0], (SPARSE, DENSE[:, 0])),
        ("aten.addmm", lambda: torch.addmm(DENSE, SPARSE, DENSE), (DENSE, SPARSE, DENSE)),
        ("aten._sparse_mm", None, (DENSE, SPARSE)),
        ("aten._sparse_mm", None, (SPARSE, SPARSE)),
        ("aten._sparse_addmm", None, (SPARSE, SPARSE, DENSE)),
    ],
)
def test_products_with_a_sparse_matrix(op: str, run: Callable[[], Tensor] | None, args: tuple[Tensor, ...]) -> None:
    answer = SPARSE_RULES[op](*args)
    if run is None:
        assert answer is None
    else:
        assert isinstance(answer, Tensor)
        assert (answer.shape, answer.dtype, answer.is_meta) == (run().shape, run().dtype, True)
