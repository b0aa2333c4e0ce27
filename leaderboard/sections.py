"""Parts of a board that the pages of suites and of tasks share."""

from functools import lru_cache

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from harness.board import AXES
from leaderboard.charts.frontier import Titles, frontier_figure
from leaderboard.index import Index
from leaderboard.palette import Theme
from leaderboard.points import Points, View, area, points_of
from leaderboard.qualities import QUALITIES
from leaderboard.widgets import clickable_chart, markdown, table, theme


@lru_cache(maxsize=4)
def figure_of(index: Index, view: View, theme: Theme) -> go.Figure:
    """Quality against cost, the same for all visitors."""
    axis, quality, points = AXES[view.cost], QUALITIES[view.quality], points_of(index, view)
    return frontier_figure(points.rows, points.band, theme, Titles.of(axis, quality.title))


def show_chart(index: Index, points: Points, view: View) -> None:
    """Quality against cost; a click on a point opens its submission."""
    axis, quality = AXES[view.cost], QUALITIES[view.quality]
    clicked = clickable_chart(
        figure_of(index, view, theme()),
        "frontier",
        f"frontier-{view.suite}-{view.task or 'all'}-{view.cost}",
        f"{quality.title} against {axis.title} of {len(points.rows)} operating points, with the Pareto frontier",
    )
    if clicked in points.rows.index:
        st.switch_page("screens/submission.py", query_params={"name": points.rows.at[clicked, "submission"]})


def show_notes(index: Index, view: View, points: Points) -> None:
    """How to read the chart, and what to know before comparing its points."""
    hollow = (
        "Hollow: the cost is declared, not measured. Faint: shown, not ranked. Click a point to open its submission."
    )
    st.caption(hollow + (f" {points.hidden} points are filtered out." if points.hidden else ""))
    if view.quality == "elue" and view.suite in index.references:
        st.caption(f"The reference curve is that of {markdown(index.references[view.suite])}.")
    tasks = [view.task] if view.task else index.tasks(view.suite)
    notes = [note for task in tasks for note in index.notes.get(f"{view.suite}/{task}", [])]
    missing = index.incomplete[index.incomplete["suite"] == view.suite] if not view.task else index.incomplete[:0]
    if notes or len(missing):
        with st.expander(f"{len(notes) + len(missing)} notes"):
            for note in notes:
                st.markdown(f"- {markdown(note)}")
            for row in missing.itertuples():
                st.markdown(
                    f"- {markdown(str(row.submission))} {markdown(str(row.point))} lacks {markdown(str(row.missing))}: "
                    "it has no aggregate"
                )


def show_points(points: Points, view: View) -> None:
    """A line an operating point."""
    rows, axis, quality = points.rows, AXES[view.cost], QUALITIES[view.quality]
    shown = pd.DataFrame(
        {
            "frontier": rows["on_frontier"].map({True: "●", False: ""}).where(rows["ranked"], "○"),
            "submission": rows["submission"],
            "point": rows["point"],
            "method": rows["method"],
            quality.title: 100 * rows["y"],
            "low": 100 * rows["y_low"],
            "high": 100 * rows["y_high"],
            axis.title: rows["x"],
            **({} if view.cost == "parameters" else {"Parameters": rows["parameters"]}),
            "on frontier": 100 * rows["probability"],
            "hypervolume share": 100 * rows["contribution"],
            "cost": rows["cost_provenance"],
            "lengths": rows["lengths_provenance"],
            "answers": rows["predictions_provenance"],
            "backbone": rows["backbone"],
            "data": rows["partial"],
            "not ranked because": rows["not_ranked"],
        }
    )
    percents = dict.fromkeys((quality.title, "low", "high"), st.column_config.NumberColumn(format="%.2f"))
    table(
        shown,
        f"points-{view.suite}-{view.task or 'all'}",
        "points",
        counts={"Parameters": "", axis.title: axis.unit if axis.unit == "B" else ""},
        column_config={
            "frontier": st.column_config.TextColumn(help="● on the frontier, ○ shown but not ranked", width="small"),
            **percents,
            "on frontier": st.column_config.NumberColumn(
                format="%.0f %%", help="In what share of the resamples the point is on the frontier"
            ),
            "hypervolume share": st.column_config.NumberColumn(
                format="%.2f %%", help="What share of the board's box only this point dominates"
            ),
        },
    )


def show_submissions(index: Index, points: Points, view: View) -> None:
    """A line a submission: its ELUE score, and the area that its points dominate."""
    own = index.elue[(index.elue["suite"] == view.suite) & (index.elue["task"] == view.task)].set_index("submission")
    areas = area(points)
    by_name = points.rows[["submission", "method", "on_frontier", "parameters"]].groupby("submission", sort=False)
    names = by_name.size().index.tolist()
    elue = own.reindex(names)
    shown = pd.DataFrame(
        {
            "submission": names,
            "method": by_name["method"].first().to_numpy(),
            "points": by_name.size().to_numpy(),
            "on the frontier": by_name["on_frontier"].sum().astype(int).to_numpy(),
            "ELUE score": 100 * elue["elue"].to_numpy(),
            "± ELUE": 50 * (elue["elue_high"] - elue["elue_low"]).to_numpy(),
            "hypervolume": [100 * areas.get(name, float("nan")) for name in names],
            "parameters": by_name["parameters"].max().to_numpy(),
        }
    ).sort_values(["ELUE score", "hypervolume"], ascending=False, na_position="last")
    numbers = dict.fromkeys(("ELUE score", "± ELUE", "hypervolume"), st.column_config.NumberColumn(format="%.2f"))
    table(
        shown,
        f"submissions-{view.suite}-{view.task or 'all'}",
        "submissions",
        counts={"parameters": ""},
        column_config=numbers,
    )
