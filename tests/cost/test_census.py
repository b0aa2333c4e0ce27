"""Parameters, against counts done by hand."""

import pytest
import torch
from torch import Tensor, nn

from harness.cost.census import census, weigh
from harness.cost.parameters import looked_up, summarise
from harness.cost.tracing import build_on_meta, record


class Tied(nn.Module):
    """An embedding of 10 x 4 that is the output layer too, a frozen linear, and bookkeeping."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.frozen = nn.Linear(4, 4)
        self.frozen.requires_grad_(False)
        self.out = nn.Linear(4, 10, bias=False)
        self.out.weight = self.embedding.weight
        self.register_buffer("positions", torch.arange(5))
        self.register_buffer("scratch", torch.zeros(100), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.frozen(self.embedding(ids)))


@pytest.mark.parametrize("on_meta", [False, True])
def test_shared_weights_count_once_and_frozen_ones_count(on_meta: bool) -> None:
    model = build_on_meta(Tied)[0] if on_meta else Tied()
    tape = record(Tied(), {"ids": torch.zeros(1, 3, dtype=torch.long)})
    parameters = summarise(census(model), looked_up([tape]))
    assert parameters.total == 10 * 4 + 4 * 4 + 4
    assert parameters.non_embedding == 4 * 4 + 4
    assert parameters.bytes == 4 * (40 + 20) + 8 * 5
    assert (parameters.nonzero is None) == on_meta


def test_non_zeros_are_counted_in_the_weights() -> None:
    model = nn.Linear(8, 8, bias=False)
    with torch.no_grad():
        model.weight[:3] = 0
    assert summarise(census(model), frozenset()).nonzero == 5 * 8


def test_a_sparse_matrix_counts_its_entries_and_the_bytes_of_its_indices() -> None:
    model = nn.Module()
    dense = torch.zeros(6, 8)
    dense[0, 1] = dense[5, 7] = dense[2, 2] = 1.0
    model.weight = nn.Parameter(dense.to_sparse_csr(), requires_grad=False)
    parameters = summarise(census(model), frozenset())
    assert parameters.total == 3
    assert parameters.bytes == 3 * 4 + 3 * 8 + 7 * 8  # values; columns; row pointers


def test_packed_int8_weights_are_found() -> None:
    torch.backends.quantized.engine = "qnnpack" if "qnnpack" in torch.backends.quantized.supported_engines else "fbgemm"
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(16, 8)), {nn.Linear}, torch.qint8)
    parameters = summarise(census(model), frozenset())
    assert parameters.total == 16 * 8 + 8 + 1  # weights, biases, and the scale of the output
    assert 16 * 8 + 4 * 8 <= parameters.bytes < 16 * 8 + 4 * 8 + 32  # one byte a weight, four a bias, and scales


@pytest.mark.parametrize(
    ("layout", "entries", "index_bytes"),
    [
        ("coo", 3, 2 * 3 * 8),  # a row and a column each
        ("csc", 3, 3 * 8 + 9 * 8),  # rows; column pointers
        ("bsr", 2 * 4, 2 * 8 + 4 * 8),  # two blocks of 2 x 2
        ("bsc", 2 * 4, 2 * 8 + 5 * 8),
    ],
)
def test_every_sparse_layout(layout: str, entries: int, index_bytes: int) -> None:
    dense = torch.zeros(6, 8)
    dense[0, 1] = dense[5, 7] = dense[4, 6] = 1.0
    made = {
        "coo": dense.to_sparse_coo,
        "csc": dense.to_sparse_csc,
        "bsr": lambda: dense.to_sparse_bsr((2, 2)),
        "bsc": lambda: dense.to_sparse_bsc((2, 2)),
    }[layout]()
    weight = weigh("w", made)
    assert (weight.layout, weight.elements, weight.nonzero) == (f"sparse_{layout}", entries, 3)
    assert weight.bytes == 4 * entries + index_bytes


def test_a_quantised_tensor_counts_the_integers_that_are_not_zero() -> None:
    tensor = torch.quantize_per_tensor(torch.tensor([0.0, 0.5, 1.0, 0.0]), 0.5, 0, torch.qint8)
    weight = weigh("w", tensor)
    assert (weight.elements, weight.bytes, weight.nonzero) == (4, 4, 2)


def test_what_a_state_dict_holds_beside_tensors_is_no_weight() -> None:
    class Odd(nn.Linear):
        def get_extra_state(self) -> object:
            return {"version": 3}

    assert summarise(census(Odd(2, 3)), frozenset()).total == 9
