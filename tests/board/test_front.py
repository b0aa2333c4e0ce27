import numpy as np
import pytest

from harness.board import AXES, band, task_board


def _board(*entries):
    return task_board(entries, "elue", "mrpc")


def test_band_takes_ranked_rows_alone(stored, make_result):
    board = _board(
        stored("small", make_result(score=0.7, flops=1e9), noise=0.01),
        stored("limited", make_result(score=0.99, flops=1e9, limit=5), noise=0.01),
        stored("exact", make_result(score=0.9, flops=2e9)),
    )
    low, high = band(board.rows, AXES["flops"], np.array([5e8, 1e9, 2e9]))
    assert np.isnan(low[0])
    assert low[1] == pytest.approx(0.7 - 0.0196, abs=0.003)
    assert high[1] == pytest.approx(0.7 + 0.0196, abs=0.003)
    assert (low[2], high[2]) == (0.9, 0.9)


def test_band_needs_replicates(stored, make_result):
    assert band(_board(stored("a", make_result())).rows, AXES["flops"], np.ones(1)) is None
