"""Boards as tables, and tables as CSV, JSON and Markdown.

A table is a list of records with the same keys; its values are text, numbers, booleans or None.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from harness.board import AXES, Board, Row, Standing
from harness.elue_score import Estimate

Value: TypeAlias = str | float | int | bool | None
Table: TypeAlias = Sequence[Mapping[str, Value]]


def rows_table(board: Board) -> list[dict[str, Value]]:
    """One record for each operating point of a board; scores are fractions."""
    return [_row_record(row) for row in board.rows]


def _row_record(row: Row) -> dict[str, Value]:
    return {
        "submission": row.submission,
        "method": row.method,
        "backbone": row.backbone,
        "point": row.point,
        **_estimate("score", row.score),
        **{name: row.costs[name] for name in AXES},
        "ranked": row.ranked,
        "on_frontier": row.on_frontier,
        "frontier_probability": row.frontier_probability,
        "hypervolume_contribution": row.hypervolume_contribution,
        "elue_difference": row.elue.difference if row.elue else None,
        "inside_reference": row.elue.inside if row.elue else None,
        "cost_provenance": row.marks.cost,
        "lengths_provenance": row.marks.lengths,
        "predictions_provenance": row.marks.predictions,
        "parameters_provenance": row.marks.parameters,
        "partial": "; ".join(row.partial),
        "not_ranked_because": "; ".join(row.not_ranked),
    }


def standings_table(board: Board) -> list[dict[str, Value]]:
    """One record for each submission of a board, the best first; ELUE scores are fractions."""
    return [_standing_record(standing) for standing in board.standings]


def _standing_record(standing: Standing) -> dict[str, Value]:
    return {
        "submission": standing.submission,
        "method": standing.method,
        "points": standing.points,
        "ranked_points": standing.ranked_points,
        "parameters": standing.parameters,
        **_estimate("elue_score", standing.elue.all_points if standing.elue else None),
        **_estimate("elue_score_ranked", standing.elue.ranked if standing.elue else None),
        "hypervolume": standing.hypervolume,
    }


def _estimate(name: str, figure: Estimate | None) -> dict[str, Value]:
    interval = figure.interval if figure else None
    return {
        name: figure.value if figure else None,
        f"{name}_low": interval.low if interval else None,
        f"{name}_high": interval.high if interval else None,
    }


def to_csv(table: Table) -> str:
    """The table as CSV with a header; None is empty. Text that a spreadsheet would run is quoted."""
    stream = io.StringIO()
    if table:
        writer = csv.DictWriter(stream, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in record.items()} for record in table)
    return stream.getvalue()


def _cell(value: Value) -> Value:
    if isinstance(value, float):
        return f"{value:.12g}"
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value


def to_json(table: Table) -> str:
    """The table as a JSON list, one record a line."""
    records = [json.dumps(dict(record), ensure_ascii=False) for record in table]
    return "[\n" + ",\n".join(records) + "\n]\n" if records else "[]\n"


def to_markdown(table: Table) -> str:
    """The table as Markdown for people: numbers shortened, None an empty cell."""
    if not table:
        return ""
    lines = [list(table[0]), ["---"] * len(table[0])]
    lines += [[_shown(value) for value in record.values()] for record in table]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _shown(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return _shortened(value)
        case _:
            return " ".join(value.split()).replace("|", "\\|").replace("<", "&lt;")


def _shortened(number: float) -> str:
    for factor, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if abs(number) >= factor:
            return f"{number / factor:.4g}{prefix}"
    return f"{number:,}" if isinstance(number, int) else f"{number:.4g}"
