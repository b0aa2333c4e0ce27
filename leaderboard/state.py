"""What is looked at, read from widgets that live in the URL: a link restores the view."""

import math
from collections.abc import Sequence
from typing import Literal, TypedDict

import streamlit as st

from harness.board import AXES, SIZE_TRACKS
from harness.numbers import human
from harness.tasks import SUITES
from leaderboard.index import Index
from leaderboard.numbers import steps
from leaderboard.points import PROOFS, View
from leaderboard.qualities import QUALITIES


class LinkedToUrl(TypedDict):
    """An argument of Streamlit's widgets."""

    bind: Literal["query-params"]


ALL_TASKS = "all tasks"
"""The choice of a suite's aggregate."""
ANY_SIZE = "any"

URL: LinkedToUrl = {"bind": "query-params"}
"""Of a widget whose choice is in the URL, under its key and in the words that are shown."""


def suites_of(index: Index) -> list[str]:
    """The suites with rows, those with most submissions first."""
    submissions = index.rows.groupby("suite", sort=False)["submission"].nunique()
    return sorted(index.suites, key=lambda name: (-submissions[name], list(SUITES).index(name)))


def choose_suite(index: Index) -> str:
    """The suite; the first choice is the one with most submissions."""
    return st.selectbox("Suite", suites_of(index), key="suite", **URL)


def choose_task(index: Index, suite: str) -> str:
    """A task of the suite; empty for its aggregate."""
    options = [ALL_TASKS, *index.tasks(suite)]
    if st.session_state.get("task") not in options:
        st.session_state.pop("task", None)
    chosen = st.selectbox("Task", options, key="task", **URL)
    return "" if chosen == ALL_TASKS else chosen


def choose_view(index: Index) -> View:
    """All controls of the frontier page."""
    with st.container(key="controls"):
        first, second, third, fourth = st.columns(4)
    with first:
        suite = choose_suite(index)
    with second:
        task = choose_task(index, suite)
    with third:
        cost = st.selectbox("Cost", list(AXES), key="cost", format_func=lambda name: AXES[name].title, **URL)
    with fourth:
        quality = st.selectbox(
            "Quality",
            list(QUALITIES),
            key="quality",
            format_func=lambda name: QUALITIES[name].title,
            help="; ".join(f"{each.title}: {each.explanation}" for each in QUALITIES.values()),
            **URL,
        )
    view = View(suite, task, cost, quality)
    st.session_state.setdefault("filters", _is_filtered())
    with st.expander("Filters", key="filters", on_change="rerun") as filters:
        # a browser draws them for long: not before they are looked at or do something
        return _filtered(view, index) if filters.open or _is_filtered() else view


def _is_filtered() -> bool:
    return any(st.session_state.get(key) for key in ("method", "backbone", "proof")) or any(
        key in st.query_params for key in ("method", "backbone", "proof", "track", "flops")
    )


def _filtered(view: View, index: Index) -> View:
    board = index.board(view.suite, view.task)
    first, second = st.columns(2)
    with first:
        methods = _several("Methods", sorted(set(board["method"])), "method")
        backbones = _several("Backbones", sorted(set(board["backbone"])), "backbone")
    with second:
        proofs = _several("Proved by the harness", list(PROOFS), "proof")
        track = st.segmented_control(
            "Size track: at most so many parameters",
            [ANY_SIZE, *(human(most) for most in SIZE_TRACKS)],
            key="track",
            default=ANY_SIZE,
            required=True,
            **URL,
        )
    flops = _flops_range(board["flops"].dropna().tolist())
    most = dict(zip((human(size) for size in SIZE_TRACKS), SIZE_TRACKS, strict=True)).get(str(track), 0)
    return View(view.suite, view.task, view.cost, view.quality, methods, backbones, proofs, most, flops)


def _several(label: str, options: Sequence[str], key: str) -> tuple[str, ...]:
    return tuple(st.multiselect(label, options, key=key, placeholder="all", **URL))


def _flops_range(costs: Sequence[float]) -> tuple[float, float]:
    """Bounds on FLOPs; everything where the ends are chosen."""
    known = [cost for cost in costs if cost > 0]
    options = steps(min(known), max(known)) if known else []
    if len(options) < 2:
        return 0.0, math.inf
    labels = {human(option): option for option in options}
    low, high = st.select_slider(
        "FLOPs of a sample", list(labels), value=(human(options[0]), human(options[-1])), key="flops", **URL
    )
    if (labels[low], labels[high]) == (options[0], options[-1]):
        return 0.0, math.inf
    return labels[low], labels[high]
