import numpy as np
import pytest

from harness.quality.intervals import COUNT
from harness.regression.causes import NOTHING
from harness.regression.comparing import compare_suites
from harness.regression.drift import Drift
from harness.regression.expectation import ExpectedSuite
from harness.report import Work
from tests.regression.conftest import result, suite

OLD = np.full(COUNT, 0.8)


def drifts(before: ExpectedSuite, now: ExpectedSuite, **replicates: np.ndarray) -> dict[str, Drift]:
    found = compare_suites(
        "mine", "s", before, now, {"p/s/t": replicates.get("old", OLD)}, {"p/s/t": replicates.get("new", OLD)}
    )
    return {drift.what: drift for drift in found}


def test_what_is_equal_does_not_drift() -> None:
    assert drifts(suite(result()), suite(result())) == {}


@pytest.mark.parametrize(("old", "new", "fails"), [("confirmed", "declared", True), ("declared", "confirmed", False)])
def test_provenance_may_be_raised_and_not_lowered(old: str, new: str, fails: bool) -> None:
    before, now = (suite(result(provenance={"lengths": claim})) for claim in (old, new))
    drift = drifts(before, now)["provenance of lengths"]
    assert (drift.old, drift.new, drift.fails, drift.cause) == (old, new, fails, NOTHING)


def test_equal_predictions_score_equally() -> None:
    drift = drifts(suite(result(score=0.8)), suite(result(score=0.8001)), new=OLD + 0.0001)["score"]
    assert drift.fails
    assert drift.cause == NOTHING
    assert drifts(suite(result(score=0.8)), suite(result(score=0.8 * (1 + 1e-12)))) == {}


@pytest.mark.parametrize(("lowest", "fails"), [(-0.02, True), (0.001, True), (-0.004, False)])
def test_other_predictions_score_within_the_paired_interval(lowest: float, fails: bool) -> None:
    """Differences spread evenly over 0.01 from ``lowest`` on: their interval holds 0 in the last case alone."""
    new = OLD + np.linspace(lowest, lowest + 0.01, COUNT)
    before, now = suite(result(answers="0101")), suite(result(answers="0111", score=float(new.mean())))
    drift = drifts(before, now, new=new)
    assert drift["score"].fails == fails
    assert drift["score"].cause == "the folder changed: predictions/p/s/t.tsv"
    assert drift["predictions"].fails
    assert drift["predictions"].row == 2 + 2


def test_replicates_of_another_number_do_not_pair() -> None:
    before, now = suite(result()), suite(result(answers="0111", score=0.81))
    drift = drifts(before, now, new=OLD[:10])["score"]
    assert (drift.fails, drift.allowed) == (True, "the same")


def test_other_data_are_named_and_never_paired() -> None:
    now = suite(result(fingerprint="e" * 64, answers="0111", score=0.8001, flops=99.0))
    found = drifts(suite(result()), now)
    assert found["data"].fails
    assert found["score"].fails
    assert "the task's data changed" in found["score"].cause
    assert "the task's data changed" in found["flops"].cause


def test_a_library_and_an_operator_are_named() -> None:
    dearer = {"aten.mm": Work(macs=1, flops=3, calls=1)}
    found = drifts(suite(result()), suite(result(flops=101.0, operators=dearer), torch_version="2.14"))
    assert found["flops"].cause == "torch 2.13 -> 2.14, the formula of aten.mm"
    oftener = {"aten.mm": Work(macs=2, flops=4, calls=2)}
    assert drifts(suite(result()), suite(result(flops=101.0, operators=oftener)))["flops"].cause == (
        f"{NOTHING}, calls of aten.mm"
    )


def test_files_that_changed_are_named_and_those_of_other_predictions_are_no_cause() -> None:
    before = suite(result(), files={"model.py": "1", "predictions/q/s/t.tsv": "1"})
    now = suite(result(flops=99.0), files={"model.py": "2", "predictions/q/s/t.tsv": "2"})
    found = drifts(before, now)
    assert found["flops"].cause == "the folder changed: model.py"
    assert (found["folder"].fails, found["folder"].cause) == (
        False,
        "the folder changed: model.py, predictions/q/s/t.tsv",
    )


def test_an_operator_that_lost_its_formula() -> None:
    found = drifts(suite(result()), suite(result(unpriced=("aten.fft",))))
    assert found["operators without a formula"].new == "aten.fft"


def test_what_counts_the_zeros_of_absent_weights_is_not_compared() -> None:
    with_weights = result(costs={"flops": 9.0, "nonzero": 5}, provenance={"nonzero": "measured"})
    without = result(costs={"flops": 9.0, "nonzero": None}, provenance={"nonzero": "unknown"}, weights_here=False)
    for before, now in ((with_weights, without), (without, with_weights)):
        found = drifts(suite(before), suite(now))
        assert [(drift.what, drift.fails) for drift in found.values()] == [("weights", False)]
    fewer = result(costs={"flops": 9.0, "nonzero": 4}, provenance={"nonzero": "measured"})
    assert drifts(suite(with_weights), suite(fewer))["nonzero"].fails


def test_results_that_came_or_went() -> None:
    found = compare_suites("mine", "s", suite(result("p")), suite(result("q")), {}, {})
    assert [(d.what, d.point, d.old, d.new) for d in found if d.fails] == [
        ("result", "p", "a result", "none"),
        ("result", "q", "none", "a result"),
    ]
