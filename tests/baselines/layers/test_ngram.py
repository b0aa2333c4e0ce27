"""Bags of n-grams against the formulas of the paper, written out in numpy, and against hand-worked numbers."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from baselines.layers.ngram import BagEncoder, SingleText, TextPair
from harness import count_flops

ROWS, WIDTH, OUTPUTS = 12, 5, 3
IDS = torch.tensor([[2, 5, 7], [11, 1, 3]])
OTHERS = torch.tensor([[4, 4], [9, 6]])


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def numbers(tensor: Tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def hidden(encoder: BagEncoder, ids: Tensor) -> np.ndarray:
    """ReLU(W mean(E[a]) + b)."""
    mean = numbers(encoder.table.weight)[ids.numpy()].mean(axis=1)
    return np.maximum(0, mean @ numbers(encoder.hidden.weight).T + numbers(encoder.hidden.bias))


def test_a_text_is_the_mean_of_its_ngrams() -> None:
    model = SingleText(ROWS, WIDTH, OUTPUTS).eval()
    expected = hidden(model.encoder, IDS) @ numbers(model.answer.weight).T + numbers(model.answer.bias)
    np.testing.assert_allclose(numbers(model(IDS)), expected, atol=1e-6)


def test_a_pair_is_both_their_product_and_their_difference() -> None:
    model = TextPair(ROWS, WIDTH, OUTPUTS).eval()
    h, g = hidden(model.encoder, IDS), hidden(model.encoder, OTHERS)
    features = np.concatenate([h, g, h * g, np.abs(h - g)], axis=1)
    expected = features @ numbers(model.answer.weight).T + numbers(model.answer.bias)
    np.testing.assert_allclose(numbers(model(ngrams_1=IDS, ngrams_2=OTHERS)), expected, atol=1e-6)


def test_padding_takes_no_part_in_the_mean() -> None:
    encoder = BagEncoder(4, 2).eval()
    with torch.no_grad():
        encoder.table.weight.copy_(torch.tensor([[9.0, 9.0], [0.0, 0.0], [1.0, 2.0], [3.0, 6.0]]))
        encoder.hidden.weight.copy_(torch.eye(2))
        encoder.hidden.bias.zero_()
    bags = torch.tensor([[2, 3, 0, 0], [3, 0, 0, 0], [2, 2, 3, 1]])
    assert encoder(bags).tolist() == [[2.0, 4.0], [3.0, 6.0], [1.25, 2.5]]


def test_only_the_rows_that_are_looked_up_have_gradients() -> None:
    model = SingleText(ROWS, WIDTH, OUTPUTS)
    model(torch.tensor([[2, 5, 0], [5, 7, 8]])).sum().backward()
    gradient = model.encoder.table.weight.grad
    assert gradient is not None
    assert gradient.is_sparse
    dense = gradient.to_dense().abs().sum(dim=1)
    assert dense.nonzero().flatten().tolist() == [2, 5, 7, 8]


def test_a_new_table_says_nothing_of_unknown_texts() -> None:
    table = BagEncoder(500, 8).table.weight
    assert table[:2].abs().max() == 0
    assert table[2:].std().item() == pytest.approx(0.05, rel=0.05)


def test_dropout_is_for_training_alone() -> None:
    model = SingleText(ROWS, 64, OUTPUTS)
    assert not torch.equal(model(IDS), model(IDS))
    model.eval()
    assert torch.equal(model(IDS), model(IDS))


@pytest.mark.parametrize("rows", [12, 5000])
@pytest.mark.parametrize("ngrams", [1, 7])
def test_the_cost_of_a_text(rows: int, ngrams: int) -> None:
    cost = count_flops(SingleText(rows, WIDTH, OUTPUTS), {"ngrams": torch.ones(1, ngrams, dtype=torch.long)})
    # a - 1 additions and a division a feature; then w w and w C products, biases, the ReLU
    assert cost.macs == WIDTH * WIDTH + WIDTH * OUTPUTS
    assert cost.flops == ngrams * WIDTH + 2 * cost.macs + WIDTH + OUTPUTS + WIDTH
    assert cost.unpriced == {}


def test_the_cost_of_a_pair() -> None:
    inputs = {"ngrams_1": torch.ones(1, 7, dtype=torch.long), "ngrams_2": torch.ones(1, 3, dtype=torch.long)}
    with torch.device("meta"):
        model: nn.Module = TextPair(ROWS, WIDTH, OUTPUTS)
    cost = count_flops(model, inputs)
    assert cost.macs == 2 * WIDTH * WIDTH + 4 * WIDTH * OUTPUTS
    # biases and ReLU of both texts; the product, the difference and its absolute value; the answer's bias
    assert cost.flops == (7 + 3) * WIDTH + 2 * cost.macs + 2 * 2 * WIDTH + 3 * WIDTH + OUTPUTS
    assert cost.unpriced == {}
