"""Effective FLOPs, by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.cost.effective import Density, saved_flops
from harness.cost.paths import Paths, distinct_paths
from harness.cost.tape import Leaf, Node, Ref, Tape, Value
from harness.cost.template import fit
from harness.cost.tracing import record

ONE = Paths({}, None, np.array([1]))


class Model(nn.Module):
    """A linear, the same weight transposed, and a product of two activations."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.up(x)
        back = hidden @ self.up.weight
        return back @ back.transpose(-1, -2)


def test_products_with_a_weight_cost_its_nonzeros_and_others_what_they_did() -> None:
    tape = record(Model(), {"x": torch.zeros(1, 5, 4)})
    # linear and its transpose: 5 x 4 x 6 MACs each; the third product has no weight
    assert saved_flops(tape, ONE, {"up.weight": Density(6, 24)}) == 2 * (2 * 5 * 24) * 0.75
    assert saved_flops(tape, ONE, {"up.weight": Density(24, 24)}) == 0
    assert saved_flops(tape, ONE, {}) == 0


def test_many_sizes_at_once() -> None:
    model = Model()
    lengths = np.array([3, 5, 9, 3])
    paths = distinct_paths({"n": lengths}, None, 4)
    template = fit([({"n": n}, record(model, {"x": torch.zeros(1, n, 4)})) for n in (3, 5, 9)])
    assert template is not None
    saved = saved_flops(template.rows(paths), paths, {"up.weight": Density(12, 24)})
    assert saved == pytest.approx(2 * 2 * lengths.sum() * 24 * 0.5)


def test_a_recurrent_layer_uses_each_element_once_a_step() -> None:
    layer = nn.LSTM(3, 5)
    tape = record(layer, {"input": torch.zeros(7, 1, 3)})
    densities = {"weight_ih_l0": Density(0, 60), "weight_hh_l0": Density(100, 100)}
    assert saved_flops(tape, ONE, densities) == pytest.approx(2 * 7 * 60)


def test_a_weight_seen_through_views_and_among_others() -> None:
    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(4, 6))
            self.scale = nn.Parameter(torch.ones(6))

        def forward(self, x: Tensor) -> Tensor:
            turned = self.weight.transpose(0, 1).reshape(6, 4).unsqueeze(0)  # still the same 24 numbers
            hidden = torch.cat([x @ turned.transpose(1, 2), x @ self.weight], 0)
            return torch.einsum("bij,kj->bik", hidden * self.scale, x[0] @ self.weight)

    tape = record(Views(), {"x": torch.zeros(1, 5, 4)})
    assert saved_flops(tape, ONE, {"weight": Density(0, 24)}) == 2 * 3 * 5 * 24


def test_work_without_a_formula_saves_nothing() -> None:
    values = (Value((2, 2), "float32"),) * 3
    nodes = (
        Node("mine.product.default", (Ref(0), Ref(1)), {}, (2,), ""),
        Node("aten.reshape.default", ((Ref(0),), (4,)), {}, (), ""),
    )
    tape = Tape(values, {"x": 0}, (Leaf("w", 1, "parameter"),), nodes)
    assert saved_flops(tape, ONE, {"w": Density(0, 4)}) == 0
