"""Points side by side: what the harness says of each pair."""

import pytest

from harness.board import compare
from harness.tasks import SUITES


def _chosen(*points):
    return {"suite": "elue", "with": [" ".join(point) for point in points]}


def _row(full, task, point):
    (row,) = [row for row in full.board("elue", task).rows if (row.submission, row.point) == point]
    return row


def test_one_point_is_not_enough(open_full):
    app = open_full("compare", **_chosen(("deep", "12")))
    assert [each.value for each in app.info] == ["Choose at least two operating points."]
    assert not app.dataframe


def test_only_what_has_replicates_can_be_chosen(open_full):
    options = open_full("compare", suite="elue").multiselect(key="with").options
    assert "deep 12" in options
    assert not {"exact x", "odd x"} & set(options)


def test_the_table_has_every_task_of_every_pair(full, open_full):
    base, others = ("deep", "12"), [("ranks", "128"), ("leaving", "p4"), ("partly", "x")]
    app = open_full("compare", **_chosen(base, *others))
    assert not app.exception
    table = app.dataframe[0].value.to_dict("records")
    shown = {(row["point"], row["task"]): row for row in table}
    expected = 0
    for other in others:
        for task in ["", *(task.name for task in SUITES["elue"].tasks)]:
            if other[0] == "partly" and task not in {"scitail", "mrpc"}:
                continue
            expected += 1
            row = shown[" ".join(other), task or "all tasks"]
            truth = compare(_row(full, task, other), _row(full, task, base))
            assert row["difference"] == pytest.approx(100 * truth.difference)
            assert (row["low"], row["high"]) == pytest.approx((100 * truth.interval.low, 100 * truth.interval.high))
            assert row["better in"] == pytest.approx(100 * truth.probability)
    assert len(table) == expected
    assert len(app.get("plotly_chart")) == 1


def test_who_dominates_is_said(open_app, keep, stored, make_result):
    tasks = [task.name for task in SUITES["elue"].tasks]
    good = [make_result("elue", task, score=0.9, flops=1e9) for task in tasks]
    poor = [make_result("elue", task, score=0.6, flops=2e9) for task in tasks]
    store = keep(stored("good", *good, noise=0.01), stored("poor", *poor, noise=0.01))
    app = open_app(store, "compare", **{"with": ["poor full", "good full"]})
    assert "good full **dominates** poor full on 6 of 6 tasks." in [each.value for each in app.markdown]
    app.multiselect(key="with").set_value(["good full", "poor full"]).run()
    assert "poor full **is dominated** by good full on 6 of 6 tasks." in [each.value for each in app.markdown]


def test_no_common_data_is_said(open_full):
    app = open_full("compare", **_chosen(("deep", "12"), ("old", "x")))
    assert not app.exception
    assert [each.value for each in app.warning] == ["They share no task that was scored on the same data."]
    assert not app.dataframe


def test_another_suite_forgets_points_that_it_lacks(open_full):
    app = open_full("compare", **_chosen(("deep", "12"), ("leaving", "p4")))
    app.selectbox(key="suite").set_value("glue").run()
    assert not app.exception
    assert app.multiselect(key="with").value == ["deep 12"]
    assert not app.dataframe


def test_a_point_of_a_link_that_is_gone_is_left_out(open_full):
    app = open_full("compare", **_chosen(("deep", "12"), ("nobody", "x"), ("ranks", "64")))
    assert not app.exception
    assert app.multiselect(key="with").value == ["deep 12", "ranks 64"]
