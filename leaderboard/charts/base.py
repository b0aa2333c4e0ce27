"""What all charts share."""

from typing import Any

import plotly.graph_objects as go

from leaderboard.palette import Theme

TICKS = {"tickformat": "~s", "nticks": 6}
"""Of axes of large numbers: 500k, 200M, 1.5G, as they are written everywhere; few enough to stand beside each other."""


def figure(theme: Theme, height: int = 420, **layout: Any) -> go.Figure:
    """An empty figure in the theme; room for labels is made as they need it."""
    made = go.Figure()
    made.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        font={"family": "system-ui, sans-serif", "size": 13, "color": theme.text},
        paper_bgcolor=theme.background,
        plot_bgcolor=theme.background,
        hoverlabel={"bgcolor": theme.background, "bordercolor": theme.line, "font": {"color": theme.text}},
        legend={"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0, "title": None},
        hovermode="closest",
    )
    axis = {"gridcolor": theme.line, "linecolor": theme.line, "zeroline": False, "automargin": True, "showline": True}
    made.update_xaxes(**axis)
    made.update_yaxes(**axis)
    made.update_layout(**layout)
    return made


def note(made: go.Figure, text: str) -> go.Figure:
    """The figure with a line of text in its middle: why there is nothing to see."""
    made.add_annotation(text=text, showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5, font={"size": 15})
    made.update_xaxes(visible=False)
    made.update_yaxes(visible=False)
    return made
