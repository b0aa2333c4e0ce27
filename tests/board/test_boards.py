from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from harness.board import suite_board, task_board
from harness.board.boards import task_weights
from harness.tasks import SUITES

ELUE = SUITES["elue"]


def _row(board, submission, point="full"):
    (row,) = [r for r in board.rows if (r.submission, r.point) == (submission, point)]
    return row


def _everywhere(make_result, point="full", score=0.8, flops=1e9, **more):
    return [make_result("elue", t.name, point, score=score, flops=flops, **more) for t in ELUE.tasks]


def test_task_board_marks_the_frontier(stored, make_result):
    board = task_board(
        [
            stored("small", make_result(score=0.7, flops=1e9)),
            stored("poor", make_result(score=0.6, flops=2e9)),
            stored("large", make_result(score=0.9, flops=4e9)),
            stored("elsewhere", make_result("elue", "sst2", score=0.99, flops=1)),
        ],
        "elue",
        "mrpc",
    )
    assert [(row.submission, row.on_frontier) for row in board.rows] == [
        ("small", True),
        ("poor", False),
        ("large", True),
    ]
    # box: 4.4e9 FLOPs wide, 1 high; without `small`, `poor` would stand in from 2e9 on
    assert _row(board, "large").hypervolume_contribution == pytest.approx(0.4 * 0.2 / 4.4)
    assert _row(board, "small").hypervolume_contribution == pytest.approx((3 * 0.7 - 2 * 0.6) / 4.4)
    assert _row(board, "poor").hypervolume_contribution == 0
    assert all(row.frontier_probability is None for row in board.rows), "no replicates"
    assert board.notes == ("mrpc: no replicates of large, poor, small; their scores are taken as exact",)


def test_probability_follows_from_replicates(stored, make_result):
    board = task_board(
        [
            stored("small", make_result(score=0.80, flops=1e9), noise=0.02),
            stored("large", make_result(score=0.82, flops=2e9), noise=0.02),
        ],
        "elue",
        "mrpc",
    )
    assert _row(board, "small").frontier_probability == 1.0
    expected = norm.cdf(0.02 / (0.02 * np.sqrt(2)))
    assert _row(board, "large").frontier_probability == pytest.approx(expected, abs=0.05)
    assert board.notes == ()


def test_rows_without_replicates_count_with_their_score(stored, make_result):
    board = task_board(
        [
            stored("exact", make_result(score=0.80, flops=1e9)),
            stored("unsure", make_result(score=0.82, flops=2e9), noise=0.02),
        ],
        "elue",
        "mrpc",
    )
    assert _row(board, "exact").frontier_probability is None
    assert _row(board, "unsure").frontier_probability == pytest.approx(norm.cdf(1), abs=0.05)
    assert any("no replicates of exact" in note for note in board.notes)


def test_only_comparable_measured_results_are_ranked(stored, make_result):
    declared = {"provenance": "declared", "tracing": "declared"}
    board = task_board(
        [
            stored("fine", make_result(score=0.5, flops=9e9)),
            stored("limited", make_result(score=0.9, limit=100)),
            stored("declared", make_result(score=0.9, cost=declared)),
            stored("other-data", make_result(score=0.9, rows=900, fingerprint="a" * 64)),
            stored("unpriced", make_result(score=0.9, cost={"unpriced": {"aten.foo.default": 2.0}})),
        ],
        "elue",
        "mrpc",
    )
    assert [row.submission for row in board.rows if row.ranked] == ["fine"]
    assert _row(board, "fine").on_frontier, "what is not ranked dominates nobody"
    reasons = {row.submission: row.not_ranked for row in board.rows if not row.ranked}
    assert reasons == {
        "limited": ("only the first 100 rows were evaluated",),
        "declared": ("FLOPs declared, not measured",),
        "other-data": ("other data: fingerprint aaaaaaaaaaaa, the board's is ffffffffffff",),
        "unpriced": ("operators without a formula: aten.foo.default",),
    }
    for name in reasons:
        row = _row(board, name)
        assert (row.on_frontier, row.frontier_probability, row.hypervolume_contribution) == (
            False,
            None,
            None,
        )
    assert any("fingerprints differ" in note for note in board.notes)


def test_ranking_depends_on_the_axis(stored, make_result):
    declared = {"provenance": "declared", "tracing": "declared", "unpriced": {"aten.foo": 1.0}}
    entries = [
        stored("a", make_result(cost=declared)),
        stored("b", make_result(counts={"provenance": "declared", "nonzero": 7})),
    ]
    by_axis = {
        name: [row.submission for row in task_board(entries, "elue", "mrpc", name).rows if row.ranked]
        for name in ("flops", "parameters", "nonzero", "bytes")
    }
    assert by_axis == {"flops": ["b"], "parameters": ["a"], "nonzero": [], "bytes": []}
    board = task_board(entries, "elue", "mrpc", "nonzero")
    assert [row.submission for row in board.rows] == ["b", "a"], "without a cost comes last"
    assert _row(board, "a").not_ranked == ("Non-zero parameters not known",)


def test_the_most_complete_data_are_the_boards(stored, make_result):
    part = {"rows": 1000, "fingerprint": "a" * 64}
    board = task_board(
        [
            stored("one", make_result(**part)),
            stored("two", make_result(**part)),
            stored("whole", make_result()),
        ],
        "elue",
        "mrpc",
    )
    assert [row.submission for row in board.rows if row.ranked] == ["whole"]
    board = task_board([stored("one", make_result(**part))], "elue", "mrpc")
    assert _row(board, "one").ranked, "all have the same part: comparable, and flagged"
    assert _row(board, "one").partial == ("mrpc, 1,000 of 1,725",)


def test_limited_results_do_not_decide_the_boards_data(stored, make_result):
    board = task_board(
        [
            stored("quick", make_result(limit=10)),
            stored("quicker", make_result(limit=10)),
            stored("part", make_result(rows=1000, fingerprint="a" * 64)),
        ],
        "elue",
        "mrpc",
    )
    assert [row.submission for row in board.rows if row.ranked] == ["part"]


def test_a_limit_is_flagged_as_partial_too(stored, make_result):
    board = task_board([stored("one", make_result(limit=100))], "elue", "mrpc")
    assert _row(board, "one").partial == ("mrpc, 100 of 1,725",)


def test_different_versions_are_noted(stored, make_result):
    board = task_board([stored("a", make_result()), stored("b", make_result(paretonlp="0.2.0"))], "elue", "mrpc")
    assert any("paretonlp 0.1.0 and 0.2.0" in note for note in board.notes)


def test_no_reports_make_an_empty_board():
    assert task_board([], "elue", "mrpc").rows == ()
    board = suite_board([], ELUE, reference="elasticbert")
    assert (board.rows, board.standings, board.incomplete) == ((), (), ())


def test_suite_board_averages_scores_and_work(stored, make_result):
    scores = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    results = [
        make_result("elue", task.name, score=score, flops=rank * 1e9, parameters=50 + rank)
        for rank, (task, score) in enumerate(zip(ELUE.tasks, scores, strict=True), 1)
    ]
    board = suite_board([stored("bert", *results, noise=0.06)], ELUE)
    (row,) = board.rows
    assert row.score.value == pytest.approx(0.65)
    assert row.costs["flops"] == pytest.approx(3.5e9)
    assert row.costs["parameters"] == 56, "the largest of the task models"
    error = 0.06 / np.sqrt(6)
    assert row.score.interval.low == pytest.approx(0.65 - 1.96 * error, abs=error / 5)
    assert row.score.interval.high == pytest.approx(0.65 + 1.96 * error, abs=error / 5)
    assert board.task is None
    assert row.on_frontier


def test_suite_board_needs_every_task(stored, make_result):
    whole = _everywhere(make_result)
    board = suite_board(
        [stored("whole", *whole), stored("part", *[r for r in whole if r.task not in {"imdb", "stsb"}])],
        ELUE,
    )
    assert [row.submission for row in board.rows] == ["whole"]
    (part,) = board.incomplete
    assert (part.submission, str(part), part.missing) == ("part", "4 of 6", ("imdb", "stsb"))


def test_suite_rows_carry_the_weakest_claim(stored, make_result):
    results = _everywhere(make_result, cost={"lengths": "confirmed"})
    declared = make_result("elue", "mrpc", cost={"provenance": "declared", "tracing": "declared"})
    results = [declared if result.task == "mrpc" else result for result in results]
    (row,) = suite_board([stored("bert", *results)], ELUE).rows
    assert (row.marks.cost, row.marks.lengths, row.marks.parameters) == (
        "declared",
        "declared",
        "measured",
    )
    assert row.not_ranked == ("FLOPs declared, not measured (mrpc)",)
    everywhere = _everywhere(make_result, limit=50)
    (row,) = suite_board([stored("bert", *everywhere)], ELUE).rows
    assert row.not_ranked == ("only the first 50 rows were evaluated",)


def test_grouped_tasks_share_one_vote():
    glue = SUITES["glue"]
    weights = dict(zip([task.name for task in glue.tasks], task_weights(glue), strict=True))
    assert weights["mnli"] == weights["mnli-mm"] == pytest.approx(1 / 18)
    others = [weight for name, weight in weights.items() if "mnli" not in name]
    assert others == pytest.approx([1 / 9] * 8)
    assert sum(weights.values()) == pytest.approx(1)


def test_suite_replicates_follow_the_groups(stored, make_result):
    suite = SimpleNamespace(
        name="toy",
        tasks=[SimpleNamespace(name=name) for name in "abc"],
        groups=(("b", "c"),),
    )
    results = [make_result("toy", name, score=s) for name, s in zip("abc", (0.8, 0.6, 0.2), strict=True)]
    entry = stored("bert", *results, noise=0.01)
    (row,) = suite_board([entry], suite).rows
    assert row.score.value == pytest.approx((0.8 + (0.6 + 0.2) / 2) / 2)
    a, b, c = (entry.replicates[f"full/toy/{name}"] for name in "abc")
    assert row.score.replicates == pytest.approx((a + (b + c) / 2) / 2)
