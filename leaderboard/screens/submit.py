"""Hand in a zip: see everything that is wrong with it, see it evaluated, take the report, or have it kept."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from harness.evaluation import evaluate_tasks
from harness.findings import Finding, ParetoNLPError, errors, fail, from_os_error
from harness.report import Report
from harness.sandbox.levels import AUTO, Level, chosen
from harness.store import REPORT
from harness.submission import Submission
from harness.tasks import SUITES
from harness.tasks.choosing import split_loader
from harness.validation import validate
from leaderboard.store import allows_submissions, data_dir, open_store, store
from leaderboard.widgets import markdown, table

KEPT = "submitted"
"""What was evaluated last, in Streamlit's state of a visit."""


ISOLATION = {
    Level.PROCESS: "a process of its own with limits",
    Level.HARDENED: "a sandbox that reaches no other files and no network",
}
"""What is said of the levels that are taken where none is asked for."""


def page() -> None:
    """The whole page."""
    st.title("Submit")
    st.markdown(
        "A zip of your submission's folder: `submission.yaml`, `model.py`, `predictions/`, and weights if you like. "
        f"`paretonlp init` makes one to start from. Your code runs without labels, in {ISOLATION[chosen(AUTO)]}."
    )
    if not allows_submissions():
        st.caption("This board evaluates what you upload and gives you the report; it keeps nothing.")
    uploaded = st.file_uploader("The zip", type="zip", key="zip")
    if uploaded is None:
        st.session_state.pop(KEPT, None)
        return
    folder = Path(tempfile.mkdtemp(prefix="paretonlp-"))
    try:
        archive = folder / "submission.zip"
        archive.write_bytes(uploaded.getvalue())
        _handle(archive, uploaded.file_id)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _handle(archive: Path, upload: str) -> None:
    try:
        submission, findings = validate(archive, data_dir())
    except ParetoNLPError as error:
        submission, findings = None, error.findings
    _show_findings(findings)
    wrong = errors(findings)
    if submission is None or wrong:
        st.error(f"{len(wrong)} error{'s' if len(wrong) != 1 else ''}: mend them and upload it again.")
        return
    name = submission.manifest.name
    st.success(f"{markdown(name)} is in order.", icon=":material/task_alt:")
    suites = [suite for suite in SUITES if any(each.suite == suite for each in submission.predictions)]
    suites = [suite for suite in suites if not SUITES[suite].tasks[0].hidden]
    if not suites:
        st.info("It has predictions for no suite that is scored here.", icon=":material/inbox:")
        return
    suite = st.selectbox("Evaluate on", suites, key="on-suite")
    if st.button("Evaluate", type="primary", key="evaluate"):
        _evaluate(submission, suite, upload)
    kept: dict[str, Any] | None = st.session_state.get(KEPT)
    if kept and kept["upload"] == upload:
        _show_report(kept["report"], Path(kept["folder"].name))


def _show_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        text = f"`{finding.code}` {markdown(finding.place)} {markdown(finding.message)}"
        for label, more in (("Expected", finding.expected), ("To do", finding.remedy)):
            text += f"  \n**{label}**: {markdown(more)}" if more else ""
        (st.error if finding.severity == "error" else st.info)(text)


def _evaluate(submission: Submission, suite: str, upload: str) -> None:
    """Evaluate a copy of the folder; it lasts as long as the visit does."""
    copy = tempfile.TemporaryDirectory(prefix="paretonlp-")
    folder = Path(copy.name) / submission.manifest.name
    shutil.copytree(submission.root, folder, ignore=shutil.ignore_patterns(REPORT, "replicates.npz"))
    bar = st.progress(0.0, "Reading the data …")

    def progress(what: str, done: int, total: int) -> None:
        bar.progress(done / total if total else 0.0, f"{what}: {done} of {total}")

    try:
        report = evaluate_tasks(folder, SUITES[suite].tasks, split_loader(data_dir()), progress=progress)
    except (ParetoNLPError, OSError) as error:
        wrong = error if isinstance(error, ParetoNLPError) else from_os_error(error)
        _show_findings(wrong.findings)
        return
    finally:
        bar.empty()
    st.session_state[KEPT] = {"upload": upload, "report": report, "folder": copy}


def _show_report(report: Report, folder: Path) -> None:
    st.subheader("Its report")
    name = report.submission.name
    rows = pd.DataFrame(
        {
            "task": result.task_id,
            "point": result.point,
            "score": 100 * result.score.value,
            "FLOPs": result.cost.flops.mean if result.cost.flops else None,
            "parameters": result.parameters.total,
            "cost": result.cost.provenance,
            "lengths": result.cost.lengths,
        }
        for result in report.results
    )
    score = st.column_config.NumberColumn(format="%.2f")
    table(rows, f"{name}-report", "report", counts={"FLOPs": "", "parameters": ""}, column_config={"score": score})
    own = folder / name
    st.download_button(
        "Download report.json", (own / REPORT).read_bytes(), REPORT, "application/json", on_click="ignore"
    )
    if allows_submissions() and st.button("Put it on the board", key="keep"):
        try:
            _keep(own, name)
        except ParetoNLPError as error:
            _show_findings(error.findings)
            return
        st.success(f"{markdown(name)} is on the board.", icon=":material/celebration:")
        st.page_link("screens/submission.py", label="Open it", query_params={"name": name})


def _keep(folder: Path, name: str) -> None:
    """Copy the folder into the store; it appears there when it is whole.

    Raises:
        ParetoNLPError: the name is taken.
    """
    place = store() / name
    if place.exists() or name in open_store().folders:
        raise fail(
            "name-taken", f"The board has a submission {name!r}.", remedy="Choose another name in submission.yaml."
        )
    making = Path(tempfile.mkdtemp(dir=store(), prefix=".coming-"))
    try:
        shutil.copytree(folder, making / name)
        os.rename(making / name, place)
    finally:
        shutil.rmtree(making, ignore_errors=True)


page()
