"""Where the FLOPs go: by module, by operator."""

from collections.abc import Mapping

import plotly.graph_objects as go

from harness.numbers import human
from harness.report import Work
from leaderboard.charts.base import TICKS, figure, note
from leaderboard.charts.hover import safe
from leaderboard.palette import Theme

LEAST = 0.002
"""Operators with a smaller share are drawn as one."""


def module_figure(by_module: Mapping[str, Work], theme: Theme, colour: str) -> go.Figure:
    """An icicle of modules; a module's box holds its children's and its own work."""
    made = figure(theme, 460)
    if not by_module:
        return note(made, "No work by module: the cost is declared")
    own, totals = _tree({name: work.flops for name, work in by_module.items()})
    whole = totals[""]
    names = list(totals)
    made.add_icicle(
        ids=[name or "." for name in names],
        labels=[safe(name.rpartition(".")[2]) or "model" for name in names],
        parents=["" if not name else name.rpartition(".")[0] or "." for name in names],
        values=[totals[name] for name in names],
        branchvalues="total",
        marker={
            "colors": [totals[name] / whole if whole else 0 for name in names],
            "colorscale": [[0, theme.background], [1, colour]],
            "line": {"color": theme.line, "width": 1},
        },
        hovertext=[
            f"<b>{safe(name) or 'model'}</b><br>"
            f"{human(totals[name])} FLOPs a sample ({totals[name] / (whole or 1):.1%})<br>"
            f"{human(own.get(name, 0.0))} of its own"
            for name in names
        ],
        hoverinfo="text",
        textinfo="label+percent root",
        maxdepth=5,
    )
    made.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})
    return made


def _tree(flops: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Each module's own FLOPs, and its own with its children's; the model is the empty name."""
    totals: dict[str, float] = {"": 0.0}
    for name, cost in flops.items():
        parts = name.split(".") if name else []
        for depth in range(len(parts) + 1):
            place = ".".join(parts[:depth])
            totals[place] = totals.get(place, 0.0) + cost
    return dict(flops), totals


def operator_figure(by_operator: Mapping[str, Work], theme: Theme, colour: str) -> go.Figure:
    """FLOPs by operator, the dearest on top."""
    made = figure(theme, 320)
    whole = sum(work.flops for work in by_operator.values())
    if not whole:
        return note(made, "No work by operator: the cost is declared")
    shown = {name: work.flops for name, work in by_operator.items() if work.flops >= LEAST * whole}
    rest = whole - sum(shown.values())
    if rest > 0:
        shown["others"] = rest
    names = sorted(shown, key=lambda name: shown[name])
    made.add_bar(
        x=[shown[name] for name in names],
        y=[safe(name.removeprefix("aten.")) for name in names],
        orientation="h",
        marker={"color": colour},
        text=[f"{shown[name] / whole:.1%}" for name in names],
        hovertext=[f"{safe(name)}: {human(shown[name])} FLOPs a sample" for name in names],
        hoverinfo="text",
    )
    made.update_xaxes(title="FLOPs of a sample", **TICKS)
    made.update_layout(height=80 + 26 * len(names))
    return made
