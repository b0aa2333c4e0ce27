"""Low-rank modules: their cost is what their shapes say, and they stand where transformers' own stood."""

import json
from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import AutoConfig

from baselines.layers.classifier import LINEARS, Classifier
from baselines.layers.low_rank import LowRankLinear, LowRankSelfAttention, shrink
from harness import count_flops

FAMILIES = ("bert", "electra", "roberta", "xlm-roberta")
WIDTH, HEADS, TOKENS = 16, 2, 7


@pytest.fixture(params=FAMILIES)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Classifier:
    """Two layers with weights large enough that attention matters; electra projects its embeddings."""
    facts = {
        "vocab_size": 40,
        "hidden_size": WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": HEADS,
        "intermediate_size": 32,
        "max_position_embeddings": 32,
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "initializer_range": 0.5,
        **({"embedding_size": 8} if request.param == "electra" else {}),
    }
    config = AutoConfig.for_model(request.param, **facts)
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()))
    torch.manual_seed(0)
    return Classifier(3, assets=tmp_path).eval()


def inputs(padding: int = 0) -> dict[str, torch.Tensor]:
    ids = torch.randint(2, 40, (2, TOKENS), generator=torch.Generator().manual_seed(1))
    mask = torch.ones_like(ids)
    if padding:
        ids[1, -padding:], mask[1, -padding:] = 1, 0
    return {"input_ids": ids, "token_type_ids": torch.zeros_like(ids), "attention_mask": mask}


def test_a_low_rank_linear_is_the_product_of_its_factors_with_one_bias() -> None:
    module = LowRankLinear(5, 4, 2)
    x = torch.randn(3, 5)
    by_hand = x @ (module.second.weight @ module.first.weight).T + module.second.bias
    assert torch.allclose(module(x), by_hand, atol=1e-6)
    assert sum(parameter.numel() for parameter in module.parameters()) == 2 * (5 + 4) + 4


def test_a_low_rank_linear_costs_k_times_m_plus_n_a_token() -> None:
    assert count_flops(LowRankLinear(24, 10, 3), {"features": torch.zeros(2, 5, 24)}).macs == 2 * 5 * 3 * (24 + 10)


def test_short_scores_cost_what_the_docstring_says() -> None:
    rank, width, heads, tokens = 3, 16, 2, 7
    cost = count_flops(LowRankSelfAttention(width, heads, rank, 0.1), {"hidden_states": torch.zeros(1, tokens, width)})
    projections = tokens * (2 * heads * rank * width + width**2)
    assert cost.macs == projections + tokens**2 * (heads * rank + width)
    assert not cost.unpriced


@pytest.mark.parametrize("padding", [0, 3])
def test_with_all_features_attention_is_transformers_own(model: Classifier, padding: int) -> None:
    with torch.no_grad():
        before = model(**inputs(padding))
        for layer in model.layers:
            dense = layer.attention.self
            layer.attention.self = LowRankSelfAttention(WIDTH, HEADS, WIDTH // HEADS, 0.1).eval()
            layer.attention.self.load_state_dict(dense.state_dict())
        assert torch.allclose(model(**inputs(padding)), before, atol=1e-5)


def test_scores_are_those_of_the_dense_head_whatever_the_rank() -> None:
    """softmax(q k^T / sqrt(d_h)) v written out, with d_h = 8 although queries have 3 features."""
    module = LowRankSelfAttention(WIDTH, HEADS, 3, 0.0)
    x = torch.randn(1, TOKENS, WIDTH)
    context, _ = module(x)
    for head in range(HEADS):
        query, key = (x[0] @ p.weight[3 * head :][:3].T + p.bias[3 * head :][:3] for p in (module.query, module.key))
        value = x[0] @ module.value.weight[8 * head :][:8].T + module.value.bias[8 * head :][:8]
        by_hand = torch.softmax(query @ key.T / 8**0.5, dim=-1) @ value
        assert torch.allclose(context[0, :, 8 * head :][:, :8], by_hand, atol=1e-6)


def test_weights_are_dropped_in_training_only() -> None:
    module = LowRankSelfAttention(WIDTH, HEADS, 3, 0.9)
    x = torch.randn(1, TOKENS, WIDTH)
    assert not torch.equal(module(x)[0], module(x)[0])
    module.eval()
    assert torch.equal(module(x)[0], module(x)[0])


def test_shrink_changes_what_is_named_and_nothing_else(model: Classifier) -> None:
    ranks = {
        "layer.0.attention.self.query": 2,
        "layer.1.output.dense": 5,
        "layer.1.scores": 3,
        "layer.1.attention.self.key": 4,
    }
    assert shrink(model, ranks) is model
    modules = {
        f"layer.{number}.{name}": layer.get_submodule(name)
        for number, layer in enumerate(model.layers)
        for name in LINEARS
    }
    for name, module in modules.items():
        assert isinstance(module, LowRankLinear if name in ranks else nn.Linear)
    assert modules["layer.1.output.dense"].first.weight.shape == (5, 32)
    assert modules["layer.1.attention.self.query"].weight.shape == (2 * 3, WIDTH)
    assert modules["layer.1.attention.self.key"].second.weight.shape == (2 * 3, 4)
    assert model(**inputs(2)).shape == (2, 3)


def test_a_shrunk_model_is_cheaper_by_the_closed_form(model: Classifier) -> None:
    ids = torch.zeros(1, TOKENS, dtype=torch.long)
    given = {"input_ids": ids, "token_type_ids": ids}
    before = count_flops(model, given).macs
    shrink(model, {"layer.0.intermediate.dense": 4, "layer.1.scores": 3})
    saved_by_factors = TOKENS * (WIDTH * 32 - 4 * (WIDTH + 32))
    saved_by_scores = TOKENS * 2 * WIDTH * (WIDTH - HEADS * 3) + TOKENS**2 * (WIDTH - HEADS * 3)
    assert before - count_flops(model, given).macs == saved_by_factors + saved_by_scores
