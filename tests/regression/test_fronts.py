from harness.regression.fronts import compare_fronts, fronts
from tests.regression.conftest import result, suite

CHEAP, DEAR = result("cheap", score=0.7, flops=1.0), result("dear", score=0.9, flops=9.0)
MIDDLE = result("middle", score=0.8, flops=3.0)


def test_membership_among_the_submissions() -> None:
    found = fronts({"a": suite(CHEAP, DEAR), "b": suite(result("worse", score=0.65, flops=5.0))})
    assert found == {("t", "a", "cheap"): True, ("t", "a", "dear"): True, ("t", "b", "worse"): False}


def test_declared_costs_and_unpriced_operators_take_no_part() -> None:
    free = [
        result("declared", score=1.0, flops=0.5, provenance={"cost": "declared"}),
        result("unpriced", score=1.0, flops=0.5, unpriced=("aten.fft",)),
        result("unknown", score=1.0, flops=None),
    ]
    assert fronts({"a": suite(CHEAP, *free)}) == {("t", "a", "cheap"): True}


def test_other_data_are_another_frontier() -> None:
    assert all(fronts({"a": suite(CHEAP), "b": suite(result(score=0.9, flops=0.5, fingerprint="e"))}).values())


def test_who_lost_membership_and_by_whom() -> None:
    before = {"a": suite(CHEAP, DEAR), "b": suite(MIDDLE)}
    now = {**before, "b": suite(result("middle", score=0.95, flops=3.0))}
    (drift,) = compare_fronts("s", before, now)
    assert (drift.submission, drift.point, drift.task, drift.old, drift.new) == ("a", "dear", "s/t", True, False)
    assert drift.fails
    assert drift.cause == "drifted: b middle"


def test_whose_own_score_fell() -> None:
    before = {"a": suite(CHEAP, DEAR), "b": suite(MIDDLE)}
    now = {**before, "b": suite(result("middle", score=0.6, flops=3.0))}
    (drift,) = compare_fronts("s", before, now)
    assert (drift.submission, drift.old, drift.new, drift.cause) == ("b", True, False, "its own cost or score drifted")
