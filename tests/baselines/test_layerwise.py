"""Compressing a whole model: in order, each module for what the compressed ones before it give."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoConfig

from baselines.calibration import HiddenStates
from baselines.examples import Examples
from baselines.factoring import principal_outputs, projected
from baselines.layers.classifier import LINEARS, Classifier
from baselines.layers.low_rank import LowRankLinear, LowRankSelfAttention
from baselines.layerwise import MODULES, Site, at_ranks, compress


@pytest.fixture
def model(tmp_path: Path) -> Classifier:
    facts = {
        "vocab_size": 30,
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 12,
        "max_position_embeddings": 24,
        "initializer_range": 0.5,
    }
    (tmp_path / "config.json").write_text(json.dumps(AutoConfig.for_model("bert", **facts).to_dict()))
    torch.manual_seed(0)
    return Classifier(2, assets=tmp_path).eval()


@pytest.fixture
def given() -> Examples:
    ids = np.random.default_rng(5).integers(2, 30, (30, 6)).tolist()
    return Examples([{"input_ids": i, "token_type_ids": [0] * 6} for i in ids], np.zeros(30, np.int64))


def states(model: Classifier, given: Examples) -> HiddenStates:
    with torch.no_grad():
        return HiddenStates(model, given, np.arange(len(given)), 0)


def silent(_: str) -> None:
    pass


@torch.no_grad()
def test_each_matrix_is_the_best_for_the_inputs_of_the_model_compressed_so_far(
    model: Classifier, given: Examples
) -> None:
    """One whole forward for each matrix, with hooks of torch alone, layer by layer in the order of the data."""
    expected = copy.deepcopy(model)
    inputs = {name: torch.tensor([sample[name] for sample in given.inputs]) for name in given.inputs[0]}
    for layer in expected.layers:
        for names in (LINEARS[:3], LINEARS[3:4], LINEARS[4:5], LINEARS[5:]):
            caught: dict[str, torch.Tensor] = {}
            hooks = [
                layer.get_submodule(name).register_forward_pre_hook(
                    lambda _, arguments, name=name, caught=caught: caught.update(
                        {name: arguments[0].flatten(0, 1).double()}
                    )
                )
                for name in names
            ]
            expected(**inputs)
            for hook in hooks:
                hook.remove()
            for name in names:
                linear = layer.get_submodule(name)
                outputs = caught[name] @ linear.weight.double().T
                directions = torch.linalg.svd(outputs.T, full_matrices=False).U
                layer.set_submodule(name, projected(linear, directions, 3))
    ranks = {f"layer.{number}.{name}": 3 for number in range(2) for name in LINEARS}
    found = compress(model, states(model, given), at_ranks(ranks), silent)
    for of_expected, of_found in zip(expected.layers, found.layers, strict=True):
        for name in LINEARS:
            theirs, ours = (layer.get_submodule(name) for layer in (of_expected, of_found))
            assert isinstance(ours, LowRankLinear)
            by_hand, product = (module.second.weight @ module.first.weight for module in (theirs, ours))
            assert torch.allclose(product, by_hand, atol=1e-4), name
    assert torch.allclose(found(**inputs), expected(**inputs), atol=1e-3)


def test_matrices_without_a_rank_stay_as_they_are(model: Classifier, given: Examples) -> None:
    dense = copy.deepcopy(model)
    lines: list[str] = []
    compress(model, states(model, given), at_ranks({"layer.1.scores": 2, "layer.0.output.dense": 4}), lines.append)
    assert [line.split(",")[0] for line in lines] == ["layer 1 of 2 compressed", "layer 2 of 2 compressed"]
    assert isinstance(model.layers[1].attention.self, LowRankSelfAttention)
    assert isinstance(model.layers[0].output.dense, LowRankLinear)
    kept = {name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    for name in kept & {name for name, module in dense.named_modules() if isinstance(module, nn.Linear)}:
        if not name.endswith(("layer.1.attention.self.query", "layer.1.attention.self.key")):
            assert torch.equal(model.get_submodule(name).weight, dense.get_submodule(name).weight), name


def test_a_site_can_be_put_back(model: Classifier, given: Examples) -> None:
    layer = model.layers[0]
    for path, names in MODULES.items():
        before = layer.get_submodule(path)
        site = Site(layer, 0, path, states(model, given))
        with torch.no_grad():
            site.put({names[0]: 2})
        assert layer.get_submodule(path) is not before
        site.restore()
        assert layer.get_submodule(path) is before


@torch.no_grad()
def test_all_ranks_change_no_answer(model: Classifier, given: Examples) -> None:
    inputs = {name: torch.tensor([sample[name] for sample in given.inputs]) for name in given.inputs[0]}
    before = model(**inputs)
    ranks = {f"layer.{number}.{name}": 8 for number in range(2) for name in LINEARS}
    ranks |= {f"layer.{number}.scores": 4 for number in range(2)}
    after = compress(model, states(model, given), at_ranks(ranks), silent)(**inputs)
    assert torch.allclose(after, before, atol=1e-4)


def test_the_narrow_side_alone_is_summed(model: Classifier, given: Examples) -> None:
    """FFN out [8, 12] is given 12 features and gives 8; its principal outputs come from [8, 8]."""
    site = Site(model.layers[0], 0, "output.dense", states(model, given))
    with torch.no_grad():
        assert site.moment.shape == (8, 8)
        weight = site.dense.weight.double()
        x = torch.cat(list(site.states.inputs(site.layer, site.path))).double()
        directions = torch.linalg.svd(weight @ x.T, full_matrices=False).U
        found = principal_outputs(site.dense.weight, site.moment)
    assert torch.allclose((directions * found).sum(0).abs(), torch.ones(8).double(), atol=1e-5)
