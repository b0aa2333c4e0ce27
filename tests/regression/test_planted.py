"""Changes planted in a committed submission or in the harness: each is caught, and named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cost import operators
from harness.cost.operators import FORMULAS
from harness.regression import Drift, Outcome
from tests.regression.conftest import LOAD, RANK, SENTIMENT, manifest

ROWS = 2000


def failing(outcome: Outcome) -> dict[str, Drift]:
    return {drift.what: drift for drift in outcome.drifts if drift.fails}


def test_what_has_not_changed_does_not_drift_and_nothing_is_written(checked: Callable[[], Outcome], copy: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    outcome = checked()
    assert outcome.drifts == ()
    assert [(each.point, each.task) for each in outcome.checked] == [("", ""), ("low", "probe/sentiment")]
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_one_rank(checked: Callable[[], Outcome], copy: Path) -> None:
    (copy / "submissions" / "small" / "submission.yaml").write_text(manifest(RANK + 1))
    found = failing(checked())
    assert (found["options"].old, found["options"].new) == ('{"rank": 4}', '{"rank": 5}')
    # a further rank costs 8 + 2 weights, MACs, and twice as many FLOPs
    assert found["parameters"].new - found["parameters"].old == 10
    assert found["macs"].new - found["macs"].old == 10
    assert found["flops"].new - found["flops"].old == pytest.approx(20)
    assert {found[what].cause for what in ("macs", "flops", "parameters")} == {"the folder changed: submission.yaml"}
    assert "score" not in found
    assert "size mismatch" in str(found["answers of a second run"].new)  # the weights are of the other rank


def test_one_label(checked: Callable[[], Outcome], copy: Path) -> None:
    file = copy / "submissions" / "small" / "predictions" / "low" / "probe" / "sentiment.tsv"
    lines = file.read_text().splitlines()
    sample = 1240  # one of those that a second run comes by: every twentieth
    index, label, tokens = lines[sample + 1].split("\t")
    lines[sample + 1] = "\t".join((index, str(1 - int(label)), tokens))
    file.write_text("\n".join(lines) + "\n")
    outcome = checked()
    found = failing(outcome)
    assert (found["predictions"].file, found["predictions"].row) == ("predictions/low/probe/sentiment.tsv", sample + 2)
    assert "sample 1240 changed" in str(found["predictions"].new)
    (score,) = (drift for drift in outcome.drifts if drift.what == "score")
    right = 1 if LOAD(SENTIMENT[0]).gold[sample] == 1 - int(label) else -1
    assert score.new - score.old == pytest.approx(right / ROWS)
    assert not score.fails  # one label in 2,000 is within the paired interval, and told
    assert score.cause == "the folder changed: predictions/low/probe/sentiment.tsv"
    second = found["answers of a second run"]
    assert (second.row, second.old[0], second.new[0]) == (sample + 2, str(1 - int(label)), label)
    assert second.cause == score.cause
    assert set(found) == {"predictions", "answers of a second run"}


def test_one_formula(checked: Callable[[], Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    linear = FORMULAS["aten.linear"]

    def dearer(call: operators.Call) -> operators.Count | None:
        count = linear.count(call)
        return None if count is None else count._replace(flops=count.flops + 1)

    monkeypatch.setattr("harness.regression.rerun.run_again", lambda *_: [])  # answers are no matter of cost
    monkeypatch.setitem(FORMULAS, "aten.linear", replace(linear, count=dearer))
    operators.find.cache_clear()
    try:
        found = failing(checked())
    finally:
        operators.find.cache_clear()
    assert set(found) == {"flops", "effective_flops"}
    assert found["flops"].new - found["flops"].old == pytest.approx(2)  # of two linear layers
    assert found["flops"].cause == "nothing recorded changed: the harness's own code, the formula of aten.linear"


def test_a_submission_that_cannot_be_evaluated(checked: Callable[[], Outcome], copy: Path) -> None:
    file = copy / "submissions" / "small" / "predictions" / "low" / "probe" / "sentiment.tsv"
    file.write_text(file.read_text().replace("\n7\t", "\n7\tgood", 1))
    found = failing(checked())
    assert found["check"].row == 9
