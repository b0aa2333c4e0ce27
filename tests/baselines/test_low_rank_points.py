"""Ranks by the names of points, on shapes known from the literature."""

import json
from pathlib import Path

import pytest
import torch
from transformers import BertConfig

from baselines.layers.classifier import LINEARS, Classifier
from baselines.layers.low_rank import shrink
from baselines.low_rank_points import Setting, percent_of, ranks_of, settings_of, share_of, uniform_ranks
from baselines.methods.drone import ranks_by_name
from harness.findings import ParetoNLPError

QUERY, KEY, VALUE, OUTPUT, FFN_IN, FFN_OUT = LINEARS


def encoder(folder: Path, hidden: int, inner: int, heads: int, layers: int) -> Classifier:
    config = BertConfig(
        vocab_size=10,
        hidden_size=hidden,
        intermediate_size=inner,
        num_attention_heads=heads,
        num_hidden_layers=layers,
        max_position_embeddings=8,
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    with torch.device("meta"):
        return Classifier(2, assets=folder)


@pytest.fixture
def bert(tmp_path: Path) -> Classifier:
    return encoder(tmp_path, 768, 3072, 12, 12)


@pytest.fixture
def tinybert(tmp_path: Path) -> Classifier:
    return encoder(tmp_path, 312, 1200, 12, 4)


def first_layer(ranks: dict[str, int]) -> dict[str, int]:
    return {name.removeprefix("layer.0."): rank for name, rank in ranks.items() if name.startswith("layer.0.")}


def test_ranks_are_a_percentage_of_the_narrow_side(bert: Classifier) -> None:
    ranks = uniform_ranks(bert, 25)
    assert ranks == {f"layer.{number}.{name}": 192 for number in range(12) for name in LINEARS}
    assert set(uniform_ranks(bert, 1).values()) == {8}  # 7.68


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (49, dict.fromkeys(LINEARS, 376)),
        (50, {FFN_IN: 384, FFN_OUT: 384}),  # 384 is a square matrix's break-even
        (79, {FFN_IN: 607, FFN_OUT: 607}),
        (80, {FFN_IN: 614, FFN_OUT: 614}),  # break-even 614.4
        (81, {}),
    ],
)
def test_a_matrix_at_break_even_stays_dense(bert: Classifier, percent: int, expected: dict[str, int]) -> None:
    assert first_layer(uniform_ranks(bert, percent)) == expected


def test_scores_make_query_and_key_cheaper_than_factors_would(bert: Classifier) -> None:
    ranks = first_layer(ranks_by_name(bert, "rank-30-scores"))
    assert ranks == {"scores": 19, VALUE: 230, OUTPUT: 230, FFN_IN: 230, FFN_OUT: 230}  # 30 % of 64 and of 768
    assert 12 * 19 * 768 < 230 * 2 * 768
    assert first_layer(ranks_by_name(bert, "rank-99-scores"))["scores"] == 63


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("small", {OUTPUT: 78, FFN_IN: 78, FFN_OUT: 78}),
        ("medium", {FFN_IN: 156, FFN_OUT: 156}),  # 156 is break-even for [312, 312]
        ("int-expanded", {OUTPUT: 78, FFN_IN: 156, FFN_OUT: 78}),
    ],
)
def test_the_replication_has_the_published_ranks(tinybert: Classifier, name: str, expected: dict[str, int]) -> None:
    ranks = ranks_by_name(tinybert, name)
    assert first_layer(ranks) == expected
    assert len(ranks) == 4 * len(expected)


def test_no_rank_is_nought() -> None:
    assert share_of(8, 1) == 1


def test_a_state_tells_its_ranks(tinybert: Classifier) -> None:
    ranks = {
        f"layer.0.{QUERY}": 20,
        "layer.0.scores": 5,
        f"layer.1.{VALUE}": 30,
        "layer.2.scores": 7,
        f"layer.3.{FFN_IN}": 9,
    }
    assert ranks_of(shrink(tinybert, ranks).state_dict(), 312, 12) == ranks


def test_points_are_read_from_their_names() -> None:
    settings = settings_of(("rank-40", "rank-40-tuned"), lambda name: percent_of(name) is not None, "")
    assert settings == {"rank-40": Setting("rank-40"), "rank-40-tuned": Setting("rank-40", tuned=True)}
    assert [percent_of(name) for name in ("rank-1", "rank-99", "rank-0", "rank-100", "rank-05", "rank")] == [
        1,
        99,
        None,
        None,
        None,
        None,
    ]
    with pytest.raises(ParetoNLPError, match="rank-40-tuned-tuned"):
        settings_of(("rank-40-tuned-tuned",), lambda name: percent_of(name) is not None, "")
