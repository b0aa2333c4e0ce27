"""The chart of the frontier, drawn by the part of plotly.js that it needs.

Streamlit's own charts bring all of plotly.js, a second of a browser's time before anything is drawn, and draw each
figure twice. ``static/plotly-gl2d.min.js`` is a third of it: plotly.js's own bundle of lines, markers and canvases.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

BUNDLE = Path(__file__).parent / "static" / "plotly-gl2d.min.js"
"""As published in plotly.js 4.1.1; another major version of plotly needs another one."""

WARM_UP = BUNDLE.with_name("warm-up.js")
"""Has a browser start its part of it early."""

_SCRIPT = (Path(__file__).parent / "drawing.js").read_text("utf-8")
_show = st.components.v2.component("paretonlp_chart", js=_SCRIPT, isolate_styles=False)


def draw(figure: go.Figure, key: str, alt: str, config: Mapping[str, Any]) -> int | None:
    """Show a figure; returns the number that a point carries when it is clicked."""
    about = json.dumps({"config": {**config, "responsive": True}, "alt": alt})
    data = f'{{"figure": {figure.to_json()}, {about[1:]}'.encode()  # bytes are sent as they are, and not encoded again
    clicked = _show(key=key, data=data, on_clicked_change=lambda: None).clicked
    return None if clicked is None else int(clicked)
