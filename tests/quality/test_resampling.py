"""A resampler gives what scikit-learn and scipy give on the explicitly resampled rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, matthews_corrcoef

from harness.quality.metrics import METRICS
from harness.quality.resampling import Confusion, matthews_of

CLASS_METRICS = [name for name, metric in METRICS.items() if metric.kind == "class"]
SCORE_METRICS = [name for name, metric in METRICS.items() if metric.kind == "score"]


@pytest.mark.parametrize("name", CLASS_METRICS)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 60), classes=st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_class_resamplers_equal_scikit_learn(name, seed, rows, classes):
    rng = np.random.default_rng(seed)
    gold, answers = rng.integers(0, classes, (2, rows))
    drawn = rng.integers(0, rows, rows)
    metric = METRICS[name]
    resampled = metric.resampler(answers, gold)
    assert resampled(drawn) == pytest.approx(metric.score(answers[drawn], gold[drawn]), abs=1e-12)


@pytest.mark.parametrize("name", SCORE_METRICS)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 60),
    distinct=st.integers(1, 30),
    scale=st.sampled_from([1e-200, 1.0, 1e200]),
)
@settings(max_examples=60, deadline=None)
def test_score_resamplers_equal_scipy_with_ties(name, seed, rows, distinct, scale):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, distinct, rows) / 5
    answers = (gold + rng.integers(-3, 4, rows)) * scale
    drawn = rng.integers(0, rows, rows)
    metric = METRICS[name]
    resampled = metric.resampler(answers, gold)
    assert resampled(drawn) == pytest.approx(metric.score(answers[drawn], gold[drawn]), abs=1e-9)


def test_correlations_of_a_large_offset_keep_their_digits():
    rng = np.random.default_rng(0)
    gold = rng.normal(size=500)
    answers = gold + rng.normal(size=500)
    rows = np.arange(500)
    plain = METRICS["pearson"].resampler(answers, gold)(rows)
    shifted = METRICS["pearson"].resampler(answers + 1e6, gold)(rows)
    assert plain == pytest.approx(np.corrcoef(answers, gold)[0, 1], abs=1e-12)
    assert shifted == pytest.approx(plain, abs=1e-9)


def test_an_outlier_that_a_draw_leaves_out_does_no_harm():
    gold = np.array([1.0, 2.0, 3.0, 4.0])
    answers = np.array([1.0, 3.0, 2.0, 1e300])
    drawn = np.array([0, 1, 2, 2])
    expected = np.corrcoef(answers[drawn], gold[drawn])[0, 1]
    assert METRICS["pearson"].resampler(answers, gold)(drawn) == pytest.approx(expected, abs=1e-9)


def test_matthews_of_three_classes():
    rng = np.random.default_rng(1)
    gold = rng.integers(0, 3, 200)
    answers = np.where(rng.random(200) < 0.6, gold, rng.integers(0, 3, 200))
    confusion = Confusion(np.arange(3), confusion_matrix(gold, answers))
    assert matthews_of(confusion) == pytest.approx(matthews_corrcoef(gold, answers), abs=1e-12)
