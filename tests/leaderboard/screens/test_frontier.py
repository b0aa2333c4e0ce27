"""The first page: filters, tasks and costs change what is shown; the answer under a budget."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from harness.board import size_track
from harness.numbers import human
from harness.tasks import SUITES
from leaderboard.numbers import steps


def _points(app):
    """The table of operating points, by name."""
    table = app.dataframe[0].value
    return {(row["submission"], row["point"]): row for row in table.to_dict("records")}


def _markers(app):
    """How many points the chart shows."""
    figure = json.loads(app.get("bidi_component")[0].proto.bytes)["figure"]
    return sum(len(trace["hovertext"]) for trace in figure["data"] if trace.get("mode") == "markers")


def _with_filters(app):
    """The page when its filters were opened."""
    app.session_state["filters"] = True
    return app.run()


def _names(board):
    return {(row.submission, row.point) for row in board.rows}


@pytest.mark.parametrize(
    ("suite", "task"), [("elue", "all tasks"), ("elue", "mrpc"), ("glue", "all tasks"), ("glue", "rte")]
)
def test_the_table_is_the_board(full, open_full, suite, task):
    app = open_full()
    app.selectbox(key="suite").set_value(suite).run()
    app.selectbox(key="task").set_value(task).run()
    assert not app.exception
    board = full.board(suite, "" if task == "all tasks" else task)
    points = _points(app)
    assert set(points) == _names(board)
    for row in board.rows:
        shown = points[row.submission, row.point]
        assert shown["frontier"] == ("●" if row.on_frontier else "" if row.ranked else "○")
        assert shown["Score"] == pytest.approx(100 * row.score.value)
        flops = row.costs["flops"]
        assert shown["FLOPs (M)"] == pytest.approx(np.nan if flops is None else flops / 1e6, nan_ok=True)
        assert shown["not ranked because"] == "; ".join(row.not_ranked)
        expected = np.nan if row.frontier_probability is None else 100 * row.frontier_probability
        assert shown["on frontier"] == pytest.approx(expected, nan_ok=True)
    assert _markers(app) == sum(row.costs["flops"] is not None for row in board.rows)


def test_submissions_are_the_standings(full, open_full):
    table = open_full(suite="elue", task="mrpc").dataframe[1].value.set_index("submission")
    standings = full.board("elue", "mrpc").standings
    assert set(table.index) == {row.submission for row in standings}
    for row in standings:
        shown = table.loc[row.submission]
        assert shown["points"] == row.points
        ranked = row.elue.ranked.value if row.elue and row.elue.ranked else None
        assert shown["ELUE score"] == pytest.approx(np.nan if ranked is None else 100 * ranked, nan_ok=True)
        area = np.nan if row.hypervolume is None else 100 * row.hypervolume
        assert shown["hypervolume"] == pytest.approx(area, nan_ok=True)
    scores = table["ELUE score"].dropna()
    assert scores.is_monotonic_decreasing
    assert len(scores) > 3


@pytest.mark.parametrize(
    ("axis", "heading"),
    [
        ("parameters", "Parameters (M)"),
        ("nonzero", "Non-zero parameters (M)"),
        ("effective_flops", "Effective FLOPs (M)"),
        ("bytes", "Size as stored (MB)"),
    ],
)
def test_every_cost_has_its_board(full, open_full, axis, heading):
    app = open_full(suite="elue", task="mrpc")
    app.selectbox(key="cost").set_value(axis).run()
    assert not app.exception
    board = full.board("elue", "mrpc", axis)
    points = _points(app)
    for row in board.rows:
        cost = points[row.submission, row.point][heading]
        assert (None if pd.isna(cost) else round(1e6 * cost)) == row.costs[axis]
    on_frontier = {name for name, row in points.items() if row["frontier"] == "●"}
    assert on_frontier == {(row.submission, row.point) for row in board.rows if row.on_frontier}


@pytest.mark.parametrize(("quality", "title"), [("elue", "ELUE score"), ("kept", "Dense quality kept")])
def test_every_quality_has_its_column(full, open_full, quality, title):
    app = open_full(suite="elue", task="mrpc")
    app.selectbox(key="quality").set_value(quality).run()
    shown = {name: row[title] for name, row in _points(app).items()}
    rows = full.index.board("elue", "mrpc")
    for row in rows.itertuples():
        assert shown[row.submission, row.point] == pytest.approx(100 * getattr(row, quality), nan_ok=True)
    said = any("reference curve is that of deep" in each.value for each in app.caption)
    assert said == (quality == "elue")


def test_filters_take_points_away_and_say_how_many(full, open_full):
    app = _with_filters(open_full(suite="elue", task="mrpc"))
    rows = full.board("elue", "mrpc").rows
    app.multiselect(key="method").set_value(["svd", "pabee"]).run()
    left = {(row.submission, row.point) for row in rows if row.method in {"svd", "pabee"}}
    assert set(_points(app)) == left
    assert any(f"{len(rows) - len(left)} points are filtered out" in each.value for each in app.caption)
    app.multiselect(key="backbone").set_value(["bert"]).run()
    left = {(row.submission, row.point) for row in rows if (row.method in {"svd", "pabee"} and row.backbone == "bert")}
    assert set(_points(app)) == left
    app.multiselect(key="proof").set_value(["lengths"]).run()
    assert set(_points(app)) == {("leaving", "p1"), ("leaving", "p4")}
    app.multiselect(key="proof").set_value(["answers"]).run()
    assert not app.exception
    assert app.dataframe[0].value.empty
    for key in ("method", "backbone", "proof"):
        app.multiselect(key=key).set_value([])
    app.run()
    assert set(_points(app)) == _names(full.board("elue", "mrpc"))


def test_size_tracks_leave_the_small(full, open_full):
    app = _with_filters(open_full(suite="elue", task="mrpc"))
    app.segmented_control(key="track").set_value("40M").run()
    assert not app.exception
    small = {row.submission for row in size_track(full.stored, SUITES["elue"], 40_000_000)}
    assert small
    assert {name for name, _ in _points(app)} == small & {name for name, _ in _names(full.board("elue", "mrpc"))}
    assert app.dataframe[0].value["Parameters (M)"].max() <= 40


def test_a_range_of_flops_leaves_what_is_in_it(full, open_full):
    app = _with_filters(open_full(suite="elue", task="mrpc"))
    app.select_slider(key="flops").set_value(("2G", "5G")).run()
    rows = full.board("elue", "mrpc").rows
    assert set(_points(app)) == {
        (row.submission, row.point) for row in rows if row.costs["flops"] and 2e9 <= row.costs["flops"] <= 5e9
    }


def test_the_best_under_a_budget(full, open_full):
    rows = [row for row in full.board("elue", "mrpc").rows if row.ranked]
    costs = [row.costs["flops"] for row in rows]
    app = open_full(suite="elue", task="mrpc")
    for budget in steps(min(costs), max(costs))[::2]:
        app.select_slider(key="budget").set_value(human(budget)).run()
        answer = app.markdown[0].value.replace("\\", "")
        affordable = [row for row in rows if row.costs["flops"] <= budget]
        if not affordable:
            assert answer == f"Nothing costs less than {human(budget)}."
            continue
        best = max(affordable, key=lambda row: (row.score.value, -row.costs["flops"]))
        assert answer.startswith(f"**{best.submission}** {best.point}: Score **{100 * best.score.value:.1f}**")
        assert f"at {human(best.costs['flops'])} FLOPs" in answer


def test_a_budget_has_a_unit(full, open_full):
    units = {"Size as stored": ("bytes", "B"), "Parameters": ("parameters", " parameters"), "MACs": ("MACs", " MACs")}
    for cost, (asked, told) in units.items():
        app = open_full(suite="elue", task="mrpc", cost=cost)
        assert app.select_slider(key="budget").label == f"What is the best model under … {asked}?"
        assert re.search(rf" at [\d.]+[kMG]?{told}$", app.markdown[0].value), app.markdown[0].value


def test_another_suite_forgets_a_task_that_it_lacks(open_full):
    app = open_full(suite="elue", task="imdb")
    assert app.selectbox(key="task").value == "imdb"
    app.selectbox(key="suite").set_value("glue").run()
    assert not app.exception
    assert app.selectbox(key="task").value == "all tasks"
    assert "imdb" not in app.selectbox(key="task").options


def test_a_link_restores_the_view(open_full):
    app = open_full(suite="elue", task="mrpc", cost="Parameters", quality="Dense quality kept", method=["svd"])
    chosen = {key: app.selectbox(key=key).value for key in ("suite", "task", "cost", "quality")}
    assert chosen == {"suite": "elue", "task": "mrpc", "cost": "parameters", "quality": "kept"}
    assert {name for name, _ in _points(app)} == {"ranks", "limited"}
    assert app.expander[0].proto.expanded, "filters that are set are in sight"
    app.session_state["filters"] = False
    assert {name for name, _ in _points(app.run())} == {"ranks", "limited"}, "and hold when they are folded away"
    again = open_full(**app.query_params)
    assert _points(again).keys() == _points(app).keys()


def test_filters_are_drawn_when_they_are_opened(open_full):
    app = open_full(suite="elue", task="mrpc")
    assert len(app.multiselect) == 0
    app = _with_filters(app)
    assert len(app.multiselect) == 3
    app.multiselect(key="method").set_value(["svd"]).run()
    app.multiselect(key="method").set_value([]).run()
    assert app.expander[0].proto.expanded, "they stay open when nothing is chosen any more"


def test_words_in_addresses_stay_what_they_are(open_full):
    """Addresses hold what is on the screen: another word there, and the links that people have shared lose it."""
    app = open_full()
    assert app.selectbox(key="cost").options == [
        *("FLOPs", "MACs", "Effective FLOPs", "Parameters", "Non-embedding parameters", "Non-zero parameters"),
        "Size as stored",
    ]
    assert app.selectbox(key="quality").options == ["Score", "ELUE score", "Dense quality kept"]


@pytest.mark.parametrize(
    "query", [{"suite": "none"}, {"task": "<b>"}, {"cost": "money"}, {"track": "1k"}, {"flops": "x"}]
)
def test_a_link_to_nothing_shows_what_there_is(open_full, query):
    app = open_full(**query)
    assert not app.exception
    assert len(app.dataframe[0].value) > 0


def test_what_is_incomplete_is_noted(open_full):
    app = open_full(suite="elue")
    notes = [each.value.replace("\\", "") for each in app.markdown]
    assert any("partly x lacks sst2, imdb, snli, stsb" in note for note in notes)
    assert any("no replicates of exact" in note for note in notes)
