"""Stages against transformers' own models of fewer layers, and their cost against its closed form."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    ElectraConfig,
    ElectraForSequenceClassification,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from baselines.layers.exit_rules import patience
from baselines.layers.multi_exit import MultiExit, Stage, split
from harness import count_flops
from harness.cost.pricing import price
from harness.cost.tracing import build_on_meta, record_stages

WIDTH, INNER, LAYERS, CLASSES = 16, 24, 3, 3
SHAPE: dict[str, Any] = {
    "vocab_size": 20,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "max_position_embeddings": 16,
    "type_vocab_size": 2,
    "initializer_range": 0.5,
    "num_labels": CLASSES,
    "attn_implementation": "sdpa",
}
FAMILIES = {
    "bert": (BertConfig, BertForSequenceClassification, {}),
    "electra": (ElectraConfig, ElectraForSequenceClassification, {"embedding_size": 8}),
    "roberta": (RobertaConfig, RobertaForSequenceClassification, {}),
}
IDS = torch.tensor([[5, 9, 4, 7, 11]])
TYPES = torch.tensor([[0, 0, 0, 1, 1]])


@pytest.fixture(params=FAMILIES)
def encoder(request: pytest.FixtureRequest) -> nn.Module:
    config, model, more = FAMILIES[request.param]
    torch.manual_seed(3)
    return model(config(**SHAPE, **more)).eval()


def run(stages: list[Stage], ids: Tensor = IDS, types: Tensor = TYPES) -> list[Tensor]:
    """The logits of every stage, as the contract runs them."""
    state = {"input_ids": ids, "token_type_ids": types}
    logits = []
    for stage in stages:
        state = stage(dict(state))
        logits.append(state["logits"])
    return logits


@torch.no_grad()
def test_an_exit_answers_as_the_encoder_cut_there(encoder: nn.Module) -> None:
    stages = split(encoder, patience(1))
    answers = run(stages)
    assert len(answers) == LAYERS
    for depth in range(LAYERS, 0, -1):
        encoder.base_model.encoder.layer = encoder.base_model.encoder.layer[:depth]
        cut = encoder(input_ids=IDS, token_type_ids=TYPES).logits
        assert torch.allclose(answers[depth - 1], cut, atol=1e-5)
        assert not torch.allclose(answers[depth - 2], cut, atol=1e-2)


@torch.no_grad()
def test_every_layer_has_an_exit_of_its_own(encoder: nn.Module) -> None:
    stages = split(encoder)
    before = run(stages)
    for parameter in stages[1].head.parameters():
        parameter.zero_()
    after = run(stages)
    assert [torch.equal(old, new) for old, new in zip(before, after, strict=True)] == [True, False, True]


@torch.no_grad()
def test_training_sees_the_logits_of_all_stages_padded_or_not(encoder: nn.Module) -> None:
    stages = split(encoder)
    network = MultiExit(stages).eval()
    short, short_types = IDS[:, :3], TYPES[:, :3]
    pad = encoder.config.pad_token_id
    together = network(
        torch.cat([IDS, nn.functional.pad(short, (0, 2), value=pad)]),
        torch.cat([TYPES, nn.functional.pad(short_types, (0, 2))]),
        torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]),
    )
    assert together.shape == (2, LAYERS, CLASSES)
    assert torch.allclose(together[0], torch.cat(run(stages)), atol=1e-5)
    assert torch.allclose(together[1], torch.cat(run(stages, short, short_types)), atol=1e-5)
    assert torch.allclose(network(IDS, TYPES)[0], together[0], atol=1e-5)


def test_the_state_of_training_is_that_of_the_stages(encoder: nn.Module) -> None:
    stages = split(encoder)
    state = MultiExit(stages).state_dict()
    assert state.keys() == nn.ModuleList(stages).state_dict().keys()
    assert len({tensor.data_ptr() for tensor in state.values()}) == len(state)  # safetensors takes no shared memory
    # all of the encoder, its head once more for each layer before the last
    whole = sum(parameter.numel() for parameter in encoder.parameters())
    head = WIDTH * WIDTH + WIDTH + WIDTH * CLASSES + CLASSES
    assert sum(tensor.numel() for tensor in state.values()) == whole + (LAYERS - 1) * head


@pytest.mark.parametrize("tokens", [4, 9])
def test_leaving_at_stage_k_costs_k_layers_and_k_exits(encoder: nn.Module, tokens: int) -> None:
    ids = torch.zeros(1, tokens, dtype=torch.long)
    stages, recorder = build_on_meta(lambda: split(type(encoder)(encoder.config), patience(1)))
    cost = price(record_stages(stages, {"input_ids": ids, "token_type_ids": ids}, recorder))
    assert not cost.unpriced
    projection = tokens * 8 * WIDTH if encoder.config.model_type == "electra" else 0
    layer = tokens * (4 * WIDTH**2 + 2 * WIDTH * INNER) + 2 * tokens**2 * WIDTH  # 12 N d^2 + 2 N^2 d of INNER = 4 d
    exit_ = WIDTH**2 + WIDTH * CLASSES
    macs = [stage.macs for stage in cost.stages]
    for depth in range(1, LAYERS + 1):
        assert sum(macs[:depth]) == projection + depth * (layer + exit_)


def test_the_rule_is_part_of_every_stage_but_the_last() -> None:
    config = BertConfig(**SHAPE)
    torch.manual_seed(0)
    inputs = {"input_ids": IDS, "token_type_ids": TYPES}
    costs = [
        [
            stage.flops
            for stage in price(record_stages(split(BertForSequenceClassification(config), *rule), inputs)).stages
        ]
        for rule in ((patience(1),), ())
    ]
    argmax = CLASSES - 1
    assert [with_rule - without for with_rule, without in zip(*costs, strict=True)] == [argmax, argmax, 0]


def test_an_exit_costs_two_products_two_biases_and_a_tanh() -> None:
    head = split(BertForSequenceClassification(BertConfig(**SHAPE)))[0].head
    cost = count_flops(head, {"input": torch.zeros(1, 7, WIDTH)})
    assert cost.macs == WIDTH**2 + WIDTH * CLASSES
    assert cost.flops == 2 * cost.macs + 2 * WIDTH + CLASSES
