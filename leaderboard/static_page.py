"""The frontier page as one HTML file that needs no server and no network."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
from plotly.offline import get_plotlyjs

from harness.board import AXES
from harness.findings import fail
from harness.numbers import human
from harness.untrusted import printable
from leaderboard.building import made_index
from leaderboard.charts.frontier import Titles, frontier_figure
from leaderboard.index import Index, open_index
from leaderboard.numbers import percent
from leaderboard.palette import LIGHT_THEME
from leaderboard.points import Points, View, points_of
from leaderboard.qualities import QUALITIES

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #17212b; background: #fff; margin: 0 auto; max-width: 1180px;
  padding: 1rem; }
nav a { display: inline-block; margin-right: 1rem; color: #0b5c6b; }
h1 { font-size: 1.6rem; } h2 { margin-top: 2.5rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: 14px; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid #dde3e6; text-align: left; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; color: #51606b; }
"""


def static_page(store: Path, suite: str, tasks: Sequence[str]) -> str:
    """The HTML of a suite's boards: of the tasks named, or of the aggregate and every task.

    Raises:
        ParetoNLPError: no report of the store has results on them.
    """
    index = open_index(made_index(store))
    views = [View(suite, task) for task in tasks or ["", *index.tasks(suite)]]
    boards = [(view, points_of(index, view)) for view in views]
    boards = [(view, points) for view, points in boards if len(points.rows)]
    if not boards:
        raise fail(
            "no-results",
            f"No report in {store} has results on {suite}{'/' * bool(tasks)}{','.join(tasks)}.",
            remedy=f"Make some: paretonlp evaluate {store} --suite {suite}",
        )
    links = "".join(f'<a href="#{_anchor(view)}">{escape(_title(view))}</a>' for view, _ in boards)
    parts = "".join(_section(index, view, points) for view, points in boards)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>ParetoNLP: {escape(suite)}</title><style>{STYLE}</style><script>{get_plotlyjs()}</script></head><body>"
        f"<h1>ParetoNLP: quality against cost on {escape(suite)}</h1><nav>{links}</nav>{parts}"
        "<footer>● on the frontier, ○ shown but not ranked; ±: 95 % bootstrap interval; on frontier: in what share of "
        "the resamples. Hollow markers: the cost is declared, not measured.</footer></body></html>\n"
    )


def _title(view: View) -> str:
    return view.task or "all tasks"


def _anchor(view: View) -> str:
    return f"{view.suite}-{view.task or 'all'}"


def _section(index: Index, view: View, points: Points) -> str:
    axis, quality = AXES[view.cost], QUALITIES[view.quality]
    figure = frontier_figure(points.rows, points.band, LIGHT_THEME, Titles.of(axis, quality.title))
    drawn = figure.to_html(
        include_plotlyjs=False,
        full_html=False,
        config={"displaylogo": False, "responsive": True},
        div_id=f"chart-{_anchor(view)}",  # the same page for the same reports
    )
    notes = "".join(f"<li>{escape(printable(note))}</li>" for note in index.notes.get(f"{view.suite}/{view.task}", []))
    title = f'<h2 id="{_anchor(view)}">{escape(_title(view))}</h2>'
    return f"<section>{title}{drawn}<ul>{notes}</ul>{_table(points.rows)}</section>"


def _table(rows: pd.DataFrame) -> str:
    heads = (
        ("", "submission", "point", "method"),
        ("score", "±", "on frontier", "FLOPs", "parameters"),
        ("cost", "lengths", "answers"),
    )
    kinds = ("", "number", "")
    head = "".join(
        f'<th class="{kind}">{name}</th>' for kind, names in zip(kinds, heads, strict=True) for name in names
    )
    body = "".join(_line(row) for row in rows.itertuples())
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _line(row: Any) -> str:
    mark = "●" if row.on_frontier else "" if row.ranked else "○"
    words = (mark, row.submission, row.point, row.method)
    numbers = (
        percent(row.y, 2),
        percent((row.y_high - row.y_low) / 2),
        "–" if pd.isna(row.probability) else f"{row.probability:.0%}",
        human(row.flops),
        human(row.parameters),
    )
    proofs = (row.cost_provenance, row.lengths_provenance, row.predictions_provenance)
    cells = [f"<td>{escape(printable(str(word)))}</td>" for word in words]
    cells += [f'<td class="number">{number}</td>' for number in numbers]
    cells += [f"<td>{escape(proof)}</td>" for proof in proofs]
    return f"<tr>{''.join(cells)}</tr>"
