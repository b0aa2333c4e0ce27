"""Differences and their intervals, drawn as they are given."""

import pytest

from leaderboard.charts.forest import Line, forest_figure
from leaderboard.palette import DARK_THEME, LIGHT_THEME

LINES = [
    Line("mrpc · a 6", 0.012, -0.004, 0.028, "#111111"),
    Line("stsb · a 6", -0.03, -0.04, -0.02, "#222222"),
    Line("all tasks · a 6", 0.0, 0.0, 0.0, "#333333"),
]


@pytest.fixture
def drawn():
    return forest_figure(LINES, LIGHT_THEME, "score minus that of\nb, points")


def test_every_difference_is_a_diamond_in_points_of_percent(drawn):
    marks = drawn.data[0]
    assert (marks.mode, marks.marker.symbol) == ("markers", "diamond")
    assert list(marks.x) == pytest.approx([1.2, -3.0, 0.0])
    assert list(marks.y) == [line.label for line in LINES]
    assert list(marks.marker.color) == [line.colour for line in LINES]
    assert marks.hovertext[0] == "mrpc · a 6: +1.20 [-0.40, +2.80]"


def test_every_interval_is_a_line(drawn):
    for trace, line in zip(drawn.data[1:], LINES, strict=True):
        assert trace.mode == "lines"
        assert list(trace.x) == pytest.approx([100 * line.low, 100 * line.high])
        assert list(trace.y) == [line.label, line.label]
        assert trace.line.color == line.colour


def test_every_line_has_its_label_above_it(drawn):
    assert [(each.y, each.text, each.yshift > 0) for each in drawn.layout.annotations] == [
        (line.label, line.label, True) for line in LINES
    ]
    assert drawn.layout.yaxis.showticklabels is False


def test_zero_is_marked_and_in_sight_with_all_intervals(drawn):
    (zero,) = drawn.layout.shapes
    assert (zero.x0, zero.x1) == (0, 0)
    low, high = drawn.layout.xaxis.range
    assert low < -4.0
    assert high > 2.8
    away = forest_figure([Line("a", 0.05, 0.04, 0.06, "#111111")], LIGHT_THEME, "")
    assert away.layout.xaxis.range[0] < 0


def test_equal_points_have_room_too():
    low, high = forest_figure(LINES[2:], LIGHT_THEME, "").layout.xaxis.range
    assert low < 0 < high


def test_the_first_is_on_top(drawn):
    assert drawn.layout.yaxis.autorange == "reversed"
    assert list(drawn.layout.yaxis.categoryarray) == [line.label for line in LINES]
    assert drawn.layout.xaxis.title.text == "score minus that of<br>b, points"


def test_names_are_words_and_not_markup():
    figure = forest_figure([Line("mrpc · <b>x</b>", 0.1, 0.0, 0.2, "#111111")], DARK_THEME, "minus <i>y</i>")
    texts = [*figure.data[0].y, *figure.data[0].hovertext, *figure.data[1].y, figure.layout.xaxis.title.text]
    texts += [*figure.layout.yaxis.categoryarray, figure.layout.annotations[0].text]
    assert not any("<b" in text or "<i" in text for text in texts)
    assert figure.data[0].y[0] == figure.data[1].y[0] == figure.layout.yaxis.categoryarray[0]


def test_nothing_to_compare_draws_nothing():
    figure = forest_figure([], LIGHT_THEME, "")
    assert [len(trace.x) for trace in figure.data] == [0]
    low, high = figure.layout.xaxis.range
    assert low < 0 < high
