"""One submission: its card, what it costs and why, how to make its figures again."""

from pathlib import Path

import pandas as pd
import streamlit as st

from harness.findings import ParetoNLPError
from harness.numbers import human
from harness.report import Report, Result
from harness.store import read_report
from leaderboard.charts.costs import distribution_figure, exits_figure, length_figure
from leaderboard.charts.work import module_figure, operator_figure
from leaderboard.formula import cost_formula
from leaderboard.index import Index
from leaderboard.palette import marks
from leaderboard.store import open_store
from leaderboard.widgets import badges, chart, markdown, safe_link, table, theme


def page() -> None:
    """The whole page."""
    index = open_store()
    names = sorted(index.folders)
    if not names:
        st.title("Submission")
        st.info("No report yet.", icon=":material/inbox:")
        return
    name = st.selectbox("Submission", names, key="name", bind="query-params")
    try:
        report = _read(index.folders[name])
    except ParetoNLPError as error:
        st.error(markdown("\n".join(map(str, error.findings))), icon=":material/report:")
        return
    _card(report)
    result = _choose_result(report)
    if result is None:
        return
    badges(result.cost.provenance, result.cost.lengths, result.score.predictions)
    _figures(result)
    st.subheader("All tasks and points")
    _results_table(report)
    colour = marks([report.submission.method], theme())[report.submission.method].colour
    _costs(result, colour)
    _work(result, colour)
    st.caption(_before_the_model(report, result))
    _reproduce(report, index, result)


def _read(folder: str) -> Report:
    return read_report(Path(folder))


def _card(report: Report) -> None:
    card = report.submission
    st.title(markdown(card.name), anchor=False)
    if card.title:
        st.markdown(f"**{markdown(card.title)}**")
    if card.description:
        st.markdown(markdown(card.description))
    facts = {
        "Method": markdown(card.method),
        "Backbone": markdown(card.backbone) or "–",
        "Authors": markdown(", ".join(card.authors)) or "–",
        "Paper": safe_link(card.paper),
        "Licence": markdown(card.licence) or "–",
    }
    st.markdown("  \n".join(f"{label}: {text}" for label, text in facts.items()))
    for note in report.notes:
        st.info(markdown(note), icon=":material/info:")


def _choose_result(report: Report) -> Result | None:
    """The result whose details are shown."""
    by_task: dict[str, list[Result]] = {}
    for result in report.results:
        by_task.setdefault(result.task_id, []).append(result)
    if not by_task:
        st.info("It has been evaluated on no task yet.", icon=":material/inbox:")
        return None
    left, right = st.columns(2)
    with left:
        task = st.selectbox("Task", list(by_task), key="on", bind="query-params")
    points = {result.point: result for result in by_task[task]}
    if st.session_state.get("point") not in points:
        st.session_state.pop("point", None)
    with right:
        return points[st.selectbox("Operating point", list(points), key="point", bind="query-params")]


def _figures(result: Result) -> None:
    score, cost, sizes = result.score, result.cost, result.parameters
    parts = ", ".join(f"{name} {100 * value:.2f}" for name, value in score.parts.items())
    with st.container(horizontal=True):
        st.metric(
            f"Score ({score.metric})",
            f"{100 * score.value:.2f}",
            help=f"95 % interval {100 * score.interval.low:.2f} to {100 * score.interval.high:.2f}; {parts}",
            border=True,
        )
        st.metric(
            "FLOPs a sample", human(cost.flops.mean if cost.flops else None), border=True, help="Mean over the split"
        )
        st.metric("Effective FLOPs", human(cost.effective_flops), border=True, help="By the non-zeros of the weights")
        st.metric("MACs a sample", human(cost.macs.mean if cost.macs else None), border=True)
        st.metric(
            "Parameters", human(sizes.total), border=True, help=f"{human(sizes.non_embedding)} without embeddings"
        )
        st.metric("Stored", human(sizes.bytes, "B"), border=True)


def _run_again(result: Result) -> str:
    """What came of running the priced graph on the weights."""
    again = result.reproduction
    if not again.rows or again.answers is None:
        return again.reason or "–"
    shares = f"{100 * again.answers:.4g} % alike" + (
        "" if again.exits is None else f", exits {100 * again.exits:.4g} %"
    )
    return f"{again.rows:,} samples: {shares}"


def _results_table(report: Report) -> None:
    rows = pd.DataFrame(
        {
            "task": result.task_id,
            "point": result.point,
            "score": 100 * result.score.value,
            "low": 100 * result.score.interval.low,
            "high": 100 * result.score.interval.high,
            "FLOPs": result.cost.flops.mean if result.cost.flops else None,
            "effective FLOPs": result.cost.effective_flops,
            "parameters": result.parameters.total,
            "non-zero": result.parameters.nonzero,
            "cost": result.cost.provenance,
            "lengths": result.cost.lengths,
            "answers": result.score.predictions,
            "run again": _run_again(result),
            "samples": result.rows,
            "sandbox": result.sandbox,
        }
        for result in report.results
    )
    numbers = ("FLOPs", "effective FLOPs", "parameters", "non-zero")
    config = dict.fromkeys(("score", "low", "high"), st.column_config.NumberColumn(format="%.2f"))
    table(rows, f"{report.submission.name}-results", "results", counts=dict.fromkeys(numbers, ""), column_config=config)


def _costs(result: Result, colour: str) -> None:
    paths, name = result.cost.paths, f"{result.task_id}-{result.point}"
    st.subheader("What a sample costs")
    left, right = st.columns(2)
    with left:
        figure = distribution_figure(paths, theme(), colour)
        chart(figure, "distribution", f"{name}-flops", "How many samples cost how many FLOPs")
    if paths.exit_stage:
        with right:
            figure = exits_figure(paths, theme(), colour)
            chart(figure, "exits", f"{name}-exits", "How many samples leave behind which stage")
    if not paths.sizes or not paths.flops:
        return
    size = next(iter(paths.sizes))
    with left if paths.exit_stage else right:
        chart(length_figure(paths, size, theme(), colour), "length", f"{name}-length", f"FLOPs against {size}")
    for stage, formula in cost_formula(paths).items():
        where = f"Leaving at stage {stage}" if stage else "Every sample"
        st.markdown(f"{where}: FLOPs = `{formula}`")


def _work(result: Result, colour: str) -> None:
    st.subheader("Where the FLOPs go")
    name = f"{result.task_id}-{result.point}"
    figure = module_figure(result.cost.by_module, theme(), colour)
    chart(figure, "modules", f"{name}-modules", "Share of the FLOPs by module")
    figure = operator_figure(result.cost.by_operator, theme(), colour)
    chart(figure, "operators", f"{name}-operators", "Share of the FLOPs by operator")
    if result.cost.unpriced:
        names = markdown(", ".join(sorted(result.cost.unpriced)))
        st.warning(f"Operators without a formula, which are not in these figures: {names}", icon=":material/warning:")
    else:
        st.caption("Every operator that ran has a formula.")


def _before_the_model(report: Report, result: Result) -> str:
    """What no FLOPs and no parameters tell: what turning a text into inputs takes, and what it can read."""
    took, can_read = result.reproduction.encode_ms, report.assets_bytes
    time = "how long it takes was not measured" if took is None else f"{took:.2g} ms of processor time a text"
    size = "" if can_read is None else f"; code and assets that it can read: {human(can_read, 'B')}"
    return f"Turning texts into inputs is in none of these figures: {time}{size}."


def _reproduce(report: Report, index: Index, result: Result) -> None:
    st.subheader("Make these figures again")
    folder = Path(index.folders[report.submission.name]).name
    commands = [
        f"paretonlp validate submissions/{folder}",
        f"paretonlp evaluate submissions/{folder} --suite {result.suite} --tasks {result.task} --force",
        f"paretonlp flops submissions/{folder}/model.py --tokens 128",
    ]
    st.code("\n".join(commands), language="sh")
    versions = result.versions
    st.caption(
        f"Evaluated by paretonlp {versions.paretonlp} with torch {versions.torch} on Python {versions.python}; "
        f"folder {report.folder_sha256[:12]}, data {result.fingerprint[:12]}, isolation {result.sandbox or 'none'}."
    )


page()
