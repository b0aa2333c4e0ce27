"""Worked by hand. Student's quantiles at 0.995 are a printed table's: 9.925 for 2 degrees of freedom, 4.604 for 4."""

import math

import pytest

from harness.regression.spread import allowed_half_width, compare_curves, spread_of

CURVES = {
    seed: {"t": {"small": (10.0, 0.60 + shift), "large": (20.0, 0.80 + 2 * shift)}}
    for seed, shift in ((0, -0.01), (1, 0.0), (2, 0.01))
}


def test_half_width_of_one_series() -> None:
    # 0.1, 0.2, 0.3 deviate by 0.1; three seeds: sqrt(1 + 1/3)
    assert allowed_half_width([(0.1, 0.2, 0.3)]) == pytest.approx(9.925 * 0.1 * math.sqrt(4 / 3), rel=1e-4)


def test_half_width_is_pooled() -> None:
    # sums of squares 0.0002 and 0.0008 over 4 degrees of freedom
    pooled = math.sqrt(0.001 / 4)
    series = [(0.59, 0.60, 0.61), (0.78, 0.80, 0.82)]
    assert allowed_half_width(series) == pytest.approx(4.604 * pooled * math.sqrt(4 / 3), rel=1e-4)


def test_equal_seeds_allow_what_a_second_run_may_differ_by() -> None:
    assert allowed_half_width([(0.5, 0.5, 0.5)]) == 1e-3


def test_hypervolumes_of_the_seeds() -> None:
    spread = spread_of(CURVES)
    assert spread.seeds == (0, 1, 2)
    assert spread.corners == {"t": 22.0}
    # from 10 on the small one's score, from 20 on the large one's, up to 22
    assert spread.hypervolumes["t"][1] == pytest.approx((10 * 0.60 + 2 * 0.80) / 22)
    assert spread.scores["t"]["large"] == pytest.approx((0.78, 0.80, 0.82))


def test_a_training_within_the_spread() -> None:
    assert compare_curves("mine", "s", spread_of(CURVES), CURVES[0]) == []


def test_a_point_outside_the_spread_is_named() -> None:
    half = 4.604 * math.sqrt(0.001 / 4) * math.sqrt(4 / 3)
    worse = {"t": {"small": (10.0, 0.60), "large": (20.0, 0.80 - half - 0.001)}}
    (drift,) = compare_curves("mine", "s", spread_of(CURVES), worse)
    assert (drift.what, drift.point, drift.task) == ("score of a new training", "large", "s/t")
    assert drift.old == pytest.approx(0.8)
    barely = {"t": {"small": (10.0, 0.60), "large": (20.0, 0.80 - half + 0.001)}}
    assert compare_curves("mine", "s", spread_of(CURVES), barely) == []


def test_a_curve_that_costs_more_falls_in_hypervolume() -> None:
    dearer = {"t": {"small": (21.0, 0.60), "large": (21.5, 0.80)}}
    assert [drift.what for drift in compare_curves("mine", "s", spread_of(CURVES), dearer)] == [
        "hypervolume of a new training"
    ]


def test_a_point_that_was_not_trained() -> None:
    drifts = compare_curves("mine", "s", spread_of(CURVES), {"t": {"large": (20.0, 0.80)}})
    assert [(drift.point, drift.new) for drift in drifts if drift.point] == [("small", None)]
