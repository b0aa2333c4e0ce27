"""Pairs of operating points, against the harness's comparison of rows."""

import pytest

from harness.board import compare
from harness.quality.intervals import Comparison
from harness.report import Interval
from harness.tasks import SUITES
from leaderboard.comparing import Pair, compared, points_on

PAIRS = [
    (("deep", "12"), ("ranks", "128")),
    (("ranks", "64"), ("deep", "3")),
    (("leaving", "p1"), ("holes", "s")),
    (("deep", "12"), ("deep", "12")),
    (("deep", "6"), ("partly", "x")),
    (("told", "x"), ("deep", "12")),
]


@pytest.mark.parametrize(("base", "other"), PAIRS)
def test_differences_are_the_harness_comparison(full, base, other):
    """On every task of both, in the suite's order, and on the aggregate where both have one."""
    pairs = {pair.task: pair for pair in compared(full.index, "elue", base, other)}
    expected = []
    for task in [*(task.name for task in SUITES["elue"].tasks), ""]:
        rows = {(row.submission, row.point): row for row in full.board("elue", task).rows}
        if base not in rows or other not in rows:
            continue
        expected.append(task)
        truth = compare(rows[other], rows[base])
        found = pairs[task]
        assert found.score.difference == pytest.approx(truth.difference)
        assert (found.score.interval.low, found.score.interval.high) == pytest.approx(
            (truth.interval.low, truth.interval.high)
        )
        assert found.score.probability == truth.probability
        for axis, ratio in (("flops", found.flops), ("parameters", found.parameters)):
            assert ratio == pytest.approx(rows[other].costs[axis] / rows[base].costs[axis])
    assert list(pairs) == expected
    assert len(expected) == (2 if "partly" in other else 7)


def test_other_data_and_missing_replicates_are_left_out(full):
    assert compared(full.index, "elue", ("deep", "12"), ("old", "x")) == []
    assert compared(full.index, "elue", ("deep", "12"), ("limited", "x")) == []
    assert compared(full.index, "elue", ("deep", "12"), ("exact", "x")) == []
    assert compared(full.index, "elue", ("deep", "12"), ("nobody", "x")) == []
    assert len(compared(full.index, "elue", ("old", "x"), ("old", "x"))) == 7


def test_only_a_task_of_the_same_data_is_left(indexed, stored, make_result):
    results = [make_result("elue", "mrpc"), make_result("elue", "sst2")]
    other = [make_result("elue", "mrpc"), make_result("elue", "sst2", fingerprint="a" * 64)]
    index = indexed(stored("one", *results, noise=0.01), stored("two", *other, noise=0.01))
    assert [pair.task for pair in compared(index, "elue", ("one", "full"), ("two", "full"))] == ["mrpc"]


def test_costs_that_are_not_known_have_no_ratio(indexed, stored, make_result):
    nothing = {"provenance": "declared", "tracing": "declared", "flops": None, "macs": None}
    index = indexed(
        stored("one", make_result(flops=2e9), noise=0.01),
        stored("two", make_result(cost=nothing, counts={"provenance": "declared", "total": None}), noise=0.01),
        stored("none", make_result(flops=0.0, parameters=0), noise=0.01),
    )
    for base, other in (("one", "two"), ("two", "one"), ("none", "one")):
        (pair,) = compared(index, "elue", (base, "full"), (other, "full"))
        assert (pair.flops, pair.parameters, pair.verdict) == (None, None, "cost not known")
    (pair,) = compared(index, "elue", ("one", "full"), ("none", "full"))
    assert (pair.flops, pair.parameters) == (0, 0)


def test_points_that_can_be_compared_are_those_with_replicates(full):
    expected = {
        (entry.report.submission.name, result.point)
        for entry in full.stored
        for result in entry.report.results
        if result.suite == "glue" and result.replicates_key in entry.replicates
    }
    assert points_on(full.index, "glue") == sorted(expected)
    assert ("exact", "x") not in points_on(full.index, "elue")
    assert ("odd", "x") not in points_on(full.index, "elue"), "another number of replicates pairs with nobody's"
    assert points_on(full.index, "superglue") == []


@pytest.mark.parametrize(
    ("flops", "low", "high", "verdict"),
    [
        (0.5, 0.01, 0.02, "dominates"),
        (1.0, 0.01, 0.02, "dominates"),
        (0.5, 0.0, 0.02, "dominates"),  # surely no less, and cheaper
        (0.5, 0.0, 0.0, "dominates"),
        (2.0, 0.01, 0.02, "trades cost for score"),
        (0.5, -0.02, -0.01, "trades cost for score"),
        (2.0, -0.02, -0.01, "is dominated"),
        (1.0, -0.02, -0.01, "is dominated"),
        (2.0, -0.02, 0.0, "is dominated"),
        (2.0, 0.0, 0.0, "is dominated"),
        (0.5, -0.01, 0.01, "cheaper, score not surely different"),
        (2.0, -0.01, 0.01, "dearer, score not surely different"),
        (0.5, -0.01, 0.0, "cheaper, score not surely different"),
        (2.0, 0.0, 0.01, "dearer, score not surely different"),
        (1.0, -0.01, 0.01, "not surely different"),
        (1.0, 0.0, 0.0, "not surely different"),
        (None, 0.01, 0.02, "cost not known"),
        (0.0, 0.01, 0.02, "dominates"),
    ],
)
def test_verdicts(flops, low, high, verdict):
    score = Comparison((low + high) / 2, Interval(low=low, high=high), 0.5)
    assert Pair("mrpc", score, flops, None).verdict == verdict


def test_verdicts_are_of_two_sides(full):
    """Who dominates one way is dominated the other way."""
    turned = {
        "dominates": "is dominated",
        "is dominated": "dominates",
        "cheaper, score not surely different": "dearer, score not surely different",
        "dearer, score not surely different": "cheaper, score not surely different",
    }
    points = [("deep", "12"), ("leaving", "p4"), ("told", "x"), ("ranks", "128")]
    seen = set()
    for base in points:
        for other in points:
            there, back = compared(full.index, "elue", base, other), compared(full.index, "elue", other, base)
            assert len(there) == len(back)
            for one, two in zip(there, back, strict=True):
                assert two.verdict == turned.get(one.verdict, one.verdict)
                assert two.score.difference == pytest.approx(-one.score.difference)
                assert one.flops is None or two.flops == pytest.approx(1 / one.flops)
                seen.add(one.verdict)
    assert {"cost declared, not measured", "trades cost for score"} <= seen


def test_no_verdict_on_a_declared_cost() -> None:
    better = Comparison(0.1, Interval(low=0.05, high=0.15), 1.0)
    assert Pair("mrpc", better, 0.5, 0.5).verdict == "dominates"
    assert Pair("mrpc", better, 0.5, 0.5, measured=False).verdict == "cost declared, not measured"
