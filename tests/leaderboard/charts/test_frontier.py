"""What the chart of quality against cost draws."""

import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from harness.frontier import best_score, pareto_front
from leaderboard.charts.frontier import MANY, REPORTED, Titles, frontier_figure
from leaderboard.palette import DARK_THEME, LIGHT_THEME, marks
from leaderboard.points import View, points_of

TITLES = Titles("FLOPs", "Score", "FLOPs")
NO_BAND = pd.DataFrame({"x": [], "low": [], "high": []}, dtype=float)
BAD = "<b>bold</b> <a href='https://x.test'>go</a> & <i>"


@pytest.fixture(scope="module")
def points(full):
    return points_of(full.index, View("elue", "mrpc"))


@pytest.fixture(scope="module")
def drawn(points):
    return frontier_figure(points.rows, points.band, LIGHT_THEME, TITLES)


def _markers(figure):
    return [trace for trace in figure.data if trace.mode == "markers"]


def _named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


class _Tags(HTMLParser):
    """The tags and the words of a text in plotly's HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.words += "\n" * (tag == "br")

    def handle_data(self, data):
        self.words += data


def test_every_point_with_a_cost_is_drawn_once(points, drawn):
    shown = points.rows[points.rows["x"].notna()]
    assert 0 < len(shown) < len(points.rows)
    found = sorted(number for trace in _markers(drawn) for number in trace.customdata)
    assert found == sorted(shown.index), "a point is known by the number of its row"
    for trace in _markers(drawn):
        own = points.rows.loc[trace.customdata]
        assert np.asarray(trace.x).tolist() == own["flops"].tolist()
        assert np.asarray(trace.y) == pytest.approx(100 * own["score"].to_numpy())
        assert set(own["method"]) == {trace.legendgroup}


def test_hollow_is_declared_and_faint_is_not_ranked(points, drawn):
    hollow = {number for trace in _markers(drawn) if "-open" in trace.marker.symbol for number in trace.customdata}
    shown = points.rows[points.rows["x"].notna()]
    assert hollow == set(shown.index[shown["cost_provenance"] == "declared"])
    assert set(points.rows.loc[list(hollow), "submission"]) == {"told"}
    for trace in _markers(drawn):
        own = points.rows.loc[trace.customdata]
        faint = np.broadcast_to(np.asarray(trace.marker.opacity) < 1, len(own))
        assert faint.tolist() == (~own["ranked"]).tolist()


def test_methods_have_their_colours_and_one_line_each_in_the_legend(points, drawn):
    expected = marks(points.rows["method"], LIGHT_THEME)
    for trace in _markers(drawn):
        assert trace.marker.color == expected[trace.legendgroup].colour
        assert trace.marker.symbol in {expected[trace.legendgroup].symbol, expected[trace.legendgroup].hollow}
    in_legend = [trace.name for trace in drawn.data if trace.showlegend is not False]
    assert sorted(in_legend) == sorted({*points.rows["method"], "frontier", "95 % band"})


def test_the_frontier_is_a_step_line_over_the_ranked_points(full, points, drawn):
    (line,) = _named(drawn, "frontier")
    assert (line.line.shape, line.mode) == ("hv", "lines")
    rows = [row for row in full.board("elue", "mrpc").rows if row.ranked]
    cost = np.array([row.costs["flops"] for row in rows])
    score = np.array([row.score.value for row in rows])
    at = np.geomspace(cost.min(), points.rows["x"].max(), 400)
    step = np.searchsorted(np.asarray(line.x), at, side="right") - 1
    assert np.asarray(line.y)[step] == pytest.approx(100 * best_score(cost, score, at))
    assert line.x[-1] == points.rows["x"].max(), "it goes on to the dearest point"


def test_the_band_is_what_is_given(points, drawn):
    low, high = (trace for trace in drawn.data if trace.line.width == 0 and trace.name in {"95 % band", None})
    if low.fill is None:
        low, high = high, low
    assert low.fill == "tonexty"
    assert list(drawn.data).index(low) == list(drawn.data).index(high) + 1, "filled up to the trace before"
    assert np.asarray(low.y) == pytest.approx(100 * points.band["low"].to_numpy())
    assert np.asarray(high.y) == pytest.approx(100 * points.band["high"].to_numpy())
    assert np.asarray(low.x).tolist() == np.asarray(high.x).tolist() == points.band["x"].tolist()
    assert (low.line.shape, high.line.shape) == ("hv", "hv")


def test_no_band_none_is_drawn(points):
    figure = frontier_figure(points.rows, NO_BAND, LIGHT_THEME, TITLES)
    assert _named(figure, "95 % band") == []
    assert len(_named(figure, "frontier")) == 1


def test_intervals_are_those_of_the_rows(points, drawn):
    for trace in _markers(drawn):
        own = points.rows.loc[trace.customdata]
        assert np.asarray(trace.y) + trace.error_y.array == pytest.approx(100 * own["score_high"].to_numpy())
        assert np.asarray(trace.y) - trace.error_y.arrayminus == pytest.approx(100 * own["score_low"].to_numpy())


def test_curves_join_the_best_points_of_a_submission_alone(points, drawn):
    lines = {trace.legendgroup: trace for trace in drawn.data if trace.line.dash == "dot"}
    for method, own in points.rows[points.rows["x"].notna()].groupby("method"):
        pieces = [[]]
        for x, y in zip(lines[method].x, lines[method].y, strict=True):
            if x is None or np.isnan(x):
                pieces.append([])
            else:
                pieces[-1].append((x, y))
        expected = []
        for _, rows in own.groupby("submission"):
            best = rows[pareto_front(rows["x"], rows["y"])].sort_values("x")
            expected.append([(row.x, pytest.approx(100 * row.y)) for row in best.itertuples()])
        assert sorted(pieces) == sorted(expected)


def test_axes_are_logarithmic_and_say_what_they_are(drawn, points):
    assert drawn.layout.xaxis.type == "log"
    assert drawn.layout.xaxis.title.text == "FLOPs per sample"
    assert drawn.layout.yaxis.title.text == "Score (%)"
    for unit, title in (("MACs", "Cost per sample"), ("parameters", "Cost"), ("B", "Cost (bytes)")):
        figure = frontier_figure(points.rows, points.band, LIGHT_THEME, Titles("Cost", "ELUE score", unit))
        assert figure.layout.xaxis.title.text == title
        assert figure.layout.yaxis.title.text == "ELUE score (%)"


def test_wide_axes_are_labelled_by_powers_of_ten(points):
    rows = points.rows[points.rows["x"].notna()].head(2).copy()
    rows["x"] = [1e6, 2.9e8]
    assert frontier_figure(rows, NO_BAND, LIGHT_THEME, TITLES).layout.xaxis.dtick is None
    rows["x"] = [1e6, 3.1e8]
    assert frontier_figure(rows, NO_BAND, LIGHT_THEME, TITLES).layout.xaxis.dtick == 1


def test_pointing_at_a_point_says_everything(points, drawn):
    words = {}
    for trace in _markers(drawn):
        words |= {number: _Tags(text) for number, text in zip(trace.customdata, trace.hovertext, strict=True)}
    row = points.rows[(points.rows["submission"] == "leaving") & (points.rows["point"] == "p4")].iloc[0]
    text = words[row.name].words
    for expected in (
        "leaving p4",
        "pabee on bert",
        f"Score {100 * row['score']:.2f} [{100 * row['score_low']:.2f}, {100 * row['score_high']:.2f}]",
        "cost measured, lengths confirmed, answers declared",
        "FLOPs",
        "MACs",
        "72M parameters",
        f"on the frontier in {row['probability']:.0%} of the resamples",
    ):
        assert expected in text
    told = points.rows[points.rows["submission"] == "told"].iloc[0]
    assert "not ranked: FLOPs declared, not measured" in words[told.name].words
    assert "on the frontier in" not in words[told.name].words
    assert all(set(each.tags) <= {"b", "br"} for each in words.values())


def test_pointing_at_a_point_says_the_cost_that_is_drawn(points):
    rows = points.rows.assign(x=88_600_000.0)
    figure = frontier_figure(rows, NO_BAND, LIGHT_THEME, Titles("Size as stored", "Score", "B"))
    said = [_Tags(text).words for trace in _markers(figure) for text in trace.hovertext]
    assert said
    assert all("Size as stored 88.6MB" in words for words in said)


def test_names_are_words_and_not_markup(indexed, stored, make_result):
    index = indexed(
        stored(BAD, make_result(point=BAD), noise=0.01, method=BAD, backbone=BAD),
        stored("other", make_result(point=BAD, limit=3), noise=0.01, method="x", backbone=BAD),
    )
    points = points_of(index, View("elue", "mrpc"))
    figure = frontier_figure(points.rows, points.band, LIGHT_THEME, TITLES)
    for trace in _markers(figure):
        for text in trace.hovertext:
            parsed = _Tags(text)
            assert set(parsed.tags) <= {"b", "br"}
            assert parsed.tags.count("b") == 1, "the name of the submission, made bold by us"
            assert parsed.words.count(BAD) >= 2
        assert _Tags(trace.name).tags == []
    assert {_Tags(trace.name).words for trace in _markers(figure)} == {BAD, "x"}


def test_nothing_in_the_page_ends_its_script(indexed, stored, make_result):
    index = indexed(stored("</script><script>alert(1)</script>", make_result(), noise=0.01))
    points = points_of(index, View("elue", "mrpc"))
    text = frontier_figure(points.rows, points.band, LIGHT_THEME, TITLES).to_html(include_plotlyjs=False)
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert text.count("</script>") == text.count("<script")


@pytest.mark.parametrize(("count", "many"), [(MANY, False), (MANY + 1, True)])
def test_of_many_points_those_off_the_frontier_are_dots_on_a_canvas(points, count, many):
    """Without lines and intervals of their own; and yet each is there and says who it is."""
    shown = points.rows[points.rows["x"].notna()]
    rows = pd.concat([shown] * (count // len(shown) + 1), ignore_index=True)[:count]
    figure = frontier_figure(rows, points.band, LIGHT_THEME, TITLES)
    dots = [trace for trace in _markers(figure) if isinstance(trace, go.Scattergl)]
    others = [trace for trace in _markers(figure) if isinstance(trace, go.Scatter)]
    off = set(rows.index[~rows["on_frontier"]]) if many else set()
    assert {number for trace in dots for number in trace.customdata} == off
    assert {number for trace in others for number in trace.customdata} == set(rows.index) - off
    assert any(trace.line.dash == "dot" for trace in figure.data if trace.mode == "lines") != many
    for trace in dots:
        own = rows.loc[trace.customdata]
        assert np.asarray(trace.x).tolist() == own["x"].tolist()
        assert np.asarray(trace.y) == pytest.approx(100 * own["y"].to_numpy())
        assert {trace.marker.symbol} == {"circle" if own["cost_provenance"].eq("measured").all() else "circle-open"}
        assert trace.hovertemplate.endswith("Score %{y:.2f}<br>FLOPs %{x:.3s}<extra></extra>")
        for text, row in zip(trace.text, own.itertuples(), strict=True):
            words = _Tags(text).words
            assert words.startswith(f"{row.submission} {row.point}")
            assert f"{row.method} on {row.backbone}" in words
    in_legend = [trace.name for trace in _markers(figure) if trace.showlegend is not False]
    assert sorted(in_legend) == sorted(set(rows["method"])), "a method has one line in the legend"


def test_an_empty_table_gives_a_note(points):
    nowhere = points.rows.assign(x=np.nan)
    free = points.rows.assign(x=0.0)
    for rows in (points.rows[:0], nowhere, free):
        figure = frontier_figure(rows, NO_BAND, DARK_THEME, TITLES)
        assert len(figure.data) == 0
        (note,) = figure.layout.annotations
        assert note.text == "No point to show: loosen the filters"


def test_themes_colour_everything(points):
    figure = frontier_figure(points.rows, points.band, DARK_THEME, TITLES)
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == DARK_THEME.background
    assert figure.layout.font.color == DARK_THEME.text
    assert not set(LIGHT_THEME.palette) & set(json.dumps(figure.to_dict(), default=str).split('"'))


def test_published_rows_stand_beside_the_frontier(points, drawn):
    """They change none of our own traces, and no line joins them."""
    kinds = sorted(REPORTED)
    reported = pd.DataFrame(
        {
            "method": ["PABEE", BAD, "nowhere"],
            "variant": ["patience 6", "", ""],
            "x": [1e9, 2e9, np.nan],
            "y": [0.99, 0.5, 0.9],
            "source": ["Table 2", BAD, ""],
            "kind": [kinds[0], kinds[1], kinds[1]],
            "cost_source": ["lengths", "the paper", ""],
        }
    )
    figure = frontier_figure(points.rows, points.band, LIGHT_THEME, TITLES, reported)
    assert json.loads(figure.to_json())["data"][: len(drawn.data)] == json.loads(drawn.to_json())["data"]
    own = figure.data[len(drawn.data) :]
    assert [trace.mode for trace in own] == ["markers"] * 2
    assert [(list(trace.x), list(trace.y)) for trace in own] == [([1e9], [99.0]), ([2e9], [50.0])]
    assert [set(_Tags(text).tags) <= {"b", "br"} for trace in own for text in trace.hovertext] == [True] * 2
    alone = frontier_figure(points.rows[:0], NO_BAND, LIGHT_THEME, TITLES, reported)
    assert len(alone.data) == 2
    assert not alone.layout.annotations
