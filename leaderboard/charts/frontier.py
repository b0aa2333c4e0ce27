"""Quality against cost: points, curves, the frontier and its band."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from harness.board import Axis
from harness.frontier import pareto_front
from leaderboard.charts.base import TICKS, figure, note
from leaderboard.charts.hover import FIXED, hover, safe
from leaderboard.numbers import amount, percent
from leaderboard.palette import Mark, Theme, marks
from leaderboard.published.reading import PAPER, PRICED, SPEEDUP

MANY = 1500
"""From here on the points that are not on the frontier are a crowd: dots on a canvas, without lines and intervals of
their own, that say the least of themselves. A browser would draw for seconds else."""

DECADES = 300.0
"""Costs further apart than this are labelled by powers of ten alone."""

WORK = ("FLOPs", "MACs")
"""Units of costs that are those of a sample."""

REPORTED = {PRICED: "x-open", SPEEDUP: "cross-open", PAPER: "circle-open"}
"""The mark of a published row, by where its cost comes from."""

COLUMNS = (
    *("method", "submission", "x", "y", "y_low", "y_high", "ranked", "not_ranked", "on_frontier", "probability"),
    *("cost_provenance", *FIXED),
)
"""What is read of ``leaderboard.points.Points.rows``."""


@dataclass(frozen=True, slots=True)
class Titles:
    """Of the axes, and the unit of a cost."""

    cost: str
    quality: str
    unit: str

    @classmethod
    def of(cls, axis: Axis, quality: str) -> "Titles":
        """Those of a cost, over a quality."""
        return cls(axis.title, quality, axis.unit or "parameters")

    @property
    def cost_axis(self) -> str:
        """What is written along the axis of the cost."""
        if self.unit == "B":
            return f"{self.cost} (bytes)"
        return f"{self.cost} per sample" if self.unit in WORK else self.cost


def frontier_figure(
    rows: pd.DataFrame,
    band: pd.DataFrame,
    theme: Theme,
    titles: Titles,
    reported: pd.DataFrame | None = None,
    height: int = 560,
) -> go.Figure:
    """Operating points of all submissions over a logarithmic cost.

    Args:
        rows: ``leaderboard.points.Points.rows``; those without a cost are left out.
        band: ``x``, ``low``, ``high`` of the frontier's band.
        theme: light or dark.
        titles: of the axes.
        reported: rows from papers: ``method``, ``variant``, ``x``, ``y``, ``source``, ``kind``, ``cost_source``
            (``leaderboard.published.reading.reported``); those without a cost are left out.
        height: in pixels.

    """
    shown = rows.loc[rows["x"].notna() & rows["y"].notna() & (rows["x"] > 0), list(COLUMNS)]
    made = figure(theme, height)
    made.update_xaxes(type="log", title=titles.cost_axis, **TICKS)
    made.update_yaxes(title=f"{titles.quality} (%)")
    published = shown[:0] if reported is None else reported[reported["x"] > 0]
    costs = pd.concat([shown["x"], published["x"]]).astype(float)
    if len(costs) and costs.max() > DECADES * costs.min():
        made.update_xaxes(dtick=1)  # powers of ten alone
    if costs.empty:
        return note(made, "No point to show: loosen the filters")
    _add_band(made, band, theme)
    _add_frontier(made, shown, theme)
    drawn = marks(shown["method"], theme)
    for method, own in shown.groupby("method", sort=True):
        _add_method(made, str(method), own, drawn[str(method)], titles, few=len(shown) <= MANY)
    if len(published):
        _add_reported(made, published, theme, titles)
    return made


def _add_band(made: go.Figure, band: pd.DataFrame, theme: Theme) -> None:
    if band.empty:
        return
    style = {"mode": "lines", "line": {"width": 0, "shape": "hv"}, "hoverinfo": "skip", "legendgroup": "band"}
    made.add_scatter(x=band["x"], y=100 * band["high"], showlegend=False, **style)
    made.add_scatter(x=band["x"], y=100 * band["low"], fill="tonexty", fillcolor=theme.band, name="95 % band", **style)


def _add_frontier(made: go.Figure, rows: pd.DataFrame, theme: Theme) -> None:
    front = rows[rows["on_frontier"]].sort_values("x")
    if front.empty:
        return
    end = rows["x"].max()
    made.add_scatter(
        x=[*front["x"], end],
        y=100 * np.array([*front["y"], front["y"].max()]),
        mode="lines",
        line={"shape": "hv", "width": 2, "color": theme.text},
        name="frontier",
        hoverinfo="skip",
        legendgroup="frontier",
    )


def _add_method(made: go.Figure, name: str, rows: pd.DataFrame, mark: Mark, titles: Titles, few: bool) -> None:
    """The markers of a method's points, and under them the curves of its submissions, or its crowd."""
    legend: dict[str, Any] = {"name": safe(name), "legendgroup": name}
    measured = rows["cost_provenance"] == "measured"
    alone = pd.Series(few, index=rows.index) | rows["on_frontier"]
    if few:
        x, y = _curves(rows)
        line = {"color": mark.colour, "width": 1, "dash": "dot"}
        made.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", **legend, showlegend=False)
    for own, hollow in ((rows[~alone & measured], ""), (rows[~alone & ~measured], "-open")):
        if len(own):
            made.add_trace(_crowd(own, f"circle{hollow}", mark.colour, titles, legend))
            legend["showlegend"] = False
    for own, symbol in ((rows[alone & measured], mark.symbol), (rows[alone & ~measured], mark.hollow)):
        if len(own):  # one symbol a trace: plotly checks lists of symbols one by one
            made.add_trace(_markers(own, symbol, mark.colour, titles, legend))
            legend["showlegend"] = False


def _crowd(rows: pd.DataFrame, symbol: str, colour: str, titles: Titles, legend: Mapping[str, Any]) -> go.Scattergl:
    """Circles: a canvas has to work out the shape of any other symbol first."""
    return go.Scattergl(
        x=rows["x"].to_numpy(float),
        y=100 * rows["y"].to_numpy(float),
        mode="markers",
        marker={"color": colour, "size": 6, "symbol": symbol, "opacity": _opacity(rows)},
        customdata=rows.index.to_numpy(),
        text=np.array(rows[FIXED[0]].tolist()),  # as above
        hovertemplate=f"%{{text}}{titles.quality} %{{y:.2f}}<br>{titles.cost} %{{x:.3s}}<extra></extra>",
        **legend,
    )


def _markers(rows: pd.DataFrame, symbol: str, colour: str, titles: Titles, legend: Mapping[str, Any]) -> go.Scatter:
    y = 100 * rows["y"].to_numpy(float)
    errors = {
        "type": "data",
        "symmetric": False,
        "array": 100 * rows["y_high"].to_numpy(float) - y,
        "arrayminus": y - 100 * rows["y_low"].to_numpy(float),
        "width": 0,
        "thickness": 1,
        "color": colour,
    }
    return go.Scatter(
        x=rows["x"].to_numpy(float),
        y=y,
        mode="markers",
        marker={
            "color": colour,
            "size": np.where(rows["on_frontier"], 12, 8),
            "symbol": symbol,
            "line": {"width": 1, "color": colour},
            "opacity": _opacity(rows),
        },
        error_y=errors,
        customdata=rows.index.to_numpy(),  # a row is known by its number
        hovertext=np.array(hover(rows, titles.quality, titles.cost, titles.unit)),  # a list is checked one by one
        hoverinfo="text",
        **legend,
    )


def _opacity(rows: pd.DataFrame) -> Any:
    return 1.0 if rows["ranked"].all() else np.where(rows["ranked"], 1.0, 0.45)


def _curves(rows: pd.DataFrame) -> tuple[list[float | None], list[float | None]]:
    """The best of each submission's points, joined by rising cost; None parts two submissions."""
    x: list[float | None] = []
    y: list[float | None] = []
    for _, own in rows.groupby("submission", sort=True):
        best = own[pareto_front(own["x"], own["y"])].sort_values("x")
        x += [*best["x"], None]
        y += [*(100 * best["y"]), None]
    return x[:-1], y[:-1]


def _add_reported(made: go.Figure, rows: pd.DataFrame, theme: Theme, titles: Titles) -> None:
    """Published rows: hollow marks without a colour, by where their cost comes from; no line ever joins them."""
    for kind, own in rows.groupby("kind", sort=True):
        made.add_scatter(
            x=own["x"],
            y=100 * own["y"],
            mode="markers",
            name=f"published, {kind}",
            showlegend=True,  # alone, too
            marker={"symbol": REPORTED[str(kind)], "size": 9, "color": theme.text, "line": {"width": 1.5}},
            opacity=0.75,
            hovertext=[
                f"<b>{safe(row.method)}</b> {safe(row.variant)}<br>"
                f"{titles.quality} {percent(row.y, 2)}, as published<br>"
                f"{amount(row.x, titles.unit)}: {safe(row.cost_source)}<br>{safe(row.source)}"
                for row in own.itertuples()
            ],
            hoverinfo="text",
        )
