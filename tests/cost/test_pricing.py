"""Prices of tapes: sums by hand, and published figures of models."""

from dataclasses import replace

import pytest
import torch
import transformers as T
from torch import Tensor, nn

from harness.cost.pricing import Cost, Work, price, roll_up
from harness.cost.tape import Node, Ref, Tape, Value
from harness.cost.tracing import build_on_meta, record
from harness.findings import ParetoNLPError
from tests.cost.tapes import classifier, flops_of, macs_of, staged


def test_sums_are_those_of_the_nodes() -> None:
    cost = price(classifier(7, ngrams=5))
    assert (cost.macs, cost.flops) == (macs_of(7), flops_of(7, 5))
    assert cost.by_operator == {
        "aten.linear": Work(448, 896 + 56, 1),
        "aten.softmax": Work(0, 5 * 56 - 2 * 7, 1),
        "aten.mean": Work(0, 56, 1),
        "aten.embedding_bag": Work(0, 4 * 8, 1),
    }


def test_work_belongs_to_the_innermost_module_and_rolls_up() -> None:
    cost = price(classifier(7, ngrams=5))
    assert list(cost.by_module) == ["encoder.0", "encoder.0.inner", ""]
    tree = roll_up(cost.by_module)
    assert tree[""] == Work(cost.macs, cost.flops, 4)
    assert tree["encoder"] == tree["encoder.0"] == Work(448, 952 + 266, 2)
    assert tree["encoder.0.inner"] == Work(0, 266, 1)


def test_stages() -> None:
    cost = price(staged(10))
    assert [stage.flops for stage in cost.stages] == [19, 38, 57]
    assert [stage.calls for stage in cost.stages] == [2, 4, 6]
    assert price(classifier(3)).stages == (Work(macs_of(3), flops_of(3), 4),)


def test_an_operator_without_a_formula_is_listed_with_its_calls() -> None:
    tape = classifier(4)
    strange = Node("mine.fused.default", (Ref(2),), {}, (), "encoder.1")
    cost = price(replace(tape, nodes=(*tape.nodes, strange, strange)))
    assert cost.unpriced == {"mine.fused.default": 2}
    assert cost.flops == flops_of(4)


def test_an_empty_tape_costs_nothing() -> None:
    assert price(Tape((), {}, (), ())) == Cost(0, 0, {}, {}, {}, (Work(),))


@pytest.mark.parametrize(
    "node",
    [
        Node("aten.linear.default", (Ref(0),), {}, (0,), "m"),
        Node("aten.linear.default", (Ref(0), Ref(99)), {}, (0,), "m"),
        Node("aten.linear.default", (Ref(0), "weight"), {}, (0,), "m"),
        Node("aten.layer_norm.default", (Ref(0), 3), {}, (0,), "m"),
        Node("aten.softmax.int", (Ref(0), "last"), {}, (0,), "m"),
        Node("aten.group_norm.default", (Ref(0), -(10**12)), {}, (0,), "m"),
        Node("aten.group_norm.default", (Ref(0), "eight"), {}, (0,), "m"),
        Node("aten.avg_pool1d.default", (Ref(0), ("a",)), {}, (0,), "m"),
        Node("aten.lstm.input", (Ref(0), (), (), True, 0, 0.0, False, False, False), {}, (0,), "m"),
        Node("aten.einsum.default", ("ij,jk->ik", (Ref(0),)), {}, (0,), "m"),
        Node("aten.renorm.default", (Ref(0), 2, 9, 1.0), {}, (0,), "m"),
    ],
)
def test_a_node_that_no_run_can_have_written_is_a_finding(node: Node) -> None:
    with pytest.raises(ParetoNLPError, match=r"arguments that it can not have") as caught:
        price(Tape((Value((4, 5), "float32"),), {"x": 0}, (), (node,)))
    assert node.op in str(caught.value)


def traced(model: nn.Module, inputs: dict[str, Tensor]) -> Cost:
    return price(record(model, inputs))


@pytest.mark.parametrize("tokens", [5, 64, 301])
def test_bert_base_has_its_published_macs(tokens: int) -> None:
    model, recorder = build_on_meta(lambda: T.BertForSequenceClassification(T.BertConfig()))
    cost = price(record(model, {"input_ids": torch.ones(1, tokens, dtype=torch.long)}, recorder))
    assert cost.macs == 18_432 * tokens**2 + 84_934_656 * tokens + 591_360
    assert cost.unpriced == {}


def test_eager_attention_costs_what_fused_attention_costs() -> None:
    config = {"num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 128}
    ids = {"input_ids": torch.ones(1, 9, dtype=torch.long), "attention_mask": torch.tensor([[1] * 6 + [0] * 3])}
    costs = []
    for attention in ("sdpa", "eager"):
        model = T.BertModel(T.BertConfig(**config, attn_implementation=attention))
        costs.append(traced(model, ids))
    assert (costs[0].macs, costs[0].flops) == (costs[1].macs, costs[1].flops)


def test_low_rank_and_sparse_layers_cost_what_they_store() -> None:
    x = {"input": torch.zeros(6, 32)}
    dense, factors = (
        nn.Linear(32, 32, bias=False),
        nn.Sequential(nn.Linear(32, 4, bias=False), nn.Linear(4, 32, bias=False)),
    )
    assert (traced(dense, x).macs, traced(factors, x).macs) == (6 * 1024, 6 * 256)
    sparse = nn.Linear(32, 32, bias=False)
    sparse.weight = nn.Parameter(torch.eye(32).to_sparse_csr(), requires_grad=False)
    assert traced(sparse, x).macs == 6 * 32
