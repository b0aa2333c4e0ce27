import os
import time

import numpy as np
import pytest

from harness.findings import ParetoNLPError
from harness.quality import intervals
from harness.quality.intervals import interval, paired_difference, replicates
from harness.quality.metrics import METRICS

ACCURACY = METRICS["accuracy"]


def _answers(rows: int, accuracy: float, seed: int = 0):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 2, rows)
    return np.where(rng.random(rows) < accuracy, gold, 1 - gold), gold


def _scores(rows: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 26, rows) / 5
    return gold + rng.normal(size=rows), gold


def _pair(kind: str, rows: int):
    return _answers(rows, 0.8) if kind == "class" else _scores(rows)


def _rows_of(gold, count: int):
    seed = intervals._secret_seed(ACCURACY, gold)
    return [rows.copy() for rows in intervals._draws(seed, len(gold), range(count))]


def test_interval_of_accuracy_is_the_normal_approximation():
    answers, gold = _answers(10_000, 0.8)
    scores = replicates(ACCURACY, answers, gold)
    rate = (answers == gold).mean()
    error = np.sqrt(rate * (1 - rate) / 10_000)
    found = interval(scores)
    assert scores.mean() == pytest.approx(rate, abs=4 * error / np.sqrt(1000))
    assert scores.std() == pytest.approx(error, rel=0.1)
    assert found.low == pytest.approx(rate - 1.96 * error, abs=0.25 * error)
    assert found.high == pytest.approx(rate + 1.96 * error, abs=0.25 * error)


def test_interval_of_pearson_is_fishers():
    rng = np.random.default_rng(0)
    gold = rng.normal(size=2000)
    answers = 0.8 * gold + 0.6 * rng.normal(size=2000)
    found = interval(replicates(METRICS["pearson"], answers, gold))
    centre = np.arctanh(np.corrcoef(answers, gold)[0, 1])
    half = 1.96 / np.sqrt(1997)
    width = np.tanh(centre + half) - np.tanh(centre - half)
    assert found.low == pytest.approx(np.tanh(centre - half), abs=0.15 * width)
    assert found.high == pytest.approx(np.tanh(centre + half), abs=0.15 * width)


def test_interval_covers_the_truth_as_often_as_it_says():
    trials, covered = 400, 0
    for seed in range(trials):
        answers, gold = _answers(300, 0.8, seed)
        found = interval(replicates(ACCURACY, answers, gold, count=300))
        covered += found.low <= 0.8 <= found.high
    assert covered / trials == pytest.approx(0.945, abs=0.033), "three standard errors"


def test_draws_are_uniform_over_all_rows():
    rows = np.concatenate(_rows_of(_answers(101, 0.5)[1], 2000))
    counts = np.bincount(rows, minlength=101)
    assert len(counts) == 101
    chi2 = ((counts - 2000) ** 2 / 2000).sum()
    assert 55 < chi2 < 155, "chi-square with 100 degrees of freedom, beyond one in ten thousand"
    firsts = np.array([drawn[[0, 50, 51, 100]] for drawn in _rows_of(_answers(101, 0.5)[1], 2000)])
    assert abs(np.corrcoef(firsts.T) - np.eye(4)).max() < 0.1, "places of a draw are independent"


@pytest.mark.parametrize("name", METRICS)
def test_replicates_are_the_metric_on_the_resampled_rows(name):
    metric = METRICS[name]
    answers, gold = _pair(metric.kind, 500)
    scores = replicates(metric, answers, gold, count=5)
    seed = intervals._secret_seed(metric, gold)
    for score, rows in zip(scores, intervals._draws(seed, 500, range(5)), strict=True):
        assert score == pytest.approx(metric.score(answers[rows], gold[rows]), abs=1e-9)


def test_every_submission_of_a_task_is_resampled_with_the_same_rows():
    answers, gold = _answers(501, 0.8)
    right, wrong = (replicates(ACCURACY, given, gold) for given in (answers, 1 - answers))
    assert np.allclose(right + wrong, 1.0, atol=1e-12)
    other = replicates(ACCURACY, answers[::-1], gold[::-1])
    assert not np.array_equal(right, other), "another order of gold is another task"


def test_accuracy_and_f1_of_a_task_share_their_rows():
    answers, gold = _answers(300, 0.8)
    joint = replicates(METRICS["accuracy_f1"], answers, gold)
    apart = (replicates(ACCURACY, answers, gold) + replicates(METRICS["f1"], answers, gold)) / 2
    assert np.allclose(joint, apart, atol=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "pearson_spearman"])
def test_threads_and_count_change_nothing(name, monkeypatch):
    metric = METRICS[name]
    answers, gold = _pair(metric.kind, 20_001)
    found = []
    for cores in (1, 2, 3):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        found.append(replicates(metric, answers, gold, count=20))
    monkeypatch.undo()
    assert all(np.array_equal(scores, found[0]) for scores in found)
    assert np.array_equal(replicates(metric, answers, gold, count=7), found[0][:7])


def test_draws_stay_as_they_are():
    """Replicates written years apart are compared: the stream is a format, and frozen."""
    gold = np.array([0, 1, 1, 0, 1])
    rows = [list(map(int, drawn)) for drawn in _rows_of(gold, 3)]
    assert rows == [[0, 4, 1, 4, 1], [0, 2, 1, 1, 1], [4, 4, 4, 3, 1]]


def test_one_row_is_resampled_too():
    one = np.array([1])
    assert np.array_equal(replicates(ACCURACY, one, one, count=3), np.ones(3))


def test_no_rows_are_explained():
    none = np.zeros(0, np.int64)
    with pytest.raises(ParetoNLPError, match="at least one sample"):
        replicates(ACCURACY, none, none)


def test_interval_is_percentiles():
    found = interval(np.arange(1001) / 1000)
    assert (found.low, found.high, found.level) == pytest.approx((0.025, 0.975, 0.95))
    assert interval(np.arange(1001) / 1000, level=0.5).low == pytest.approx(0.25)


def test_paired_difference_is_sharper_than_two_intervals():
    rng = np.random.default_rng(3)
    answers, gold = _answers(2000, 0.8)
    wrong = np.flatnonzero(answers != gold)
    better = answers.copy()
    better[rng.choice(wrong, 30, replace=False)] ^= 1  # mends 30 of 2,000: +1.5 points
    first, second = (replicates(ACCURACY, given, gold) for given in (better, answers))
    assert interval(first).low < interval(second).high, "intervals overlap"
    found = paired_difference(first, second)
    error = np.sqrt(0.015 * 0.985 / 2000)
    assert found.difference == pytest.approx(0.015, abs=0.001)
    assert found.interval.low == pytest.approx(0.015 - 1.96 * error, abs=error / 3)
    assert found.probability == 1.0


def test_paired_difference_of_equals_is_even():
    scores = replicates(ACCURACY, *_answers(100, 0.8))
    found = paired_difference(scores, scores)
    assert (found.difference, found.interval.low, found.interval.high) == (0, 0, 0)
    assert found.probability == 0.5
    back = paired_difference(scores - 0.1, scores)
    assert back.probability == 0.0


def test_paired_difference_of_different_counts_is_explained():
    with pytest.raises(ParetoNLPError, match="same number of replicates"):
        paired_difference(np.zeros(3), np.zeros(4))


@pytest.mark.parametrize("name", ["accuracy", "f1", "matthews", "pearson", "spearman"])
def test_ten_thousand_samples_take_less_than_a_second(name):
    metric = METRICS[name]
    answers, gold = _pair(metric.kind, 10_000)
    started = time.process_time()
    replicates(metric, answers, gold)
    assert time.process_time() - started < 1.0
