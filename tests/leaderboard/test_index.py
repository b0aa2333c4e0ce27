"""What the index says of a store is what the harness's boards say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.board import AXES
from harness.store import read_report
from harness.tasks import SUITES

BOARDS = [(suite, task) for suite in ("elue", "glue") for task in ("", *(t.name for t in SUITES[suite].tasks))]


def _rows(full, suite, task):
    return {(row.submission, row.point): row for row in full.index.board(suite, task).itertuples()}


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_rows_are_the_boards(full, suite, task):
    rows = _rows(full, suite, task)
    assert len(rows) == len(full.index.board(suite, task)) > 0
    for axis in AXES:
        assert sorted(rows) == sorted((row.submission, row.point) for row in full.board(suite, task, axis).rows)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("suite", "task"), [("elue", "mrpc"), ("elue", ""), ("glue", "mnli"), ("glue", "")])
def test_figures_of_rows_are_the_boards(full, suite, task, axis):
    rows = _rows(full, suite, task)
    for row in full.board(suite, task, axis).rows:
        found = rows[row.submission, row.point]
        cost = getattr(found, axis)
        assert (None if pd.isna(cost) else cost) == pytest.approx(row.costs[axis])
        reasons = getattr(found, f"not_ranked_{axis}")
        assert reasons == "; ".join(row.not_ranked)
        assert (reasons == "") == row.ranked
        assert found.score == pytest.approx(row.score.value)
        given = row.score.interval
        assert given is None or (found.score_low, found.score_high) == pytest.approx((given.low, given.high))
        assert pd.isna(found.score_low) == (given is None)


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_cards_and_claims_are_the_boards(full, suite, task):
    rows = _rows(full, suite, task)
    for row in full.board(suite, task).rows:
        found = rows[row.submission, row.point]
        assert (found.method, found.backbone) == (row.method, row.backbone)
        assert found.partial == "; ".join(row.partial)
        assert found.rows == sum(result.rows for result in row.results)
        claims = (
            found.cost_provenance,
            found.lengths_provenance,
            found.predictions_provenance,
            found.parameters_provenance,
        )
        assert claims == (row.marks.cost, row.marks.lengths, row.marks.predictions, row.marks.parameters)


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_replicates_are_the_boards(full, suite, task):
    rows = _rows(full, suite, task)
    for row in full.board(suite, task).rows:
        found = rows[row.submission, row.point]
        (drawn,) = full.index.scores(np.array([found.Index])).T
        expected = row.score.replicates
        assert found.has_replicates == (expected is not None)
        assert drawn == pytest.approx(np.full(1000, row.score.value) if expected is None else expected)


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_rows_of_the_same_data_say_so(full, suite, task):
    """Equal exactly where the harness would compare two rows."""
    rows = _rows(full, suite, task)
    board = full.board(suite, task).rows
    digests = [rows[row.submission, row.point].data for row in board]
    data = [row.data for row in board]
    assert [[one == other for other in digests] for one in digests] == [
        [one == other for other in data] for one in data
    ]


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_elue_scores_are_the_boards(full, suite, task):
    own = full.index.elue[(full.index.elue["suite"] == suite) & (full.index.elue["task"] == task)]
    found = own.set_index("submission")
    board = full.board(suite, task).elue
    assert sorted(found.index) == sorted(board)
    for name, scores in board.items():
        if scores.ranked is None:
            assert found.loc[name, ["elue", "elue_low", "elue_high"]].isna().all()
            continue
        assert found.loc[name, "elue"] == pytest.approx(scores.ranked.value)
        given = scores.ranked.interval
        assert pd.isna(found.loc[name, "elue_low"]) == (given is None)
        if given is not None:
            assert tuple(found.loc[name, ["elue_low", "elue_high"]]) == pytest.approx((given.low, given.high))


@pytest.mark.parametrize("suite", ["elue", "glue"])
def test_incomplete_points_are_the_boards(full, suite):
    incomplete = full.index.incomplete
    found = incomplete[incomplete["suite"] == suite][["submission", "point", "done", "missing"]]
    expected = [
        (each.submission, each.point, len(each.done), ", ".join(each.missing))
        for each in full.board(suite, "").incomplete
    ]
    assert list(found.itertuples(index=False, name=None)) == expected
    assert ("partly" in set(found["submission"])) == (suite == "elue")


@pytest.mark.parametrize("suite", ["elue", "glue"])
def test_notes_are_the_boards(full, suite):
    """As long as costs are FLOPs; over the suite, those of all its tasks."""
    notes = full.index.notes
    names = [task.name for task in SUITES[suite].tasks]
    assert [note for name in names for note in notes[f"{suite}/{name}"]] == list(full.board(suite, "").notes)
    assert (suite != "elue") or any("no replicates of" in note for note in notes["elue/mrpc"])


def test_suites_and_tasks_are_those_with_rows(full):
    assert full.index.suites == ["elue", "glue"]
    for suite in ("elue", "glue"):
        assert full.index.tasks(suite) == [task.name for task in SUITES[suite].tasks]


def test_tasks_without_results_are_not_there(indexed, stored, make_result):
    results = [make_result("glue", name) for name in ("wnli", "cola")]
    index = indexed(stored("one", *results), stored("two", make_result("probe", "similarity")))
    assert (index.suites, index.tasks("glue"), index.tasks("probe")) == (
        ["glue", "probe"],
        ["cola", "wnli"],
        ["similarity"],
    )
    assert index.board("glue", "").empty, "not all tasks: no aggregate"
    assert list(index.incomplete["done"]) == [2, 1]


def test_folders_are_by_the_name_in_the_report(full):
    for name, folder in full.index.folders.items():
        assert read_report(Path(folder)).submission.name == name
    assert len(full.index.folders) == len(full.stored)
