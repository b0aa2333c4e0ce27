"""A store of real reports, the app over it, and a browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.driving import CHROMIUM, FLAGS, REAL, WAIT, copy_reports, ready, served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process has the browser and the servers; without Chromium nothing here can run, and it says so."""
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed (Debian: chromium)"))


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Indices go where they are forgotten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real reports, and a broken one."""
    made = copy_reports(REAL, tmp_path_factory.mktemp("board") / "submissions")
    (made / "broken").mkdir()
    (made / "broken" / "report.json").write_text('{"schema_version": 1, "submission": 3}')
    return made


@pytest.fixture(scope="session")
def app(store: Path) -> Iterator[str]:
    """The address of the app over ``store``, which may take submissions."""
    with served(store, allow=True) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(browser: Browser, app: str) -> Iterator[Callable[..., Page]]:
    """``open_page("compare?suite=elue", width=390)``: a page that is ready. Afterwards its console has no error."""
    contexts, said = [], []

    def build(path: str = "", *, width: int = 1440, base: str = app) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 1000}, accept_downloads=True)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{base}/{path}")
        ready(page)
        return page

    yield build
    for context in contexts:
        context.close()
    wrong = [str(each) for each in said if not _is_probe(each)]
    assert wrong == []


def _is_probe(message: object) -> bool:
    """Streamlit's own look for the server under the address of a page, before it looks at the root."""
    location = getattr(message, "location", None) or {}
    return location.get("url", "").endswith(("/_stcore/health", "/_stcore/host-config"))
