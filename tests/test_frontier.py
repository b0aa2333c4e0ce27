import time

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.frontier import (
    best_score,
    front_band,
    front_candidates,
    front_probability,
    hypervolume,
    hypervolume_contributions,
    pareto_front,
)

# a coarse grid, so that ties and equal points are common
GRID = st.integers(0, 6).map(float)


def _points(n_min=1):
    return hnp.arrays(np.float64, st.tuples(st.integers(n_min, 25), st.just(2)), elements=GRID)


@given(_points())
@settings(max_examples=300, deadline=None)
def test_front_is_moocores(points):
    ours = pareto_front(points[:, 0], points[:, 1])
    theirs = moocore.is_nondominated(points, maximise=[False, True], keep_weakly=True)
    assert np.array_equal(ours, theirs)


@given(_points())
@settings(max_examples=300, deadline=None)
def test_hypervolume_and_contributions_are_moocores(points):
    cost, score = points.T
    reference = (5.0, 1.0)
    expected = moocore.hypervolume(points, ref=reference, maximise=[False, True])
    assert hypervolume(cost, score, reference) == pytest.approx(expected)
    expected = moocore.hv_contributions(points, ref=reference, maximise=[False, True], ignore_dominated=False)
    assert hypervolume_contributions(cost, score, reference) == pytest.approx(expected)


def test_front_by_hand():
    cost = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0])
    score = np.array([0.5, 0.4, 0.7, 0.7, 0.7, 0.9, 0.9])
    assert pareto_front(cost, score).tolist() == [True, False, True, True, False, True, True]


def test_one_point_is_the_front():
    assert pareto_front(np.array([1.0]), np.array([0.0])).tolist() == [True]
    assert pareto_front(np.array([0.0]), np.array([-1.0])).tolist() == [True]


def test_no_points_have_an_empty_front():
    none = np.zeros(0)
    assert pareto_front(none, none).shape == (0,)
    assert hypervolume(none, none, (1.0, 0.0)) == 0.0
    assert hypervolume_contributions(none, none, (1.0, 0.0)).shape == (0,)
    assert np.isnan(best_score(none, none, np.array([1.0]))).all()


@pytest.mark.parametrize(
    ("cost", "score"), [([np.nan, 1.0], [0.5, 0.5]), ([1.0, 2.0], [np.nan, 1]), ([1.0], [1.0, 2.0])]
)
def test_nan_and_misfits_are_refused(cost, score):
    with pytest.raises(ValueError, match=r"NaN|do not fit"):
        pareto_front(np.array(cost), np.array(score))


def test_hypervolume_by_hand():
    cost, score = np.array([1.0, 2.0]), np.array([0.5, 0.8])
    assert hypervolume(cost, score, (4.0, 0.0)) == pytest.approx(1 * 0.5 + 2 * 0.8)
    assert hypervolume_contributions(cost, score, (4.0, 0.0)) == pytest.approx([0.5, 0.6])
    assert hypervolume(cost, score, (1.0, 0.0)) == 0.0, "on the reference, nothing is dominated"


@given(_points(), st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_probability_is_the_share_of_replicates(points, seed):
    cost, score = points.T
    scores = score + np.random.default_rng(seed).integers(-1, 2, (20, len(cost)))
    expected = np.mean([pareto_front(cost, row) for row in scores], axis=0)
    assert front_probability(cost, scores) == pytest.approx(expected)


def test_probability_of_two_normal_scores_is_phi():
    """The dearer point is on the frontier exactly when it scores more: P = Phi(d / (s sqrt 2))."""
    rng = np.random.default_rng(0)
    scores = rng.normal([0.80, 0.82], 0.02, (20_000, 2))
    found = front_probability(np.array([1.0, 2.0]), scores)
    assert found == pytest.approx([1.0, 0.7602], abs=0.01)


@given(_points(), st.integers(0, 2**32), st.integers(0, 3), st.integers(0, 1))
@settings(max_examples=150, deadline=None)
def test_candidates_have_the_frontier_of_all(points, seed, spread, room):
    """In every replicate; and so its probabilities and its band. ``room``: bounds wider than need be."""
    cost, score = points.T
    scores = score + np.random.default_rng(seed).integers(-spread, spread + 1, (20, len(cost)))
    chosen = front_candidates(cost, scores.min(axis=0) - room, scores.max(axis=0) + room)
    on_front = pareto_front(cost, scores)
    assert np.array_equal(on_front[:, chosen], pareto_front(cost[chosen], scores[:, chosen]))
    assert not on_front[:, ~chosen].any(), "the others are on it in none"
    expected = np.zeros(len(cost))
    expected[chosen] = front_probability(cost[chosen], scores[:, chosen])
    assert front_probability(cost, scores) == pytest.approx(expected)
    at = np.linspace(-1, 7, 17)
    for found, of_all in zip(
        front_band(cost[chosen], scores[:, chosen], at), front_band(cost, scores, at), strict=True
    ):
        assert found == pytest.approx(of_all, nan_ok=True)


def test_candidates_by_hand():
    """The second always costs more and scores less; the third might score more, the last ties with the first."""
    cost = np.array([1.0, 2.0, 3.0, 1.0, 1.0])
    least, most = np.array([0.5, 0.2, 0.3, 0.1, 0.4]), np.array([0.6, 0.5, 0.7, 0.4, 0.5])
    assert front_candidates(cost, least, most).tolist() == [True, False, True, False, True]


def test_best_score_is_a_step_line():
    cost, score = np.array([3.0, 1.0, 2.0]), np.array([0.9, 0.7, 0.6])
    line = best_score(cost, score, np.array([0.5, 1.0, 2.5, 3.0, 9.0]))
    assert np.isnan(line[0])
    assert line[1:].tolist() == [0.7, 0.7, 0.9, 0.9]


def test_band_is_pointwise_percentiles():
    cost = np.array([1.0, 2.0])
    steps = np.linspace(0, 1, 1001)
    scores = np.stack([steps, np.full(1001, 0.5)], axis=1)
    low, high = front_band(cost, scores, np.array([0.0, 1.0, 2.0]))
    assert np.isnan([low[0], high[0]]).all()
    assert (low[1], high[1]) == pytest.approx((0.025, 0.975))
    assert (low[2], high[2]) == pytest.approx((0.5, 0.975)), "the second is never below one half"


def test_five_hundred_points_in_a_thousand_replicates_are_quick():
    rng = np.random.default_rng(0)
    started = time.process_time()
    front_probability(rng.random(500), rng.random((1000, 500)))
    assert time.process_time() - started < 0.5
