"""Gold joined by text between two releases of the same sentences."""

import random

import pyarrow as pa
import pytest

from harness.findings import ParetoNLPError
from harness.tasks import DATASETS
from harness.tasks.joining import gold_by_text

SST2, STSB = DATASETS["sst2"], DATASETS["stsb"]
WORDS = ["grim", "bold", "warm", "cold", "slow", "fast", "loud", "soft", "film", "plot", "cast"]


def sentences(count):
    draws = random.Random(3)
    return [f"the {' '.join(draws.sample(WORDS, 6))} number {row} ." for row in range(count)]


def table(texts, labels):
    return pa.table({"sentence": texts, "label": labels})


def join(texts, other_texts, other_labels):
    return gold_by_text(SST2, table(texts, [-1] * len(texts)), table(other_texts, other_labels), "x")


def test_order_is_that_of_the_rows_that_want_gold():
    texts = sentences(200)
    labels = [row % 2 for row in range(200)]
    order = random.Random(5).sample(range(200), 200)
    gold = join(texts, [texts[row] for row in order], [labels[row] for row in order])
    assert gold.to_pylist() == labels


@pytest.mark.parametrize(
    ("glue", "treebank"),
    [
        ("( deniro ) is  good .", "-lrb- deniro -rrb- is good ."),
        ("It 's fine", "it's fine"),
        ("what ?!", "What ? !"),
        ("end --", "end ---rrb-"),
    ],
)
def test_space_case_and_brackets_do_not_matter(glue, treebank):
    assert join([glue], [treebank], [1]).to_pylist() == [1]


def test_a_spelling_variant_is_paired_with_the_nearest_text():
    texts = sentences(150)
    texts[70] = "a witty take on change and risk , with humor"
    other = list(texts)
    other[70] = "a witty take on change and risk , with humour"
    labels = [int(row == 70) for row in range(150)]
    assert join(texts, other[::-1], labels[::-1]).to_pylist() == labels


def test_a_text_that_has_its_equal_is_not_taken_twice():
    texts = sentences(150)
    texts[70:72] = [f"i like humor , color and flavor of part {part}" for part in "12"]
    other = list(texts)
    other[70] = "i like humour , colour and flavour of part 1"  # further away than part 2 is
    labels = [int(row == 70) for row in range(150)]
    assert join(texts, other, labels).to_pylist() == labels


def test_two_columns_and_repeated_rows():
    rows = {"sentence1": ["a man", "a dog", "a man"], "sentence2": ["plays", "runs", "plays"]}
    wanting = pa.table(rows | {"label": [-1.0] * 3})
    labelled = pa.table({name: column[::-1] for name, column in rows.items()} | {"label": [1.5, 4.0, 1.5]})
    assert gold_by_text(STSB, wanting, labelled, "x").to_pylist() == [1.5, 4.0, 1.5]


@pytest.mark.parametrize(
    ("texts", "other", "labels", "why"),
    [
        (["a"], ["a", "A"], [0, 1], "'a' has two labels"),
        (["a", "b"], ["a", "c"], [0, 1], "1 of 2 texts are not there"),
        (["a"], ["b"], [0], "1 of 1 texts"),
    ],
)
def test_other_texts_are_refused(texts, other, labels, why):
    with pytest.raises(ParetoNLPError, match="cannot be joined") as caught:
        join(texts, other, labels)
    (finding,) = caught.value.findings
    assert why in finding.message
    assert finding.code == "gold-mismatch"


def test_a_rare_row_without_a_near_one_is_refused():
    texts = sentences(150)
    with pytest.raises(ParetoNLPError, match="is not there"):
        join(texts, [*texts[:-1], "something else altogether"], [0] * 150)
    with pytest.raises(ParetoNLPError, match="is not there"):
        join(texts, texts[:-1], [0] * 149)
