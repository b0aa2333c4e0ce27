"""Differences with their intervals, one line a task."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from leaderboard.charts.base import figure
from leaderboard.charts.hover import safe
from leaderboard.palette import Theme


@dataclass(frozen=True, slots=True)
class Line:
    """A difference of two scores on a task, fractions."""

    label: str
    difference: float
    low: float
    high: float
    colour: str


def forest_figure(lines: Sequence[Line], theme: Theme, title: str) -> go.Figure:
    """Points of percent; where an interval leaves out 0, the two differ. A line's label is above it: there is room."""
    made = figure(theme, 100 + 40 * len(lines))
    labels = [safe(line.label) for line in lines]
    made.add_vline(x=0, line={"color": theme.text, "width": 1})
    made.add_scatter(
        x=[100 * line.difference for line in lines],
        y=labels,
        mode="markers",
        marker={"color": [line.colour for line in lines], "size": 10, "symbol": "diamond"},
        hovertext=[
            f"{label}: {100 * line.difference:+.2f} [{100 * line.low:+.2f}, {100 * line.high:+.2f}]"
            for label, line in zip(labels, lines, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    for label, line in zip(labels, lines, strict=True):
        made.add_scatter(
            x=[100 * line.low, 100 * line.high],
            y=[label, label],
            mode="lines",
            line={"color": line.colour, "width": 3},
            hoverinfo="skip",
            showlegend=False,
        )
        place = {"xref": "paper", "x": 0, "xanchor": "left", "y": label, "yshift": 13}
        made.add_annotation(text=label, showarrow=False, font={"size": 12}, **place)
    ends = [100 * end for line in lines for end in (line.low, line.high)] + [0.0]
    room = 0.05 * (max(ends) - min(ends)) or 1.0
    made.update_xaxes(title=safe(title).replace("\n", "<br>"), range=[min(ends) - room, max(ends) + room])
    made.update_yaxes(
        autorange="reversed", categoryorder="array", categoryarray=labels, showticklabels=False, showline=False
    )
    return made
