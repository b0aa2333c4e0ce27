import numpy as np
import pytest

from harness.board import compare, task_board
from harness.findings import ParetoNLPError
from harness.quality.intervals import COUNT
from harness.store import Stored


def _board(*entries):
    return task_board(entries, "elue", "mrpc")


def test_rows_of_a_board_compare_pairwise(make_report, make_result):
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.05, COUNT)
    entries = [
        Stored(make_report(name, make_result(score=score)), {"full/elue/mrpc": score + shared})
        for name, score in (("a", 0.80), ("b", 0.81))
    ]
    a, b = sorted(_board(*entries).rows, key=lambda row: row.submission)
    found = compare(b, a)
    assert found.difference == pytest.approx(0.01)
    assert found.probability == 1.0, "intervals overlap widely, and yet b is always better"


def test_rows_that_cannot_be_compared_are_explained(stored, make_result):
    with_replicates = _board(stored("a", make_result(), noise=0.1)).rows[0]
    without = _board(stored("a", make_result())).rows[0]
    other = _board(stored("a", make_result(fingerprint="a" * 64), noise=0.1)).rows[0]
    limited = _board(stored("a", make_result(limit=10), noise=0.1)).rows[0]
    with pytest.raises(ParetoNLPError, match="without replicates"):
        compare(with_replicates, without)
    for row in (other, limited):
        with pytest.raises(ParetoNLPError, match="same data"):
            compare(with_replicates, row)


def test_replicates_of_another_number_are_left_out(make_report, make_result):
    odd = Stored(make_report("odd", make_result()), {"full/elue/mrpc": np.zeros(COUNT + 1)})
    assert _board(odd).rows[0].score.replicates is None


def test_interval_of_a_row_is_the_reports_own(stored, make_result):
    result = make_result(score=0.7)
    (row,) = _board(stored("a", result, noise=0.2)).rows
    assert row.score.interval == result.score.interval


def test_unpriced_operators_are_named(stored, make_result):
    (row,) = _board(stored("a", make_result(cost={"unpriced": {"b": 1.0, "a": 2.0}}))).rows
    assert row.unpriced == ("a", "b")
