"""How the rows of an index hang together."""

import numpy as np
import pytest

from harness.board import AXES, obstacles, task_rows, task_weights
from harness.board.boards import main_data
from harness.tasks import SUITES


def test_the_dense_counterpart_is_the_deepest_on_the_same_backbone_task_and_data(full):
    rows, dense = full.index.rows, full.index.links.dense
    for (_, task), board in rows.groupby(["suite", "task"]):
        records = list(board.itertuples())
        for row in records:
            like = [
                other
                for other in records
                if task
                and row.backbone
                and (other.method, other.backbone, other.data) == ("dense", row.backbone, row.data)
                and other.flops == other.flops  # known
            ]
            deepest = max(like, key=lambda other: other.flops, default=None)
            assert dense[row.Index] == (-1 if deepest is None else deepest.Index)
    own = rows.index[(rows["submission"] == "ranks") & (rows["task"] != "")]
    deepest = rows.loc[dense[own]]
    assert set(zip(deepest["submission"], deepest["point"], strict=True)) == {("deep", "12")}


def test_aggregates_have_a_part_on_every_task_with_its_weight(full):
    rows, links = full.index.rows, full.index.links
    for suite in full.index.suites:
        names = [task.name for task in SUITES[suite].tasks]
        for row in full.index.board(suite, "").itertuples():
            own = links.parts[row.Index]
            parts = rows.loc[own[own >= 0]]
            assert list(parts["task"]) == names
            assert set(zip(parts["suite"], parts["submission"], parts["point"], strict=True)) == {
                (suite, row.submission, row.point)
            }
            assert links.weights[row.Index, : len(names)] == pytest.approx(task_weights(SUITES[suite]))
            assert not links.weights[row.Index, len(names) :].any()
    assert (links.parts[rows.index[rows["task"] != ""]] == -1).all()


def test_reference_curves_are_those_of_the_dense_submission_with_most_results(full):
    assert full.index.references == {"elue": "deep", "glue": "deep"}
    rows, links = full.index.rows, full.index.links
    for curve in links.curves:
        own = rows.loc[curve]
        assert set(own["submission"]) == {"deep"}
        assert list(own["point"]) == ["3", "6", "12"]
        assert own["flops"].is_monotonic_increasing
    on = {(row.suite, row.task) for curve in links.curves for row in rows.loc[curve].itertuples()}
    assert on == {(suite, task.name) for suite in ("elue", "glue") for task in SUITES[suite].tasks}


def test_only_rows_of_the_curves_own_data_are_compared_with_it(full):
    """As in the harness, which gives the others no difference."""
    for suite in full.index.suites:
        for task in full.index.tasks(suite):
            rows = full.index.board(suite, task).set_index(["submission", "point"])
            for row in full.board(suite, task).rows:
                found = rows.loc[(row.submission, row.point)]
                assert found["elue"] == pytest.approx(row.elue.difference if row.elue else np.nan, nan_ok=True)
                assert found["inside_reference"] == bool(row.elue and row.elue.inside)


def test_no_dense_submission_no_reference(indexed, stored, make_result):
    results = [make_result(point=point, flops=flops) for point, flops in (("a", 1e9), ("b", 2e9))]
    index = indexed(stored("one", *results, noise=0.01, method="svd"))
    assert index.references == {}
    assert index.elue.empty
    assert index.rows["elue"].isna().all()
    assert index.rows["kept"].isna().all()
    assert not index.rows["inside_reference"].any()


def test_a_dense_point_alone_makes_no_curve_and_it_is_said(indexed, stored, make_result):
    index = indexed(stored("one", make_result(), noise=0.01, backbone="bert"))
    assert any("one has no two points to draw the reference curve" in note for note in index.notes["elue/mrpc"])
    assert index.rows["elue"].isna().all()
    assert index.rows["kept"].tolist() == [1.0]


def test_reasons_are_by_axis(full):
    """What is not ranked over one cost may be over another."""
    for task in full.index.tasks("elue"):
        rows = task_rows(full.stored, "elue", task)
        data = main_data(rows)
        found = full.index.board("elue", task).set_index(["submission", "point"])
        for row in rows:
            for name, axis in AXES.items():
                reasons = "; ".join(obstacles(row, axis, data))
                assert found.loc[(row.submission, row.point), f"not_ranked_{name}"] == reasons
    sized = found.loc[("sized", "x")]
    assert (sized["not_ranked_flops"], sized["not_ranked_parameters"]) == ("", "Parameters declared, not measured")
