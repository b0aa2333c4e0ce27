"""Heads and neurons that go: against the whole model with them silenced, and against the loss without them."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from baselines.examples import Examples
from baselines.layers.classifier import Classifier
from baselines.layers.narrow import narrow
from baselines.objective import label_loss
from baselines.structured import Kept, choose, choose_both, importance, narrowed

HEAD = 8


@pytest.fixture
def classifier(backbone_folder: Path) -> Classifier:
    torch.manual_seed(0)
    model = Classifier(2, assets=backbone_folder).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter)
    return model


def examples(count: int) -> Examples:
    rng = np.random.default_rng(1)
    ids = [rng.integers(5, 45, rng.integers(3, 8)).tolist() for _ in range(count)]
    inputs = [{"input_ids": sample, "token_type_ids": [0] * len(sample)} for sample in ids]
    return Examples(inputs, np.array([sample[0] % 2 for sample in ids]))


def silence(model: Classifier, layer: int, heads: list[int], neurons: list[int]) -> None:
    """Nothing reaches the next matrix from these."""
    of_layer = model.layers[layer]
    with torch.no_grad():
        for head in heads:
            of_layer.attention.output.dense.weight[:, head * HEAD : (head + 1) * HEAD] = 0
        of_layer.output.dense.weight[:, neurons] = 0


def without(units: list[int], count: int) -> Tensor:
    return torch.tensor([unit for unit in range(count) if unit not in units])


def test_the_narrow_model_is_the_whole_one_with_the_others_silenced(
    classifier: Classifier, backbone_folder: Path
) -> None:
    gone = [([0], [0, 31]), ([], list(range(3, 30))), ([1], [])]
    kept = [Kept(without(heads, 2), without(neurons, 32)) for heads, neurons in gone]
    assert [layer.widths for layer in kept] == [[1, 30], [2, 5], [1, 32]]
    small = narrow(Classifier(2, assets=backbone_folder), [layer.widths for layer in kept]).eval()
    small.load_state_dict(narrowed(classifier, kept))
    ids = torch.randint(5, 45, (6, 9), generator=torch.Generator().manual_seed(0))
    whole = classifier(ids, torch.zeros_like(ids))
    for layer, (heads, neurons) in enumerate(gone):
        silence(classifier, layer, heads, neurons)
    silenced = classifier(ids, torch.zeros_like(ids))
    assert not torch.allclose(whole, silenced, atol=1e-2)
    assert torch.allclose(small(ids, torch.zeros_like(ids)), silenced, atol=1e-5)


def test_importance_is_the_change_of_the_loss_to_the_first_order(classifier: Classifier) -> None:
    given = examples(20)
    scores = importance(classifier, given, pad_token=0, seed=0)
    assert {name: tuple(part.shape) for name, part in scores.items()} == {"heads": (3, 2), "neurons": (3, 32)}
    classifier.double()

    def loss(row: int) -> float:
        ids = torch.tensor([given.inputs[row]["input_ids"]])
        return label_loss(classifier(ids, torch.zeros_like(ids)), torch.tensor(given.gold[[row]])).item()

    def slope(columns: Tensor) -> float:
        """|dL/dg| of a gate g on what these columns read, at 1, by central differences; the mean over examples."""
        kept, sides = columns.clone(), []
        for gate in (1 + 1e-4, 1 - 1e-4):
            columns.copy_(kept * gate)
            sides.append([loss(row) for row in range(20)])
            columns.copy_(kept)
        return float(np.abs(np.subtract(*sides)).mean() / 2e-4)

    with torch.no_grad():
        for layer in range(3):
            for head in range(2):
                columns = classifier.layers[layer].attention.output.dense.weight[:, head * HEAD : (head + 1) * HEAD]
                assert scores["heads"][layer, head].item() == pytest.approx(slope(columns), rel=1e-3)
            for neuron in (0, 17):
                columns = classifier.layers[layer].output.dense.weight[:, neuron]
                assert scores["neurons"][layer, neuron].item() == pytest.approx(slope(columns), rel=1e-3)


def test_the_least_important_of_all_layers_go_relative_to_their_layer() -> None:
    # the norms are about 5 and 50, so relative to them: 0.6 0.8 0.1 and 0.96 0 0.28
    scores = torch.tensor([[3.0, 4.0, 0.5], [48.0, 0.2, 14.0]])
    chosen = {share: [of_layer.tolist() for of_layer in choose(scores, share, 1)] for share in (17, 50, 99)}
    assert chosen == {17: [[0, 1, 2], [0, 2]], 50: [[0, 1], [0]], 99: [[1], [0]]}


def test_every_layer_keeps_its_fewest() -> None:
    scores = torch.cat([torch.full((1, 8), 1e-3).cumsum(1), torch.zeros(1, 8)])
    chosen = choose(scores, 75, 2)
    assert chosen[0].tolist() == [6, 7]
    assert len(chosen[1]) == 2  # of a layer that gives nothing, too


def test_the_same_share_of_heads_and_neurons_goes() -> None:
    generator = torch.Generator().manual_seed(0)
    scores = {
        "heads": torch.rand(3, 4, generator=generator),
        "neurons": torch.rand(3, 32, generator=generator),
    }
    kept = choose_both(scores, 50)
    assert sum(len(layer.heads) for layer in kept) == 6
    assert sum(len(layer.neurons) for layer in kept) == 48
    assert [layer.widths for layer in choose_both(scores, 99)] == [[1, 2]] * 3
