"""Calibration: whose inputs count, in what sums, and what is computed for them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig

from baselines.calibration import HiddenStates, calibration_rows, input_of, second_moment, with_one
from baselines.examples import Examples
from baselines.layers.classifier import Classifier


@pytest.fixture(params=["bert", "electra", "roberta"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Classifier:
    facts = {
        "vocab_size": 30,
        "hidden_size": 8,
        "embedding_size": 4,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 12,
        "max_position_embeddings": 24,
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "initializer_range": 0.5,
    }
    (tmp_path / "config.json").write_text(json.dumps(AutoConfig.for_model(request.param, **facts).to_dict()))
    torch.manual_seed(0)
    return Classifier(2, assets=tmp_path).eval()


def examples(count: int = 70) -> Examples:
    """Of 3 to 12 tokens."""
    random = np.random.default_rng(3)
    ids = [random.integers(2, 30, random.integers(3, 13)).tolist() for _ in range(count)]
    return Examples([{"input_ids": i, "token_type_ids": [0] * len(i)} for i in ids], random.integers(0, 2, count))


def by_hand(model: Classifier, given: Examples, rows: list[int], path: str) -> list[Tensor]:
    """What a module of each layer is given, example by example and so without padding, in a whole forward."""
    seen: list[list[Tensor]] = [[] for _ in model.layers]
    hooks = [
        layer.get_submodule(path).register_forward_pre_hook(lambda _, arguments, to=to: to.append(arguments[0][0]))
        for layer, to in zip(model.layers, seen, strict=True)
    ]
    for row in rows:
        model(**{name: torch.tensor([ids]) for name, ids in given.inputs[row].items()})
    for hook in hooks:
        hook.remove()
    return [torch.cat(vectors).double() for vectors in seen]


@torch.no_grad()
@pytest.mark.parametrize(
    "path", ["attention.self", "attention.output.dense", "intermediate.dense", "output.dense", "attention.self.value"]
)
def test_padding_is_in_no_moment_at_any_module_of_any_layer(model: Classifier, path: str) -> None:
    given, rows = examples(), np.arange(5, 45)
    states = HiddenStates(model, given, rows, pad_token=1)
    assert len(states.batches) > 1
    for layer, expected in zip(model.layers, by_hand(model, given, rows.tolist(), path), strict=True):
        found = second_moment(states.inputs(layer, path))
        assert found.dtype == torch.float64
        assert torch.allclose(found, expected.T @ expected, rtol=1e-5, atol=1e-4)
        states.advance(layer)


@torch.no_grad()
def test_inputs_are_those_of_the_model_as_it_is_now(model: Classifier) -> None:
    """Two layers by hand: the first is made to answer zeros, so the second is given nothing else."""
    states = HiddenStates(model, examples(), np.arange(10), pad_token=1)
    first, second = model.layers[:2]
    before = second_moment(states.inputs(first, "output.dense"))
    first.intermediate.dense.weight.zero_()
    first.intermediate.dense.bias.fill_(1.0)  # the activation of 1 at every neuron, for every token
    tokens = sum(examples().lengths[:10])
    gelu = nn.functional.gelu(torch.tensor(1.0)).item()
    now = second_moment(states.inputs(first, "output.dense"))
    assert torch.allclose(now, torch.full_like(now, tokens * gelu**2))
    assert not torch.allclose(now, before)
    first.output.LayerNorm.weight.zero_()
    first.output.LayerNorm.bias.zero_()
    states.advance(first)
    assert second_moment(states.inputs(second, "attention.self")).abs().max() == 0


def test_what_comes_after_is_not_computed() -> None:
    calls = []
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.register_forward_hook(lambda *_: calls.append(1))
    x = torch.ones(1, 2)
    assert torch.equal(input_of(second, lambda: second(first(x))), first(x))
    assert calls == []
    second(x)  # the hook is gone
    assert calls == [1]


def test_a_moment_does_not_depend_on_how_its_vectors_are_batched() -> None:
    x = torch.randn(50, 4) * 1e3 + 1e4
    whole = x.double().T @ x.double()
    assert torch.allclose(second_moment(x.split(7)), whole, rtol=1e-14)
    with pytest.raises(ValueError, match="no vectors"):
        second_moment([])


def test_a_one_after_each_vector_counts_biases() -> None:
    assert with_one(torch.tensor([[2.0, 3.0]])).tolist() == [[2, 3, 1]]


@pytest.mark.parametrize(
    ("rows", "calibrated", "searched"),
    [(20_000, 2_000, 256), (100_000, 2_000, 256), (8_000, 800, 256), (3_668, 500, 256), (600, 450, 150), (44, 33, 11)],
)
def test_a_tenth_is_calibrated_on_and_others_are_searched_with(rows: int, calibrated: int, searched: int) -> None:
    first, second = calibration_rows(rows, seed=1)
    assert (len(first), len(second)) == (calibrated, searched)
    assert len({*first.tolist(), *second.tolist()}) == calibrated + searched
    assert calibration_rows(rows, seed=1)[0].tolist() == first.tolist()
    assert calibration_rows(rows, seed=2)[0].tolist() != first.tolist()
