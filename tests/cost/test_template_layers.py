"""Layers outside of transformers' zoo: the template of a few lengths equals tracing every length, to the last FLOP."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from harness.cost.paths import distinct_paths
from harness.cost.pricing import price
from harness.cost.replay import replay
from harness.cost.template import fit
from harness.cost.tracing import record, record_stages
from tests.cost.test_counting import Kronecker
from tests.cost.test_recorder import Stage

TRACED, OTHERS = (4, 9, 30), (5, 6, 17, 23, 64)


class Sparse(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        dense = torch.randn(6, 8) * (torch.rand(6, 8) > 0.7)
        self.weight = nn.Parameter(dense.to_sparse_csr(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight @ x.mT[0]).mT


class Mixing(nn.Module):
    """FNet's mixing: its totals are no polynomial in the length, but its dimensions are affine."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(8))

    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft(torch.fft.fft(x * self.scale, dim=-1), dim=-2).real


LAYERS: dict[str, tuple[nn.Module, Callable[[int], dict[str, Tensor]]]] = {
    "lstm": (nn.LSTM(8, 16, 2, bidirectional=True), lambda n: {"input": torch.zeros(n, 1, 8)}),
    "gru": (nn.GRU(8, 16, batch_first=True), lambda n: {"input": torch.zeros(1, n, 8)}),
    "encoder": (
        nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2).eval(),
        lambda n: {"src": torch.zeros(1, n, 8)},
    ),
    "convolution": (nn.Conv1d(8, 16, 3, padding=1), lambda n: {"input": torch.zeros(1, 8, n)}),
    "sparse": (Sparse(), lambda n: {"x": torch.zeros(1, n, 8)}),
    "kronecker": (Kronecker(), lambda n: {"x": torch.zeros(1, n, 15)}),
    "fourier": (Mixing(), lambda n: {"x": torch.zeros(1, n, 8)}),
    "embedding bag": (nn.EmbeddingBag(50, 8), lambda n: {"input": torch.zeros(1, n, dtype=torch.long)}),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    layer, inputs = LAYERS[name]
    template = fit([({"n": n}, record(layer, inputs(n))) for n in TRACED])
    assert template is not None
    costs = template.price(distinct_paths({"n": np.array(OTHERS)}, None, len(OTHERS)))
    each = [price(record(layer, inputs(n))) for n in OTHERS]
    assert costs.flops.tolist() == [cost.flops for cost in each]
    assert costs.macs.tolist() == [cost.macs for cost in each]
    assert not costs.unpriced
    assert all(template.at({"n": n}) == record(layer, inputs(n)) for n in OTHERS)


def test_stages() -> None:
    stages = [Stage(True), Stage(False), Stage(False)]
    tapes = [({"n": n}, record_stages(stages, {"x": torch.zeros(1, n, 4)})) for n in TRACED]
    template = fit(tapes)
    assert template is not None
    exits = np.array([1, 2, 3, 1, 3])
    costs = template.price(distinct_paths({"n": np.array(OTHERS)}, exits, len(OTHERS)))
    each = [
        price(record_stages(stages[:stage], {"x": torch.zeros(1, n, 4)}))
        for n, stage in zip(OTHERS, exits, strict=True)
    ]
    assert costs.flops.tolist() == [cost.flops for cost in each]


def test_the_greatest_length_that_a_position_table_holds_is_no_exception() -> None:
    """There, torch answers ``positions[:, :n]`` by an alias and not by a slice."""
    config = BertConfig(num_hidden_layers=1, hidden_size=8, num_attention_heads=2, intermediate_size=16, vocab_size=50,
                        max_position_embeddings=32)  # fmt: skip
    model = BertModel(config).eval()
    tapes = {n: record(model, {"input_ids": torch.ones(1, n, dtype=torch.long)}) for n in (5, 9, 20, 32)}
    template = fit([({"n": n}, tapes[n]) for n in (5, 9, 32)])
    assert template is not None
    assert template.at({"n": 20}) == tapes[20]
    answers = replay(tapes[32], model.state_dict(), {"input_ids": torch.ones(1, 32, dtype=torch.long)})
    with torch.no_grad():
        expected = model(torch.ones(1, 32, dtype=torch.long)).last_hidden_state
    torch.testing.assert_close(answers["last_hidden_state"], expected)
