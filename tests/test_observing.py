"""Models whose control flow depends on values: self-reported, and refused where they work longer than they say."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from harness.evaluation import evaluate_tasks
from harness.findings import ParetoNLPError
from harness.sandbox.calibrate_job import calibrate
from tests.test_reproducing import MODEL, SENTIMENT, evaluated, load, make  # noqa: F401 - make is a fixture

DEPENDS = """
        x = self.embed(input_ids).mean(1)
        {hidden}
        while x.norm() > 1e3:
            x = x / 2
        return self.out(x)"""
BY_NUMPY = "import numpy; [numpy.linalg.svd(numpy.ones((300, 300))) for _ in range(40 * bool(input_ids.any()))]"


def test_such_a_cost_is_self_reported_and_never_ranked(make: Callable[[str], Path]) -> None:  # noqa: F811
    from harness.board.axes import AXES

    result = evaluated(make(MODEL.format(body=DEPENDS.format(hidden=""))))
    assert (result.cost.provenance, result.cost.tracing) == ("self-reported", "values")
    assert result.cost.time_ratio is not None
    assert 0 <= result.cost.time_ratio < 2
    assert result.score.predictions == "declared"
    assert "depends on values" in result.reproduction.reason
    assert not AXES["flops"].measured(result)


def test_hidden_work_takes_time_that_the_cost_does_not_explain(make: Callable[[str], Path]) -> None:  # noqa: F811
    folder = make(MODEL.format(body=DEPENDS.format(hidden=BY_NUMPY)))
    with pytest.raises(ParetoNLPError, match="the cost that it reports explains 0") as caught:
        evaluated(folder)
    assert caught.value.findings[0].code == "cost-beyond-time"
    assert not evaluate_tasks(folder, [SENTIMENT], load, rows_again=0).results[0].cost.time_ratio


def test_the_pace_is_that_of_torch() -> None:
    threads = torch.get_num_threads()
    pace = calibrate()
    torch.set_num_threads(threads)
    assert 1e8 < pace["flops"] < 1e13
    assert 1e7 < pace["bytes"] < 1e12
    assert 1e-7 < pace["call"] < 1e-2
