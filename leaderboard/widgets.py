"""Pieces that several pages are made of."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from harness.export import to_csv
from harness.untrusted import printable
from leaderboard.drawing import draw
from leaderboard.palette import DARK_THEME, LIGHT_THEME, Theme

CLAIMS: Mapping[str, tuple[str, Literal["green", "orange"], str]] = {
    "measured": ("cost measured", "green", "The harness traced the model and priced what ran."),
    "confirmed": ("lengths confirmed", "green", "The harness computed the sizes again from the texts."),
    "reproduced": ("answers reproduced", "green", "The harness ran the priced graph again and got the same answers."),
    "self-reported": ("cost self-reported", "orange", "Its control flow depends on values: its own process counted."),
}

CONFIG: dict[str, Any] = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}
"""Of plotly, for every chart."""

_BUTTONS = """
<span class="paretonlp-save">
  <button type="button" data-format="svg">SVG</button><button type="button" data-format="png">PNG</button>
</span>
<style>
.paretonlp-save {{ display: flex; gap: .5rem; }}
.paretonlp-save button {{ font: inherit; font-size: .875rem; color: inherit; background: none; cursor: pointer;
  border: 1px solid color-mix(in srgb, currentColor 18%, transparent); border-radius: .4rem;
  padding: .25rem .75rem; min-height: 2.5rem; }}
.paretonlp-save button:hover, .paretonlp-save button:focus-visible {{ border-color: currentColor; }}
</style>
<script>
(() => {{
  const chart = () => document.querySelector(".st-key-{key} .js-plotly-plot");
  for (const button of document.querySelectorAll(".st-key-{key}-save .paretonlp-save button")) {{
    button.onclick = () => {{
      const plot = chart();
      plot._context.toImageButtonOptions = {{format: button.dataset.format, filename: "{name}", scale: 2}};
      plot.querySelector('.modebar-btn[data-title^="Download plot"]').click();
    }};
  }}
}})();
</script>
"""
"""Plotly's own button saves one format, the one that its options name: these two set it first."""


def theme() -> Theme:
    """The theme that the reader's browser shows."""
    return DARK_THEME if st.context.theme.type == "dark" else LIGHT_THEME


def chart(figure: go.Figure, key: str, name: str, alt: str) -> None:
    """A chart with its downloads below.

    Args:
        figure: what to show.
        key: unique on the page, of letters and ``-``.
        name: of the files, without extension.
        alt: for those who do not see it.

    """
    st.plotly_chart(figure, key=key, theme=None, config=CONFIG, alt=alt)
    _saves(figure, key, name)


def clickable_chart(figure: go.Figure, key: str, name: str, alt: str) -> int | None:
    """A chart of lines and markers, however many; returns the number that a point carries when it is clicked."""
    clicked = draw(figure, key, alt, CONFIG)
    _saves(figure, key, name)
    return clicked


def _saves(figure: go.Figure, key: str, name: str) -> None:
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
    with st.container(horizontal=True, key=f"{key}-save", gap="xsmall"):
        st.html(_BUTTONS.format(key=key, name=name), width="content", unsafe_allow_javascript=True)
        st.download_button(
            "HTML",
            lambda: figure.to_html(include_plotlyjs=True, config=CONFIG),
            f"{name}.html",
            "text/html",
            key=f"{key}-html",
            on_click="ignore",
        )


def table(
    rows: pd.DataFrame,
    name: str,
    key: str,
    *,
    counts: Mapping[str, str] = MappingProxyType({}),
    column_config: Mapping[str, Any] = MappingProxyType({}),
    placeholder: str = "–",
) -> None:
    """A table that can be sorted and searched, with its CSV below.

    Args:
        rows: what it shows.
        name: of the CSV, without extension.
        key: unique on the page.
        counts: columns of large numbers, and their unit. They are shown in millions, which the heading says
            (Streamlit's own short form has a B for a billion); the CSV has them as they are.
        column_config: how other columns are shown.
        placeholder: where there is nothing.

    """
    headings = {column: f"{column} (M{unit})" for column, unit in counts.items()}
    shown = rows.assign(**{column: rows[column].astype(float) / 1e6 for column in counts}).rename(columns=headings)
    millions = dict.fromkeys(headings.values(), st.column_config.NumberColumn(format="%.4g"))
    config = {**column_config, **millions}
    st.dataframe(shown, hide_index=True, key=key, placeholder=placeholder, column_config=config)
    st.download_button(
        "CSV",
        lambda: to_csv(rows.astype(object).where(rows.notna(), None).to_dict("records")),
        f"{name}.csv",
        "text/csv",
        key=f"{key}-csv",
        on_click="ignore",
        icon=":material/table:",
    )


def badges(cost: str, lengths: str, answers: str) -> None:
    """What the harness proved, and what it only was told."""
    told = {"cost": cost, "lengths": lengths, "answers": answers}
    with st.container(horizontal=True, gap="small"):
        for what, claim in told.items():
            if claim in CLAIMS:
                label, colour, why = CLAIMS[claim]
                icon = ":material/verified:" if colour == "green" else ":material/help:"
                st.badge(label, icon=icon, color=colour, help=why)
            else:
                st.badge(f"{what} declared", color="gray", help="Taken from the submission, not checked.")


def markdown(text: str) -> str:
    """Somebody's words as they are: nothing in them is markup, a link or mathematics."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^])", r"\\\1", printable(" ".join(text.split())))


def safe_link(text: str) -> str:
    """An address as a link, other words as they are."""
    if re.fullmatch(r"https?://[^\s<>()\[\]\"'`\\]+", text):
        return f"[{markdown(text.partition('://')[2])}](<{text}>)"
    return markdown(text) or "–"
