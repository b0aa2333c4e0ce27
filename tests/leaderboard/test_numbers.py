import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leaderboard.numbers import percent, steps


@pytest.mark.parametrize(
    ("fraction", "digits", "text"),
    [(0.81234, 1, "81.2"), (0.81234, 2, "81.23"), (-0.005, 1, "-0.5"), (1.0, 0, "100"), (0.0, 1, "0.0")],
)
def test_percent(fraction, digits, text):
    assert percent(fraction, digits) == text


@pytest.mark.parametrize("nothing", [None, math.nan, float("nan")])
def test_what_is_not_known_is_a_dash(nothing):
    assert percent(nothing) == "–"


POSITIVE = st.floats(1e-9, 1e30, allow_nan=False)


@given(POSITIVE, POSITIVE)
@example(999.9999999999999, 1000.0)
@example(math.nextafter(1e9, 0), math.nextafter(1e9, math.inf))
@example(1e-5, 1e-5)
@example(1e23, 1e23)
@settings(max_examples=300, deadline=None)
def test_steps_go_round_a_range(one, other):
    low, high = sorted((one, other))
    found = steps(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert all(number > low for number in found[1:]), "no more than one at or below the low end"
    assert all(number < high for number in found[:-1])
    for number in found:
        digits = f"{number:.9e}".partition("e")[0].rstrip("0").rstrip(".")
        assert digits in {"1", "2", "5"}
    for before, after in pairwise(found):
        assert after / before == pytest.approx(2) or after / before == pytest.approx(2.5)


def test_steps_by_hand():
    assert steps(3e3, 1.5e4) == [2e3, 5e3, 1e4, 2e4]
    assert steps(2e6, 5e6) == [2e6, 5e6]
    assert steps(1e9, 1e9) == [1e9]
    assert steps(3.0, 4.0) == [2.0, 5.0]


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 1), (-1, 1), (2, 1), (1, math.inf), (math.nan, 1), (1, math.nan), (math.inf, math.inf)],
)
def test_what_is_no_range_has_no_steps(low, high):
    assert steps(low, high) == []


def test_steps_are_exact_where_numbers_are():
    assert [Fraction(number) for number in steps(1, 10**22)] == [
        Fraction(digit * 10**power) for power in range(22) for digit in (1, 2, 5)
    ] + [Fraction(10**22)]
