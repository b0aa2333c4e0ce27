"""What papers report, beside our own frontier and never in it."""

import pandas as pd
import streamlit as st

from harness.board import AXES
from harness.tasks import SUITES
from harness.tasks import task as find_task
from harness.tasks.types import Task
from leaderboard.charts.frontier import Titles, frontier_figure
from leaderboard.index import Index
from leaderboard.points import View, points_of
from leaderboard.published import reading
from leaderboard.store import open_store
from leaderboard.widgets import chart, markdown, safe_link, table, theme

UNITS = {"fraction": "%", "difference": "points", "nats": "nats", "factor": "times", "": ""}  # as the table shows them


def page() -> None:
    """The whole page."""
    st.title("What do papers report?")
    st.caption(
        "Results of papers on the tasks of this board: drawn where dataset version, split and metric are the same, "
        "listed with the reason where they are not."
    )
    index = open_store()
    task, axis = _choose(index)
    papers = _choose_papers()
    rows = _of_papers(reading.reported(task, axis), papers)
    _chart(index, task, axis, rows)
    _explain(task, axis, rows)
    st.subheader("All published rows")
    _table(task, papers)
    st.subheader("Sources")
    _sources()


def _choose(index: Index) -> tuple[Task, str]:
    """The task and the cost axis; the first task is the one on which we have most to compare with."""
    with st.container(key="controls"):
        left, middle, right = st.columns(3)
    with left:
        suite = st.selectbox("Suite", _kept("suite", reading.suites()), key="suite", bind="query-params")
    counts = {
        each.name: (len(index.board(suite, each.name)), len(reading.rows_of(each))) for each in SUITES[suite].tasks
    }
    default = max(counts, key=lambda name: (counts[name][1] > 0, counts[name]))
    with middle:
        name = st.selectbox(
            "Task",
            _kept("task", list(counts)),
            index=list(counts).index(default),
            key="task",
            bind="query-params",
        )
    with right:
        axis = st.selectbox(
            "Cost",
            _kept("cost", list(reading.AXES)),
            key="cost",
            format_func=lambda each: AXES[each].title,
            bind="query-params",
        )
    return find_task(f"{suite}/{name}"), axis


def _kept(key: str, options: list[str]) -> list[str]:
    """The options; a former choice that is none of them is forgotten."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    return options


def _choose_papers() -> list[str]:
    """Keys of the papers that are asked for; empty: all."""
    labels = {key: citation["label"] for key, citation in reading.citations().items()}
    return st.multiselect(
        "Papers", list(labels), key="paper", format_func=lambda key: labels[key], placeholder="all", bind="query-params"
    )


def _of_papers(rows: pd.DataFrame, papers: list[str]) -> pd.DataFrame:
    return rows[rows["citation"].isin(papers)] if papers else rows


def _chart(index: Index, task: Task, axis: str, rows: pd.DataFrame) -> None:
    points = points_of(index, View(task.suite, task.name, axis))
    drawn = rows[rows["x"].notna()]
    count = len(points.rows)
    ours = f"**{count} {'point' if count == 1 else 'points'} of our own**" if count else "no point of our own yet"
    st.markdown(
        f"**{len(drawn)} published results** on {task.id} (hollow, without a colour) beside {ours}. "
        "The frontier is that of our own points: published rows are never mixed into it."
    )
    if rows.empty:
        st.info("No published row has this task's dataset version, split and metric: the table below says why not.")
    titles = Titles.of(AXES[axis], f"Score, {task.metric}")
    chart(
        frontier_figure(points.rows, points.band, theme(), titles, reported=rows),
        "published",
        f"published-{task.suite}-{task.name}-{axis}",
        f"Score on {task.id} against {AXES[axis].title}: {len(drawn)} published rows beside our frontier",
    )


def _explain(task: Task, axis: str, rows: pd.DataFrame) -> None:
    """Where the marks stand, and what stands nowhere."""
    without = int(rows["x"].isna().sum())
    if without:
        st.caption(f"{without} more have no {AXES[axis].title} that compare: they are in the table alone.")
    with st.expander("Where the costs of published rows come from"):
        st.markdown(
            "- **Priced here** (×): the row's model is an architecture of a published size. Our counter traced it "
            "with a classification head and priced it at the lengths of this task's samples: BERT's word pieces, "
            "unpadded, cut where the submissions cut them. Models with a vocabulary of their own are priced at the "
            "same lengths.\n"
            "- **Speedup in the paper** (+): the paper gives the FLOPs of BERT-base over the model's own; the cost "
            "is that of BERT-base, priced here, over that ratio.\n"
            "- **Cost in the paper** (∗): as the paper states it. ELUE's FLOPs are 2 x MACs, without norms, "
            "activations and the like (about 0.3 % of BERT-base), at lengths that are hardly cut (IMDb).\n"
            "- A speedup in time, or FLOPs at another length than the task's, compare with nothing here: no mark."
        )
        lengths = reading.lengths_of(task)
        if not lengths:
            st.caption("The lengths of this task's samples are not known: nothing is priced on it.")
            return
        st.markdown(f"What an architecture costs a sample of {task.id}, at {lengths}:")
        table(
            reading.architectures_on(task),
            f"architectures-{task.suite}-{task.name}",
            "architectures",
            counts=dict.fromkeys(("FLOPs", "MACs", "parameters"), ""),
        )


def _table(task: Task, papers: list[str]) -> None:
    own = st.toggle(f"Only rows that agree with {task.id}", key="own", bind="query-params")
    rows = _of_papers(reading.rows_of(task) if own else reading.results(), papers)
    share = rows["unit"].isin(["fraction", "difference"])
    known = reading.costs()
    shown = pd.DataFrame(
        {
            "method": rows["method"],
            "variant": rows["variant"],
            "task": rows["task_words"],
            "metric": rows["metric_words"],
            "split": rows["split_words"],
            "score": rows["score"].where(~share, 100 * rows["score"]),
            "unit": rows["unit"].map(UNITS),
            "our task": rows["task"],
            "not drawn because": rows["unmapped"],
            "base model": rows["base_model"],
            "priced as": [known[name]["title"] if name else "" for name in rows["architecture"]],
            "parameters": rows["params"],
            "FLOPs": rows["flops"],
            "FLOPs are": rows["flops_of"],
            "speedup": rows["speedup"],
            "speedup is": rows["speedup_of"],
            "source": rows["source"],
            "note": rows["note"],
        }
    )
    table(
        shown,
        "published-rows",
        "rows",
        placeholder="",
        counts={"parameters": "", "FLOPs": ""},
        column_config={
            "score": st.column_config.NumberColumn(format="%.2f"),
            "speedup": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    st.caption(f"{len(rows):,} rows, as published. Parameters, FLOPs and speedup are the papers' own.")


def _sources() -> None:
    counts = reading.results()["citation"].value_counts()
    for key, citation in reading.citations().items():
        title = f"*{markdown(citation['title'])}*"
        parts = [markdown(citation["authors"]), title, markdown(citation["venue"]), safe_link(citation["url"])]
        said = " · ".join(part for part in parts if part.strip("–"))
        st.markdown(
            f"- **{markdown(citation['label'])}** · {said} · {counts[key]} rows from: {markdown(citation['read'])}"
        )


page()
