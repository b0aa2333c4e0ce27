"""Distributions, exits and lengths, against the paths they are drawn from."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report import PathCosts
from leaderboard.charts.costs import distribution_figure, exits_figure, length_figure
from leaderboard.palette import DARK_THEME, LIGHT_THEME

COLOUR = LIGHT_THEME.palette[1]
PATH = st.tuples(st.integers(1, 512), st.integers(1, 10**13), st.integers(1, 5000), st.integers(1, 12))


def _paths(rows, exits=True):
    tokens, flops, samples, stages = (tuple(column) for column in zip(*rows, strict=True))
    stage = stages if exits else None
    return PathCosts(sizes={"num_tokens": tokens}, exit_stage=stage, samples=samples, macs=flops, flops=flops)


@given(st.lists(PATH, min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_bars_hold_all_samples_where_their_costs_are(rows):
    (bars,) = distribution_figure(_paths(rows), LIGHT_THEME, COLOUR).data
    count, middle, width = (np.asarray(each) for each in (bars.y, bars.x, bars.width))
    assert count.sum() == sum(samples for _, _, samples, _ in rows)
    assert (width > 0).all()
    slack = 1e-6 * middle.max()
    for _, flops, samples, _ in rows:
        holding = (middle - width / 2 - slack <= flops) & (flops <= middle + width / 2 + slack)
        assert count[holding].max() >= samples
    assert len(bars.hovertext) == len(count)


def test_two_costs_are_the_first_and_the_last_bar():
    (bars,) = distribution_figure(_paths([(8, 100, 3, 1), (9, 500, 7, 1)]), LIGHT_THEME, COLOUR).data
    assert (bars.y[0], bars.y[-1], sum(bars.y)) == (3, 7, 10)
    assert bars.hovertext[0] == "3 samples<br>100 to 110 FLOPs"
    assert bars.marker.color == COLOUR


@pytest.mark.parametrize("flops", [0, 1, 10**9, 10**13, 10**15, 10**17])
def test_one_cost_is_a_bar(flops):
    """Of a model without anything that depends on the length; however large."""
    (bars,) = distribution_figure(_paths([(8, flops, 5, 1)]), LIGHT_THEME, COLOUR).data
    assert sum(bars.y) == 5
    assert (np.asarray(bars.width) > 0).all()


def test_a_declared_cost_has_a_note_instead():
    figure = distribution_figure(PathCosts(), DARK_THEME, COLOUR)
    assert len(figure.data) == 0
    assert figure.layout.annotations[0].text == "The cost is declared: only its mean is known"
    assert figure.layout.xaxis.visible is False


@given(st.lists(PATH, min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_exits_are_counted_by_stage(rows):
    (bars,) = exits_figure(_paths(rows), LIGHT_THEME, COLOUR).data
    expected = Counter()
    for _, _, samples, stage in rows:
        expected[stage] += samples
    assert {x: y for x, y in zip(bars.x, bars.y, strict=True) if y} == expected
    assert list(bars.x) == list(range(1, max(expected) + 1)), "stages that nobody leaves at are there"


def test_exits_say_their_share():
    (bars,) = exits_figure(_paths([(1, 9, 30, 1), (2, 9, 10, 3)]), LIGHT_THEME, COLOUR).data
    assert list(bars.hovertext) == [
        "30 samples (75.0%) leave at stage 1",
        "0 samples (0.0%) leave at stage 2",
        "10 samples (25.0%) leave at stage 3",
    ]


@given(st.lists(PATH, min_size=1, max_size=20), st.booleans())
@settings(max_examples=25, deadline=None)
def test_every_path_is_at_its_length(rows, exits):
    (marks,) = length_figure(_paths(rows, exits), "num_tokens", LIGHT_THEME, COLOUR).data
    assert list(zip(marks.x, marks.y, strict=True)) == [(tokens, flops) for tokens, flops, _, _ in rows]
    assert marks.marker.showscale == exits
    if exits:
        assert list(marks.marker.color) == [stage for _, _, _, stage in rows]
    else:
        assert marks.marker.color == COLOUR
    sizes = np.asarray(marks.marker.size)
    samples = np.array([count for _, _, count, _ in rows])
    assert (np.diff(sizes[np.argsort(samples, kind="stable")]) >= 0).all(), "more samples, a larger mark"


def test_a_path_says_what_it_is():
    (marks,) = length_figure(_paths([(17, 2000, 1234, 2)]), "num_tokens", LIGHT_THEME, COLOUR).data
    assert list(marks.hovertext) == ["num_tokens 17, stage 2<br>2k FLOPs<br>1,234 samples"]
    (marks,) = length_figure(_paths([(17, 2000, 1234, 2)], exits=False), "num_tokens", LIGHT_THEME, COLOUR).data
    assert list(marks.hovertext) == ["num_tokens 17<br>2k FLOPs<br>1,234 samples"]
