"""Masks against torch.nn.utils.prune, and the number of weights that they leave."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import prune
from transformers import AutoConfig, AutoModelForSequenceClassification

from baselines.layers.classifier import LINEARS, Classifier
from baselines.masks import global_masks, keep_largest, left, local_masks, masked, prunable


@pytest.fixture
def classifier(backbone_folder: Path) -> Classifier:
    torch.manual_seed(0)
    model = Classifier(2, assets=backbone_folder)
    nn.init.normal_(model.encoder.get_input_embeddings().weight)  # no two are equal, as the zeros of padding are
    return model


def modules(classifier: Classifier) -> list[nn.Module]:
    return [classifier.get_submodule(name.removesuffix(".weight")) for name in prunable(classifier)]


def test_embeddings_layers_and_pooler_are_pruned(classifier: Classifier) -> None:
    layers = [f"encoder.bert.encoder.layer.{n}.{matrix}.weight" for n in range(3) for matrix in LINEARS]
    embeddings, pooler = "encoder.bert.embeddings.word_embeddings.weight", "encoder.bert.pooler.dense.weight"
    assert prunable(classifier) == (embeddings, *layers, pooler)


@pytest.mark.parametrize("family", ["electra", "roberta", "xlm-roberta"])
def test_other_families_have_as_many_matrices(tmp_path: Path, family: str) -> None:
    sizes = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    AutoConfig.for_model(family, **sizes, intermediate_size=32).save_pretrained(tmp_path)
    names = prunable(Classifier(2, assets=tmp_path))
    assert len(names) == 1 + 2 * 6 + 1
    assert names[-1] == "encoder.classifier.dense.weight"
    state = AutoModelForSequenceClassification.from_config(AutoConfig.from_pretrained(tmp_path)).state_dict()
    assert all(state[name.removeprefix("encoder.")].dim() == 2 for name in names)


@pytest.mark.parametrize("share", [1, 10, 50, 70, 90, 99])
def test_local_masks_are_those_of_torch(classifier: Classifier, share: int) -> None:
    state = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    masks = local_masks(state, prunable(classifier), share)
    for name, module in zip(prunable(classifier), modules(classifier), strict=True):
        prune.l1_unstructured(module, "weight", amount=share / 100)
        assert torch.equal(module.weight_mask.bool(), masks[name])


@pytest.mark.parametrize("share", [1, 10, 50, 70, 90, 99])
def test_global_masks_are_those_of_torch(classifier: Classifier, share: int) -> None:
    classifier.encoder.bert.pooler.dense.weight.data *= 20  # so that matrices lose different shares
    state = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    masks = global_masks(state, prunable(classifier), share)
    matrices = [(module, "weight") for module in modules(classifier)]
    prune.global_unstructured(matrices, prune.L1Unstructured, amount=share / 100)
    for name, (module, _) in zip(prunable(classifier), matrices, strict=True):
        assert torch.equal(module.weight_mask.bool(), masks[name])
    shares = {name: float(mask.float().mean()) for name, mask in masks.items()}
    assert max(shares.values()) > min(shares.values())


@pytest.mark.parametrize("draw", [local_masks, global_masks])
def test_the_number_of_zeros_is_the_closed_form(classifier: Classifier, draw: Callable) -> None:
    state, names = classifier.state_dict(), prunable(classifier)
    sizes = [45 * 16, *([16 * 16] * 4 + [16 * 32] * 2) * 3, 16 * 16]
    pruned = masked(state, draw(state, names, 70))
    zeros = sum(int((pruned[name] == 0).sum()) for name in names)
    # 16 x 16 matrices lose 179 of 256 (179.2), 16 x 32 ones 358 (358.4), the embeddings 504
    assert zeros == (504 + 12 * 179 + 6 * 358 + 179 if draw is local_masks else round(0.7 * sum(sizes)))
    for name, tensor in state.items():
        if name not in names:
            assert torch.equal(tensor, pruned[name])


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 6])
def test_of_equals_the_first_stay_and_never_more(kept: int) -> None:
    mask = keep_largest(torch.tensor([[2.0, 2.0, 5.0], [2.0, 0.0, 2.0]]), kept)
    order = [2, 0, 1, 3, 5, 4]
    expected = torch.zeros(6, dtype=torch.bool)
    expected[order[:kept]] = True
    assert mask.shape == (2, 3)
    assert torch.equal(mask.flatten(), expected)


def test_what_is_left_is_rounded() -> None:
    assert [left(10, share) for share in (10, 14, 16, 99)] == [9, 9, 8, 0]
