"""Home: quality against cost, and who is on the frontier."""

import streamlit as st

from harness.board import AXES
from harness.numbers import human
from leaderboard.index import Index
from leaderboard.numbers import amount, percent, steps
from leaderboard.points import Points, View, best_within, points_of
from leaderboard.qualities import QUALITIES
from leaderboard.sections import show_chart, show_notes, show_points, show_submissions
from leaderboard.state import choose_view
from leaderboard.store import open_store
from leaderboard.widgets import markdown

UNITS = {"": "parameters", "B": "bytes"}  # other units are words


def page() -> None:
    """The whole page."""
    st.title("What does quality cost?")
    st.caption(
        "Compressed NLP models: FLOPs and parameters of every sample measured by the harness, scores with intervals, "
        "and the frontier of those that nothing beats."
    )
    index = open_store()
    _findings(index)
    if index.rows.empty:
        st.info("No report yet. Make some: `paretonlp evaluate submissions --suite probe`", icon=":material/inbox:")
        return
    view = choose_view(index)
    points = points_of(index, view)
    _answer(points, view)
    show_chart(index, points, view)
    show_notes(index, view, points)
    st.subheader("Operating points")
    show_points(points, view)
    st.subheader("Submissions")
    show_submissions(index, points, view)


def _findings(index: Index) -> None:
    """Reports that cannot be read are named; the rest is up."""
    for finding in index.findings:
        st.warning(markdown(finding), icon=":material/report:")


def _answer(points: Points, view: View) -> None:
    """The best model under a budget."""
    axis = AXES[view.cost]
    ranked = points.rows[points.rows["ranked"] & (points.rows["x"] > 0)]
    options = steps(ranked["x"].min(), ranked["x"].max()) if len(ranked) else []
    if not options:
        return
    labels = {human(option): option for option in options}
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        chosen = st.select_slider(
            f"What is the best model under … {UNITS.get(axis.unit, axis.unit)}?",
            list(labels),
            value=human(options[-1]),
            key="budget",
            bind="query-params",
        )
    best = best_within(points, labels[chosen])
    with right:
        if best is None:
            st.markdown(f"Nothing costs less than {chosen}.")
            return
        st.markdown(
            f"**{markdown(best['submission'])}** {markdown(best['point'])}: "
            f"{QUALITIES[view.quality].title} **{percent(best['y'])}** "
            f"[{percent(best['y_low'])}, {percent(best['y_high'])}] at {amount(best['x'], axis.unit or 'parameters')}"
        )
        st.page_link(
            "screens/submission.py",
            label="Open it",
            icon=":material/open_in_new:",
            query_params={"name": best["submission"]},
        )


page()
