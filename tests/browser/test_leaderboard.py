"""The board as its readers use it, in a real browser over real reports."""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Locator, Page

from harness.board import suite_board
from harness.store import find_reports
from harness.tasks import suite
from tests.browser.driving import ROOT, ready

PAGES = ("", "submission", "compare", "task", "published", "submit", "method")
Open = Callable[..., Page]


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a select box or a list of several."""
    page.get_by_role("combobox", name=label).click()
    page.keyboard.type(option)
    page.get_by_role("option", name=option, exact=True).click()
    page.keyboard.press("Escape")
    ready(page)


def markers(page: Page, key: str = "frontier") -> Locator:
    return page.locator(f".st-key-{key} .js-plotly-plot .scatterlayer .points path")


def test_home_shows_every_point_of_the_board(open_page: Open, store: Path) -> None:
    page = open_page()
    markers(page).first.wait_for()
    stored, _ = find_reports(store)
    board = suite_board(stored, suite("probe"))
    assert markers(page).count() == len(board.rows)
    assert page.get_by_test_id("stDataFrame").count() == 2
    assert page.get_by_text("The report cannot").count() == 0
    assert page.get_by_text("broken/report.json").first.is_visible()


def test_the_page_names_all_files_of_the_first_view(browser: Browser, app: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlparse(request.url).path))
    page.goto(app)
    named = page.eval_on_selector_all(
        "link[href], script[src]", "all => all.map(each => new URL(each.href || each.src).pathname)"
    )
    ready(page)
    markers(page).first.wait_for()
    page.locator("[data-testid=stDataFrame] canvas").nth(1).wait_for()
    page.close()
    files = [path for path in asked if "/static/" in path]
    assert len(files) == len(set(files)), "each is asked for once"
    assert set(files) <= set(named)


def test_a_filter_takes_points_away_and_goes_into_the_address(open_page: Open, store: Path) -> None:
    page = open_page()
    markers(page).first.wait_for()
    page.get_by_text("Filters", exact=True).click()
    choose(page, "Methods", "dense")
    page.get_by_text("points are filtered out").wait_for()
    assert query(page)["method"] == ["dense"]
    page.reload()
    ready(page)
    markers(page).first.wait_for()
    assert page.get_by_role("combobox", name="Methods").is_visible(), "filters that are set are in sight"
    board = suite_board(find_reports(store)[0], suite("probe"))
    assert markers(page).count() == sum(row.method == "dense" for row in board.rows)


def test_a_shared_address_restores_the_view(open_page: Open) -> None:
    page = open_page("?suite=elue&task=mrpc&cost=MACs&quality=Dense+quality+kept&method=pabee&method=dense&budget=500M")
    markers(page).first.wait_for()
    for label, chosen in (("Suite", "elue"), ("Task", "mrpc"), ("Cost", "MACs"), ("Quality", "Dense quality kept")):
        assert page.get_by_role("combobox", name=label).first.input_value() == chosen
    assert page.locator(".st-key-frontier").get_by_text("Dense quality kept (%)").is_visible()
    assert page.get_by_text("500M").first.is_visible()
    assert query(page)["method"] == ["pabee", "dense"]


def test_a_click_on_a_point_opens_its_submission(open_page: Open) -> None:
    page = open_page("?method=svd")
    markers(page).first.wait_for()
    box = markers(page).last.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url(re.compile("/submission"))
    ready(page)
    assert query(page)["name"] == ["svd-probe"]
    assert page.locator("h1").inner_text() == "svd-probe"


def test_a_submission_shows_its_costs_and_exits(open_page: Open) -> None:
    page = open_page("submission?name=pabee-minilm&on=elue%2Fmrpc&point=patience-2")
    page.locator(".st-key-exits .js-plotly-plot").wait_for()
    report = json.loads((ROOT / "submissions/pabee-minilm/report.json").read_text())
    (result,) = (r for r in report["results"] if (r["task"], r["point"]) == ("mrpc", "patience-2"))
    assert page.get_by_text(f"{100 * result['score']['value']:.2f}").first.is_visible()
    assert page.get_by_text("cost measured").first.is_visible()
    assert page.get_by_text(re.compile("Leaving at stage 3: FLOPs =")).is_visible()
    for key in ("distribution", "length", "modules", "operators"):
        assert page.locator(f".st-key-{key} .js-plotly-plot").count() == 1


def test_two_points_are_compared(open_page: Open) -> None:
    page = open_page("compare")
    choose(page, "Operating points", "dense-probe layers-4")
    choose(page, "Operating points", "svd-probe rank-20-tuned")
    page.locator(".st-key-forest .js-plotly-plot").wait_for()
    assert query(page)["with"] == ["dense-probe layers-4", "svd-probe rank-20-tuned"]
    assert page.locator(".st-key-forest .scatterlayer .points path").count() == 5  # four tasks and their mean


@pytest.mark.parametrize(("button", "start"), [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("HTML", b"<!doctype html>")])
def test_a_chart_is_saved(open_page: Open, button: str, start: bytes) -> None:
    page = open_page()
    markers(page).first.wait_for()
    with page.expect_download() as download:
        page.locator(".st-key-frontier-save").get_by_role("button", name=button).click()
    assert download.value.suggested_filename == f"frontier-probe-all-flops.{button.lower()}"
    assert Path(download.value.path()).read_bytes().lstrip().startswith(start)


def test_a_table_is_saved(open_page: Open, store: Path) -> None:
    page = open_page("?suite=elue&task=mrpc")
    with page.expect_download() as download:
        page.locator(".st-key-points-csv").get_by_role("button").click()
    rows = list(csv.DictReader(Path(download.value.path()).read_text().splitlines()))
    stored, _ = find_reports(store)
    results = [r for entry in stored for r in entry.report.results if r.task_id == "elue/mrpc"]
    assert list(rows[0])[:5] == ["frontier", "submission", "point", "method", "Score"]
    assert sorted(float(row["FLOPs"]) for row in rows) == sorted(r.cost.flops.mean for r in results)


def zipped(source: Path, target: Path, **changes: str) -> Path:
    """A zip of a submission without weights, some files replaced."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(source.rglob("*")):
            name = file.relative_to(source).as_posix()
            if file.is_file() and not name.startswith(("weights", "report", "replicates")):
                content = changes.get(name) or file.read_bytes()
                archive.writestr(f"mine/{name}", content)
    return target


def test_a_bad_zip_is_told_what_is_wrong(open_page: Open, tmp_path: Path) -> None:
    source = ROOT / "submissions/dense-probe"
    broken = (source / "submission.yaml").read_text().replace("method: dense", "metod: dense")
    page = open_page("submit")
    page.locator("input[type=file]").set_input_files(
        zipped(source, tmp_path / "bad.zip", **{"submission.yaml": broken})
    )
    page.get_by_text("mend them and upload it again").wait_for()
    assert page.get_by_text("metod").first.is_visible()
    (tmp_path / "no.zip").write_bytes(b"no zip at all")
    page.locator("input[type=file]").set_input_files(tmp_path / "no.zip")
    page.get_by_text(re.compile("1 error: mend")).wait_for()


def test_a_good_zip_is_evaluated_and_put_on_the_board(open_page: Open, tmp_path: Path, store: Path) -> None:
    source = ROOT / "submissions/dense-probe"
    renamed = (source / "submission.yaml").read_text().replace("name: dense-probe", "name: mine", 1)
    renamed = re.sub(r"\n  weights:\n(    .*\n)+", "\n", renamed)
    page = open_page("submit")
    page.locator("input[type=file]").set_input_files(
        zipped(source, tmp_path / "mine.zip", **{"submission.yaml": renamed})
    )
    page.get_by_role("button", name="Evaluate").click()
    page.get_by_role("button", name="Download report.json").wait_for(timeout=180_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download report.json").click()
    report = json.loads(Path(download.value.path()).read_text())
    known = json.loads((source / "report.json").read_text())
    scores = {(r["task"], r["point"]): (r["score"]["value"], r["cost"]["flops"]) for r in report["results"]}
    assert scores == {(r["task"], r["point"]): (r["score"]["value"], r["cost"]["flops"]) for r in known["results"]}
    page.get_by_role("button", name="Put it on the board").click()
    page.get_by_text("mine is on the board").wait_for()
    assert json.loads((store / "mine/report.json").read_text()) == report
    page.get_by_role("button", name="Put it on the board").click()
    page.get_by_text("The board has a submission 'mine'").wait_for()
    shutil.rmtree(store / "mine")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_a_phone(open_page: Open, path: str) -> None:
    page = open_page(path, width=390)
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('[data-testid=stMain] h1, [data-testid=stMain] p, "
        "[data-testid=stMain] button, .js-plotly-plot')].map(each => each.getBoundingClientRect().right))"
    )
    assert widest <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_controls_are_reached_by_keyboard(open_page: Open) -> None:
    page = open_page()
    markers(page).first.wait_for()
    left = {"Suite", "Task", "Cost", "Quality", "Filters", "SVG", "PNG", "HTML"}
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        left -= {control for control in left if control in (told or "")}
    assert left == set()
