"""Two to four operating points side by side, on the same resamples."""

import pandas as pd
import streamlit as st

from leaderboard.charts.forest import Line, forest_figure
from leaderboard.comparing import Pair, Point, compared, points_on
from leaderboard.palette import Theme
from leaderboard.state import choose_suite
from leaderboard.store import open_store
from leaderboard.widgets import chart, markdown, table, theme

MOST = 4


def page() -> None:
    """The whole page."""
    st.title("Compare")
    st.caption(
        "Differences are paired: every submission is scored on the same resamples of a task, so what they share "
        "cancels out. An interval that leaves out 0 is a difference."
    )
    index = open_store()
    if index.rows.empty:
        st.info("No report yet.", icon=":material/inbox:")
        return
    left, right = st.columns([1, 3])
    with left:
        suite = choose_suite(index)
    known = {f"{name} {point}": (name, point) for name, point in points_on(index, suite)}
    st.session_state["with"] = [each for each in st.session_state.get("with", ()) if each in known]
    with right:
        chosen = st.multiselect(
            "Operating points; the first is what the others are measured by",
            list(known),
            key="with",
            max_selections=MOST,
            placeholder="Choose two to four",
            bind="query-params",
        )
    if len(chosen) < 2:
        st.info("Choose at least two operating points.", icon=":material/arrow_upward:")
        return
    base, *others = (known[label] for label in chosen)
    pairs = {other: compared(index, suite, base, other) for other in others}
    _forest(base, pairs, theme())
    _table(base, pairs)


def _title(point: Point) -> str:
    return " ".join(point)


def _forest(base: Point, pairs: dict[Point, list[Pair]], colours: Theme) -> None:
    palette = dict(zip(pairs, colours.palette[1:], strict=False))
    lines = [
        Line(
            f"{pair.task or 'all tasks'} · {_title(other)}",
            pair.score.difference,
            pair.score.interval.low,
            pair.score.interval.high,
            palette[other],
        )
        for other, own in pairs.items()
        for pair in own
    ]
    if not lines:
        st.warning("They share no task that was scored on the same data.", icon=":material/warning:")
        return
    title = f"score minus that of\n{_title(base)}, points"
    chart(
        forest_figure(lines, colours, title), "forest", "comparison", f"Paired differences of score to {_title(base)}"
    )


def _table(base: Point, pairs: dict[Point, list[Pair]]) -> None:
    st.subheader(f"Against {markdown(_title(base))}", anchor=False)
    rows = pd.DataFrame(
        {
            "point": _title(other),
            "task": pair.task or "all tasks",
            "difference": 100 * pair.score.difference,
            "low": 100 * pair.score.interval.low,
            "high": 100 * pair.score.interval.high,
            "better in": 100 * pair.score.probability,
            "FLOPs ratio": pair.flops,
            "parameters ratio": pair.parameters,
            "verdict": pair.verdict,
        }
        for other, own in pairs.items()
        for pair in own
    )
    if rows.empty:
        return
    signed = dict.fromkeys(("difference", "low", "high"), st.column_config.NumberColumn(format="%+.2f"))
    ratios = dict.fromkeys(("FLOPs ratio", "parameters ratio"), st.column_config.NumberColumn(format="%.3g"))
    share = st.column_config.NumberColumn(format="%.0f %%", help="In what share of the resamples it is better")
    table(rows, "comparison", "comparison", column_config={**signed, **ratios, "better in": share})
    for other, own in pairs.items():
        on = [pair for pair in own if pair.task]
        for verdict in ("dominates", "is dominated"):
            count = sum(pair.verdict == verdict for pair in on)
            if count:
                by = "" if verdict == "dominates" else "by "
                st.markdown(
                    f"{markdown(_title(other))} **{verdict}** {by}{markdown(_title(base))} "
                    f"on {count} of {len(on)} tasks."
                )


page()
