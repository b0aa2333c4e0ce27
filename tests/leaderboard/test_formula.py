"""Parabolas that made a cost are found again, from the text that is shown."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report import PathCosts
from leaderboard.formula import cost_formula


def _paths(costs, stages=None, **sizes):
    sizes = {name: tuple(column) for name, column in sizes.items()}
    ones = (1,) * len(costs)
    stage = None if stages is None else tuple(stages)
    return PathCosts(sizes=sizes, exit_stage=stage, samples=ones, macs=tuple(costs), flops=tuple(costs))


def _terms(text):
    """The factors of n², n and 1 that a formula shows, exactly."""
    found = {"n²": Fraction(0), "n": Fraction(0), "": Fraction(0)}
    for sign, number, name in re.findall(r"([−+]?) ?([\d,.]+)(?: (n²|n))?", text):
        found[name] = Fraction(number.replace(",", "")) * (-1 if sign == "−" else 1)
    return tuple(found.values())


TERM = st.integers(-(10**14), 10**14) | st.integers(-9, 9)


@given(TERM, TERM, TERM, st.sets(st.integers(1, 600), min_size=4, max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_parabola_is_shown_to_the_last_flop(a, b, c, lengths):
    costs = [a * n * n + b * n + c for n in lengths]
    text = cost_formula(_paths(costs, n=lengths))
    assert list(text) == [0]
    assert _terms(text[0]) == (a, b, c)


@given(st.integers(0, 999), st.integers(0, 999), st.sets(st.integers(1, 90), min_size=4, max_size=9))
@settings(max_examples=60, deadline=None)
def test_halves_are_exact_too(a, b, lengths):
    """Triangular numbers are whole numbers."""
    costs = [a * n * (n + 1) // 2 + b * n for n in lengths]
    assert _terms(cost_formula(_paths(costs, n=lengths))[0]) == (Fraction(a, 2), Fraction(a, 2) + b, 0)


@pytest.mark.parametrize(
    ("a", "b", "c", "text"),
    [
        (3, 1200, 7, "3 n² + 1,200 n + 7"),
        (3, -5, 0, "3 n² − 5 n"),
        (-3, 5, -1, "−3 n² + 5 n − 1"),
        (-1, -2, -3, "−1 n² − 2 n − 3"),
        (0, 2_000_000, 0, "2,000,000 n"),
        (0, 0, 12_345_678_901, "12,345,678,901"),
        (0, 0, -7, "−7"),
        (0, 0, 0, "0"),
        (36_864, 170_090_496, 1_184_260, "36,864 n² + 170,090,496 n + 1,184,260"),
        (1, 141_733_920_768, 0, "1 n² + 141,733,920,768 n"),
    ],
)
def test_the_text_of_a_formula(a, b, c, text):
    lengths = (1, 2, 5, 8, 13)
    assert cost_formula(_paths([a * n * n + b * n + c for n in lengths], n=lengths)) == {0: text}


def test_the_size_has_its_own_name():
    lengths = (8, 16, 24, 40)
    formula = cost_formula(_paths([5 * n for n in lengths], num_tokens=lengths))
    assert formula == {0: "5 num_tokens"}


def test_every_stage_has_its_own():
    lengths = (4, 5, 6, 9, 12)
    costs = [10 * n + 1 for n in lengths] + [2 * n * n + 20 * n for n in lengths] + [30 * n for n in lengths[:3]]
    found = cost_formula(_paths(costs, stages=[1] * 5 + [3] * 5 + [2] * 3, n=(*lengths, *lengths, *lengths[:3])))
    assert found == {1: "10 n + 1", 3: "2 n² + 20 n"}, "three lengths lie on a parabola whatever they cost"
    assert list(found) == [1, 3]


@pytest.mark.parametrize("count", range(4))
def test_too_few_lengths_say_nothing(count):
    lengths = (3, 5, 9)[:count]
    assert cost_formula(_paths([7 * n for n in lengths], n=lengths)) == {}


def test_equal_lengths_are_one():
    assert cost_formula(_paths([10, 10, 20, 30], n=(1, 1, 2, 3))) == {}


@given(st.integers(1, 50), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_n_log_n_is_none(factor, more):
    """A Fourier transform's, rounded as the harness rounds."""
    lengths = range(5, 40, 3)
    costs = [round(5 * factor * n * math.log2(n)) + more * n for n in lengths]
    assert cost_formula(_paths(costs, n=lengths)) == {}


def test_one_flop_beside_the_parabola_is_none():
    costs = [3 * n * n for n in range(1, 9)]
    costs[4] += 1
    assert cost_formula(_paths(costs, n=range(1, 9))) == {}


def test_blocks_are_none():
    assert cost_formula(_paths([8 * math.ceil(n / 8) for n in range(1, 30)], n=range(1, 30))) == {}


def test_two_sizes_no_sizes_and_no_costs_are_none():
    lengths = (1, 2, 3, 4)
    assert cost_formula(_paths(lengths, n=lengths, m=lengths)) == {}
    assert cost_formula(_paths(lengths)) == {}
    assert cost_formula(PathCosts(sizes={"n": lengths}, samples=(1,) * 4)) == {}
    assert cost_formula(PathCosts()) == {}
