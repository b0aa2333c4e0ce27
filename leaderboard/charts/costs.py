"""What samples cost: the distribution, where they leave, and cost against length."""

import numpy as np
import plotly.graph_objects as go

from harness.numbers import human
from harness.report import PathCosts
from leaderboard.charts.base import TICKS, figure, note
from leaderboard.palette import Theme

BINS = 40


def distribution_figure(paths: PathCosts, theme: Theme, colour: str) -> go.Figure:
    """How many samples cost how many FLOPs."""
    made = figure(theme, 300)
    if not paths.flops:
        return note(made, "The cost is declared: only its mean is known")
    low, high = min(paths.flops), max(paths.flops)
    ends = low, max(high, low + BINS, low * (1 + 1e-12))  # whole numbers, and as far apart as floats can tell
    counts, edges = np.histogram(paths.flops, BINS, ends, weights=paths.samples)
    made.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=np.diff(edges),
        marker={"color": colour},
        hovertext=[
            f"{count:,.0f} samples<br>{human(low)} to {human(high)} FLOPs"
            for count, low, high in zip(counts, edges[:-1], edges[1:], strict=True)
        ],
        hoverinfo="text",
    )
    made.update_layout(bargap=0)
    made.update_xaxes(title="FLOPs of a sample", **TICKS)
    made.update_yaxes(title="samples")
    return made


def exits_figure(paths: PathCosts, theme: Theme, colour: str) -> go.Figure:
    """How many samples leave behind which stage."""
    made = figure(theme, 300)
    stages = np.array(paths.exit_stage or ())
    samples = np.bincount(stages, weights=paths.samples).astype(int)[1:]
    numbers = np.arange(1, len(samples) + 1)
    made.add_bar(
        x=numbers,
        y=samples,
        marker={"color": colour},
        hovertext=[
            f"{count:,} samples ({count / samples.sum():.1%}) leave at stage {number}"
            for number, count in zip(numbers, samples, strict=True)
        ],
        hoverinfo="text",
    )
    made.update_xaxes(title="stage", dtick=1, showgrid=False)
    made.update_yaxes(title="samples")
    return made


def length_figure(paths: PathCosts, size: str, theme: Theme, colour: str) -> go.Figure:
    """FLOPs of each distinct path over one of its sizes; the marker's area is the number of samples."""
    made = figure(theme, 300)
    sizes, flops, samples = np.array(paths.sizes[size]), np.array(paths.flops), np.array(paths.samples)
    stages = np.array(paths.exit_stage) if paths.exit_stage else np.zeros(len(sizes), int)
    made.add_scatter(
        x=sizes,
        y=flops,
        mode="markers",
        marker={
            "color": stages if paths.exit_stage else colour,
            "colorscale": theme.ramp,
            "showscale": bool(paths.exit_stage),
            "colorbar": {"title": "stage", "dtick": 1, "thickness": 12},
            "size": 4 + 14 * np.sqrt(samples / samples.max()),
            "line": {"width": 0.5, "color": theme.background},
        },
        hovertext=[
            f"{size} {length}{f', stage {stage}' if stage else ''}<br>{human(float(cost))} FLOPs<br>{count:,} samples"
            for length, cost, count, stage in zip(sizes, flops, samples, stages, strict=True)
        ],
        hoverinfo="text",
        showlegend=False,
    )
    made.update_xaxes(title=size)
    made.update_yaxes(title="FLOPs", rangemode="tozero", **TICKS)
    return made
