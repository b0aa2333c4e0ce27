"""The board over 2,000 submissions: ``python -m tests.benchmarks.bench_leaderboard``.

6 tasks x 5 points each. Index, first view in a browser, a change of filter on the server, memory of the server.

The first view is what a new visitor waits for: from the address to chart and tables drawn, in a browser that has no
file of the board yet. The server is up, its index made and open; it is told apart whether the visitor is its first.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Browser, sync_playwright
from streamlit.testing.v1 import AppTest

from harness.quality.intervals import COUNT, interval
from harness.report import Cost, Distribution, Parameters, Report, Result, Score, SubmissionInfo, Versions
from harness.store import write_replicates, write_report
from harness.tasks import suite as find_suite
from leaderboard.building import made_index
from leaderboard.palette import METHODS
from leaderboard.serving import APP
from leaderboard.store import STORE
from tests.browser.driving import CHROMIUM, FLAGS, WAIT, ready, served

SUBMISSIONS, POINTS = 2_000, 5
FEW = 5
"""Submissions of the store that the first view is compared with: the browser and its libraries take their time."""
TASKS = find_suite("elue").tasks


def write_store(store: Path, submissions: int = SUBMISSIONS) -> None:
    """Curves of all methods: dearer points are better, and each submission has its own luck."""
    random = np.random.default_rng(0)
    for number in range(submissions):
        method = METHODS[number % len(METHODS)]
        card = SubmissionInfo(name=f"{method}-{number:04}", method=method, backbone=f"backbone-{number % 7}")
        level, price = random.normal(0.7, 0.05), 10 ** random.uniform(7, 9)
        results, replicates = [], {}
        for place in range(POINTS):
            flops, score = price * 2**place, min(0.97, level + 0.03 * place)
            for task in TASKS:
                drawn = np.clip(random.normal(score, 0.008, COUNT), 0, 1)
                result = _result(task.name, f"point-{place}", task.rows, flops, score, drawn)
                results.append(result)
                replicates[result.replicates_key] = drawn
        folder = store / card.name
        folder.mkdir(parents=True)
        write_report(folder, Report(submission=card, folder_sha256="0" * 64, results=tuple(results)))
        write_replicates(folder, replicates)


def _result(task: str, point: str, rows: int, flops: float, score: float, drawn: "np.ndarray") -> Result:
    cost = Cost(
        provenance="measured",
        lengths="confirmed",
        macs=Distribution(mean=flops / 2),
        flops=Distribution(mean=flops),
        tracing="template",
    )
    return Result(
        suite="elue",
        task=task,
        point=point,
        dataset=task,
        split="test",
        rows=rows,
        official_rows=rows,
        fingerprint=task.ljust(64, "0"),
        key="0" * 64,
        versions=Versions(paretonlp="0", python="3", torch="2"),
        sandbox="process",
        score=Score(metric="accuracy", value=score, interval=interval(drawn)),
        cost=cost,
        parameters=Parameters(provenance="measured", total=int(flops / 40), bytes=int(flops / 10)),
    )


def filter_changes(store: Path) -> Iterator[tuple[str, float]]:
    """What the server takes to answer a change of a control, in seconds; the page was shown, its filters open."""
    os.environ[STORE] = str(store)
    test = AppTest.from_file(str(APP), default_timeout=120)
    test.session_state["filters"] = True
    test.run()
    changes = (
        ("methods", lambda: test.multiselect(key="method").set_value(["svd", "drone"])),
        ("backbones", lambda: test.multiselect(key="backbone").set_value(["backbone-1", "backbone-2"])),
        ("task", lambda: test.selectbox(key="task").set_value("mrpc")),
        ("all methods", lambda: test.multiselect(key="method").set_value([])),
        ("all backbones", lambda: test.multiselect(key="backbone").set_value([])),
        ("cost", lambda: test.selectbox(key="cost").set_value("parameters")),
        ("all tasks", lambda: test.selectbox(key="task").set_value("all tasks")),
    )
    for name, change in changes:
        change()
        began = time.perf_counter()
        test.run()
        yield name, time.perf_counter() - began
        assert not test.exception, test.exception


def main() -> None:
    scratch = Path(tempfile.mkdtemp(prefix="paretonlp-"))
    os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
    try:
        store, small = scratch / "store", scratch / "small"
        write_store(store)
        write_store(small, FEW)
        began = time.perf_counter()
        made_index(store)
        print(f"\n{SUBMISSIONS:,} submissions x {len(TASKS)} tasks x {POINTS} points")
        print(f"  index made in {time.perf_counter() - began:.1f} s")
        _in_a_browser(store, small)
        times = dict(filter_changes(store))
        print("  a change, server time: " + ", ".join(f"{name} {1000 * spent:.0f} ms" for name, spent in times.items()))
    finally:
        shutil.rmtree(scratch)


def _in_a_browser(store: Path, small: Path) -> None:
    if CHROMIUM is None:
        print("  Chromium is not installed: the first view was not measured", file=sys.stderr)
        return
    for name, each in ((f"{SUBMISSIONS:,}", store), (f"{FEW}", small)):
        start, first, others, memory = _views(each)
        print(
            f"  over {name} submissions: the server is up in {start:.1f} s; first view in {first:.2f} s for its first "
            f"visitor, then in {', '.join(f'{seconds:.2f}' for seconds in others)} s; it holds {memory:,.0f} MiB"
        )


def _views(store: Path) -> tuple[float, float, list[float], float]:
    """Seconds until the server answers, of the first view of its first visitor and of five more; MiB that it holds."""
    began = time.perf_counter()
    with served(store) as address, sync_playwright() as playwright:
        start = time.perf_counter() - began
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        first, *others = (_first_view(browser, address) for _ in range(6))
        (server,) = (each for each in psutil.Process().children() if "leaderboard.serving" in each.cmdline())
        memory = server.memory_info().rss / 2**20
        browser.close()
    return start, first, others, memory


def _first_view(browser: Browser, address: str) -> float:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})  # in a context of its own: nothing is cached
    page.set_default_timeout(WAIT)
    began = time.perf_counter()
    page.goto(address)
    page.locator(".st-key-frontier .js-plotly-plot .legendtext").first.wait_for()
    page.locator("[data-testid=stDataFrame] canvas").nth(1).wait_for()
    ready(page)
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )  # it is on the screen
    seconds = time.perf_counter() - began
    page.close()
    return seconds


if __name__ == "__main__":
    main()
