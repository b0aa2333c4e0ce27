import csv
import io
import json

import pandas as pd
import pytest

from harness.board import task_board
from harness.export import (
    rows_table,
    standings_table,
    to_csv,
    to_json,
    to_markdown,
)
from harness.store import Stored


@pytest.fixture
def board(make_report, make_result):
    reports = [
        make_report(
            "elastic",
            make_result(point="p3", score=0.7, flops=1e9),
            make_result(point="p6", score=0.8, flops=2e9),
        ),
        make_report("mine", make_result(score=0.78, flops=1.5e9, limit=9), backbone="=HYPERLINK()"),
    ]
    return task_board([Stored(report) for report in reports], "elue", "mrpc", reference="elastic")


def test_rows_become_records(board):
    records = {(r["submission"], r["point"]): r for r in rows_table(board)}
    full = records["elastic", "p6"]
    assert (full["score"], full["score_low"], full["score_high"]) == pytest.approx((0.8, 0.79, 0.81))
    assert (full["flops"], full["parameters"], full["nonzero"]) == (2e9, 50_000_000, None)
    assert (full["ranked"], full["on_frontier"]) == (True, True)
    mine = records["mine", "full"]
    assert mine["not_ranked_because"] == "only the first 9 rows were evaluated"
    assert mine["partial"] == "mrpc, 9 of 1,725"


def test_standings_become_records(board):
    first = standings_table(board)[0]
    assert (first["submission"], first["points"], first["elue_score"]) == ("elastic", 2, 0.0)
    assert first["elue_score_low"] is None
    assert standings_table(board)[1]["elue_score"] is None


def test_csv_is_read_back_by_pandas(board):
    table = rows_table(board)
    frame = pd.read_csv(io.StringIO(to_csv(table)))
    assert list(frame.columns) == list(table[0])
    assert frame["flops"].tolist() == [1e9, 1.5e9, 2e9]
    assert frame["nonzero"].isna().all()


def test_csv_runs_nothing_in_a_spreadsheet(board):
    rows = list(csv.DictReader(io.StringIO(to_csv(rows_table(board)))))
    assert "'=HYPERLINK()" in {row["backbone"] for row in rows}
    assert to_csv([{"a": -0.5, "b": "-x"}]) == "a,b\n-0.5,'-x\n"


def test_json_is_the_table(board):
    assert json.loads(to_json(rows_table(board))) == rows_table(board)
    assert json.loads(to_json([])) == []


def test_markdown_is_short_and_cannot_be_broken_out_of():
    table = [{"name": "a|b\n<script>", "flops": 1.0613e9, "n": 1234, "x": 0.123456, "ok": True, "no": None}]
    assert to_markdown(table).splitlines() == [
        "| name | flops | n | x | ok | no |",
        "| --- | --- | --- | --- | --- | --- |",
        r"| a\|b &lt;script> | 1.061G | 1,234 | 0.1235 | yes |  |",
    ]


def test_empty_tables_are_empty():
    assert (to_csv([]), to_markdown([])) == ("", "")
