"""Against closed forms worked by hand; scikit-learn and scipy are the metrics' own engines."""

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.quality import metrics
from harness.quality.metrics import METRICS

# 4 true positives, 1 false positive, 2 false negatives, 3 true negatives
GOLD = np.array([1, 1, 1, 1, 0, 1, 1, 0, 0, 0])
ANSWERS = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 0.7),
        ("f1", 8 / 11),
        ("macro_f1", (8 / 11 + 6 / 9) / 2),
        ("matthews", (4 * 3 - 1 * 2) / np.sqrt(5 * 6 * 4 * 5)),
        ("accuracy_f1", (0.7 + 8 / 11) / 2),
        ("accuracy_macro_f1", (0.7 + (8 / 11 + 6 / 9) / 2) / 2),
    ],
)
def test_class_metrics_by_hand(name, expected):
    assert METRICS[name].score(ANSWERS, GOLD) == pytest.approx(expected, abs=1e-12)


def test_correlations_by_hand():
    gold = np.array([1.0, 2.0, 3.0, 4.0])
    answers = np.array([1.0, 3.0, 2.0, 9.0])
    assert metrics.pearson(answers, gold) == pytest.approx(11.5 / np.sqrt(5 * 38.75))
    assert metrics.spearman(answers, gold) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert metrics.pearson_spearman(answers, gold) == pytest.approx((11.5 / np.sqrt(5 * 38.75) + 0.8) / 2)


def test_spearman_gives_ties_their_mean_rank():
    gold = np.array([0.0, 0.0, 1.0, 2.0])  # ranks 1.5 1.5 3 4
    answers = np.array([5.0, 6.0, 7.0, 7.0])  # ranks 1 2 3.5 3.5
    assert metrics.spearman(answers, gold) == pytest.approx(4 / np.sqrt(4.5 * 4.5))


def test_parts_are_named_and_the_score_is_their_mean():
    parts = METRICS["accuracy_f1"].score_parts(ANSWERS, GOLD)
    assert parts == pytest.approx({"accuracy": 0.7, "f1": 8 / 11})
    assert metrics.accuracy_f1(ANSWERS, GOLD) == pytest.approx(sum(parts.values()) / 2)
    assert metrics.accuracy_macro_f1(ANSWERS, GOLD) == pytest.approx(METRICS["accuracy_macro_f1"].score(ANSWERS, GOLD))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["matthews", "pearson", "spearman", "pearson_spearman"])
@pytest.mark.parametrize("constant", ["answers", "gold", "both"])
def test_a_constant_has_no_correlation(name, constant):
    varying = np.array([0, 1, 1, 0, 1])
    same = np.ones(5, np.int64)
    answers = varying if constant == "gold" else same
    gold = varying if constant == "answers" else same
    assert METRICS[name].score(answers, gold) == 0.0


@pytest.mark.filterwarnings("error")
def test_f1_without_the_positive_class_is_zero():
    zeros = np.zeros(4, np.int64)
    assert metrics.f1(zeros, zeros) == 0.0
    assert metrics.accuracy_f1(zeros, zeros) == 0.5
    assert metrics.macro_f1(zeros, zeros) == 1.0, "the only class there is counts alone"


def test_macro_f1_ignores_a_class_that_occurs_nowhere():
    gold, answers = np.array([0, 0, 2, 2]), np.array([0, 2, 2, 2])
    assert metrics.macro_f1(answers, gold) == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_one_sample_has_no_correlation():
    one = np.array([3.0])
    assert metrics.pearson(one, one) == metrics.spearman(one, one) == 0.0


def test_correlations_survive_huge_answers():
    gold = np.array([1.0, 2.0, 3.0])
    assert metrics.pearson(gold * (1e308 / 3), gold) == pytest.approx(1.0)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("answers", "gold"),
    [
        (np.zeros(2), np.zeros(3)),
        (np.zeros(0), np.zeros(0)),
        (np.zeros((2, 1)), np.zeros((2, 1))),
    ],
)
def test_wrong_shapes_are_explained(name, answers, gold):
    with pytest.raises(ParetoNLPError, match="one answer a sample"):
        METRICS[name].score(answers, gold)


def test_every_metric_knows_its_name():
    assert {name: metric.name for name, metric in METRICS.items()} == {n: n for n in METRICS}
