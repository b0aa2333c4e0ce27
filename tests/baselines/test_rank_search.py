"""The search for ranks: how the tolerated loss is divided, measured and spent."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoConfig

from baselines.calibration import HiddenStates
from baselines.examples import Examples
from baselines.layers.classifier import Classifier
from baselines.layers.low_rank import LowRankLinear, LowRankSelfAttention
from baselines.layerwise import MODULES, Site, compress
from baselines.rank_search import RankSearch, allowances, constant_loss, loss_from, module_costs, ranks_at


@pytest.fixture
def model(tmp_path: Path) -> Classifier:
    facts = {
        "vocab_size": 30,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 24,
        "initializer_range": 0.3,
    }
    (tmp_path / "config.json").write_text(json.dumps(AutoConfig.for_model("bert", **facts).to_dict()))
    torch.manual_seed(0)
    return Classifier(2, assets=tmp_path).eval()


def examples(count: int = 50) -> Examples:
    random = np.random.default_rng(3)
    ids = [random.integers(2, 30, random.integers(3, 13)).tolist() for _ in range(count)]
    return Examples([{"input_ids": i, "token_type_ids": [0] * len(i)} for i in ids], random.integers(0, 2, count))


def states(model: Classifier, rows: range) -> HiddenStates:
    with torch.no_grad():
        return HiddenStates(model, examples(), np.array(rows), 0)


@torch.no_grad()
def loss_by_hand(model: Classifier, rows: range) -> float:
    """Mean cross-entropy, example by example."""
    given = examples()
    losses = [
        nn.functional.cross_entropy(
            model(**{name: torch.tensor([ids]) for name, ids in given.inputs[row].items()}),
            torch.tensor([given.gold[row]]),
        ).item()
        for row in rows
    ]
    return float(np.mean(losses))


def test_the_factors_of_all_modules_multiply_to_the_ratio() -> None:
    allowed = allowances({"a": 3.0, "b": 1.0, "c": 4.0}, 12, 1.2)
    assert np.prod([factor**12 for factor in allowed.values()]) == pytest.approx(1.2)
    assert np.log(allowed["a"]) / np.log(allowed["b"]) == pytest.approx(3)


def test_flops_are_those_of_the_modules_shapes(model: Classifier) -> None:
    tokens, d = 9, 16
    costs = module_costs(model, tokens, "flops")
    assert list(costs) == list(MODULES)
    assert costs["attention.output.dense"] == tokens * (2 * d * d + d)  # a product and a bias
    assert costs["intermediate.dense"] == tokens * (2 * d * 32 + 32)
    products = 2 * (tokens * 3 * d * d + 2 * tokens**2 * d)
    assert products < costs["attention.self"] < 1.5 * products


def test_times_are_those_of_each_module_on_one_text(model: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        """Stands for torch's timer: runs once, and says the module's parameters x the shape of its outcome."""

        def __init__(self, stmt: str, globals: dict[str, object]) -> None:  # noqa: A002
            outcome = eval(stmt, globals)
            (tensor,) = [outcome] if isinstance(outcome, torch.Tensor) else [outcome[0]]
            assert isinstance(globals["module"], nn.Module)
            parameters = sum(p.numel() for p in globals["module"].parameters())
            self.median = float(parameters * tensor.shape[1] * tensor.shape[2])

        def blocked_autorange(self, min_run_time: float) -> "Clock":
            assert min_run_time > 0.1
            return self

    monkeypatch.setattr("baselines.rank_search.Timer", Clock)
    linear, inner = 16 * 16 + 16, 16 * 32
    assert module_costs(model, 9, "time") == {
        "attention.self": 3 * linear * 9 * 16,
        "attention.output.dense": linear * 9 * 16,
        "intermediate.dense": (inner + 32) * 9 * 32,
        "output.dense": (inner + 16) * 9 * 16,
    }


@pytest.mark.parametrize("number", [0, 1])
def test_the_loss_from_a_layer_on_is_that_of_the_whole_model(model: Classifier, number: int) -> None:
    held_out = states(model, range(40))
    with torch.no_grad():
        for layer in model.layers[:number]:
            held_out.advance(layer)
    assert loss_from(model, number, held_out) == pytest.approx(loss_by_hand(model, range(40)), rel=1e-5)
    assert len(model.layers) == 2


def test_the_loss_of_a_constant_answer() -> None:
    assert constant_loss(np.array([0, 1, 0, 1])) == pytest.approx(np.log(2))
    assert constant_loss(np.array([1, 1])) == 0
    assert constant_loss(np.array([1.0, 3.0])) == 1


def test_ranks_are_shares_of_the_dense_cost(model: Classifier) -> None:
    held_out = states(model, range(8))
    ranks = {path: ranks_at(Site(model.layers[0], 0, path, held_out), 0.5) for path in MODULES}
    assert ranks == {
        "attention.self": {"scores": 4, "attention.self.value": 4},  # d_h = 8, break-even 8
        "attention.output.dense": {"attention.output.dense": 4},
        "intermediate.dense": {"intermediate.dense": 5},  # break-even 10.67
        "output.dense": {"output.dense": 5},
    }


def search(model: Classifier, ratio: float) -> RankSearch:
    costs = module_costs(model, 7, "flops")
    settle = RankSearch(model, states(model, range(25)), allowances(costs, 2, ratio))
    compress(model, states(model, range(25, 50)), settle, lambda _: None)
    return settle


def test_what_is_found_stays_within_the_ratio_and_something_is_found(model: Classifier) -> None:
    before = loss_by_hand(model, range(25))
    floor = constant_loss(examples().gold[:25]) / 10
    settle = search(model, 1.3)
    assert settle.limit == pytest.approx(1.3 * (before + floor), rel=1e-5)
    assert loss_by_hand(model, range(25)) + floor <= settle.limit * (1 + 1e-6)
    assert any(isinstance(module, LowRankLinear | LowRankSelfAttention) for module in model.modules())


def test_a_generous_ratio_takes_the_lowest_ranks_and_an_unattainable_one_none(
    model: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def rising(*_: object) -> float:
        tried.append(len(tried))
        return 1.0 + len(tried)

    with monkeypatch.context() as patch:
        patch.setattr("baselines.rank_search.loss_from", rising)
        search(model, 1.0001)
    assert not any(isinstance(module, LowRankLinear | LowRankSelfAttention) for module in model.modules())
    assert len(tried) == 1 + 2 * 4 * 3  # the dense model's, and each share at each module of both layers
    search(model, 1e9)
    for layer in model.layers:
        assert layer.attention.self.query.out_features == 2 * 2
        assert layer.output.dense.first.out_features == 2
