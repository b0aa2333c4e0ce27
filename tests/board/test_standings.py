"""ELUE scores of whole boards. The points are those of the ELUE site's SST-2 chart."""

import numpy as np
import pytest

from harness.board import suite_board, task_board
from harness.tasks import SUITES

ELUE = SUITES["elue"]
ELASTICBERT = [(1059.5, 84.1), (1412.4, 85.7), (2118.9, 87.0), (4237.2, 88.6)]
ROBERTA = [(1041.3, 81.8), (1388.2, 84.6), (2082.0, 86.8), (4164.1, 88.3)]


@pytest.fixture
def curve(stored, make_result):
    def build(name, points, tasks=("sst2",), noise=None, **changes):
        results = [
            make_result("elue", task, f"p{rank}", score=score / 100, flops=flops * 1e6, **changes)
            for task in tasks
            for rank, (flops, score) in enumerate(points)
        ]
        return stored(name, *results, noise=noise)

    return build


def _standing(board, name):
    (standing,) = [s for s in board.standings if s.submission == name]
    return standing


def test_elue_score_of_a_board_is_the_published_one(curve):
    board = task_board(
        [curve("elasticbert", ELASTICBERT), curve("roberta", ROBERTA)],
        "elue",
        "sst2",
        reference="elasticbert",
    )
    roberta = _standing(board, "roberta")
    assert 100 * roberta.elue.all_points.value == pytest.approx(-0.896, abs=0.001)
    rows = [row for row in board.rows if row.submission == "roberta"]
    assert [row.elue.inside for row in rows] == [False, True, True, True]
    inside = [row.elue.difference for row in rows[1:]]
    assert roberta.elue.ranked.value == pytest.approx(np.mean(inside))
    assert _standing(board, "elasticbert").elue.all_points.value == pytest.approx(0)
    assert [s.submission for s in board.standings] == ["elasticbert", "roberta"]
    assert (roberta.points, roberta.ranked_points, roberta.parameters) == (4, 4, 50_000_000)


def test_elue_score_is_over_flops_whatever_the_board_is_over(curve):
    entries = [curve("elasticbert", ELASTICBERT), curve("roberta", ROBERTA)]
    over = [
        _standing(task_board(entries, "elue", "sst2", name, "elasticbert"), "roberta").elue
        for name in ("flops", "parameters", "nonzero")
    ]
    assert over[0] == over[1] == over[2]


def test_declared_points_are_in_the_published_figure_alone(curve):
    declared = {"provenance": "declared", "tracing": "declared"}
    board = task_board(
        [curve("elasticbert", ELASTICBERT), curve("roberta", ROBERTA, cost=declared)],
        "elue",
        "sst2",
        reference="elasticbert",
    )
    standing = _standing(board, "roberta")
    assert 100 * standing.elue.all_points.value == pytest.approx(-0.896, abs=0.001)
    assert standing.elue.ranked is None
    assert (standing.ranked_points, standing.hypervolume) == (0, None)


def test_other_data_have_no_elue_score(curve):
    board = task_board(
        [curve("elasticbert", ELASTICBERT), curve("old", ROBERTA, fingerprint="a" * 64, rows=9)],
        "elue",
        "sst2",
        reference="elasticbert",
    )
    assert _standing(board, "old").elue is None
    assert all(row.elue is None for row in board.rows if row.submission == "old")


@pytest.mark.parametrize("points", [[], ELASTICBERT[:1]])
def test_a_reference_without_a_curve_is_noted(curve, points):
    board = task_board(
        [curve("elasticbert", points), curve("roberta", ROBERTA)],
        "elue",
        "sst2",
        reference="elasticbert",
    )
    assert any("elasticbert has no two points" in note for note in board.notes)
    assert _standing(board, "roberta").elue is None
    assert [row.elue for row in board.rows if row.submission == "roberta"] == [None] * 4


def test_suite_score_is_the_mean_over_tasks(curve):
    """Half the tasks 1 point above the reference, half 2 below it: -0.5."""
    names = [task.name for task in ELUE.tasks]
    better = [(flops, score + 1) for flops, score in ELASTICBERT]
    worse = [(flops, score - 2) for flops, score in ELASTICBERT]
    mixed = curve("mixed", better, names[:3]), curve("mixed", worse, names[3:])
    results = mixed[0].report.results + mixed[1].report.results
    entries = [
        curve("elasticbert", ELASTICBERT, names),
        type(mixed[0])(mixed[0].report.model_copy(update={"results": results})),
        curve("half", ELASTICBERT, names[:3]),
    ]
    board = suite_board(entries, ELUE, reference="elasticbert")
    standing = _standing(board, "mixed")
    assert 100 * standing.elue.all_points.value == pytest.approx(-0.5)
    assert 100 * standing.elue.ranked.value == pytest.approx(-0.5)
    assert [s.submission for s in board.standings] == ["elasticbert", "mixed"]
    assert "half" not in board.elue


def test_suite_is_ranked_only_where_every_task_is(curve):
    """Too cheap for the reference curve on one task of six."""
    names = [task.name for task in ELUE.tasks]
    usual, cheap = curve("one", [(2000.0, 87.0)], names[:5]), curve("one", [(900.0, 80.0)], names[5:])
    results = usual.report.results + cheap.report.results
    entries = [
        curve("elasticbert", ELASTICBERT, names),
        type(usual)(usual.report.model_copy(update={"results": results})),
    ]
    standing = _standing(suite_board(entries, ELUE, reference="elasticbert"), "one")
    assert standing.elue.all_points is not None
    assert standing.elue.ranked is None


def test_suite_interval_narrows_with_the_number_of_tasks(curve):
    names = [task.name for task in ELUE.tasks]
    middle = [(2118.9, 87.0)]
    entries = [
        curve("elasticbert", ELASTICBERT, names, noise=0.0),
        curve("one", middle, names, noise=0.02),
    ]
    standing = _standing(suite_board(entries, ELUE, reference="elasticbert"), "one")
    error = 0.02 / np.sqrt(6)
    assert standing.elue.ranked.interval.high == pytest.approx(1.96 * error, abs=error / 5)
    assert standing.elue.ranked.interval.low == pytest.approx(-1.96 * error, abs=error / 5)


def test_hypervolume_is_a_share_of_the_box(curve):
    board = task_board([curve("two", [(1000, 50.0), (2000, 80.0)]), curve("one", [(1500, 60.0)])], "elue", "sst2")
    assert _standing(board, "two").hypervolume == pytest.approx((1 * 0.5 + 0.2 * 0.8) / 2.2)
    assert _standing(board, "one").hypervolume == pytest.approx(0.7 * 0.6 / 2.2)
    assert [s.submission for s in board.standings] == ["two", "one"], "no reference: by area"
