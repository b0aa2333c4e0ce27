"""Stores that hold nothing, a board that takes nothing, and the page that needs no server."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from leaderboard.static_page import static_page
from tests.browser.driving import served

Open = Callable[..., Page]


def test_an_empty_store_says_how_to_begin(open_page: Open, tmp_path: Path) -> None:
    with served(tmp_path) as address:
        for path in ("", "submission", "compare", "task"):
            page = open_page(path, base=address)
            assert page.get_by_text("No report yet").is_visible()
            page.close()  # it would miss its server


def test_a_board_that_takes_no_submissions_says_so(open_page: Open, tmp_path: Path) -> None:
    with served(tmp_path) as address:
        page = open_page("submit", base=address)
        assert page.get_by_text("it keeps nothing").is_visible()
        page.close()


def test_the_page_without_a_server_draws_every_board(browser: Browser, store: Path, tmp_path: Path) -> None:
    file = tmp_path / "board.html"
    file.write_text(static_page(store, "probe", []))
    page = browser.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.locator(".scatterlayer .points path").first.wait_for()
    assert page.locator(".js-plotly-plot").count() == 5  # four tasks and their mean
    assert [each for each in asked if not each.startswith(("file:", "data:", "blob:"))] == []
    assert wrong == []
    page.close()
