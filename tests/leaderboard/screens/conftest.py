"""The app without a browser: its pages over a store, and what they show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import leaderboard
from leaderboard.store import ALLOW, DATA_DIR, STORE

APP = Path(leaderboard.__file__).parent / "app.py"
SCANNER = "streamlit.components.v2.manifest_scanner"
Open = Callable[..., AppTest]


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch) -> Open:
    """``open_app(store, "compare", suite="elue")``: a page of the app over a store, with these words in its URL."""
    for name in (ALLOW, DATA_DIR):
        monkeypatch.delenv(name, raising=False)
    # every run of an AppTest looks for components in all installed packages; there are none
    monkeypatch.setattr(f"{SCANNER}.scan_component_manifests", list, raising=False)

    def build(store: Path, page: str = "frontier", **query: Any) -> AppTest:
        monkeypatch.setenv(STORE, str(store))
        app = AppTest.from_file(str(APP), default_timeout=30)
        if page != "frontier":
            app.switch_page(f"screens/{page}.py")  # as if it were opened by its address
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return build


@pytest.fixture
def open_full(full: Any, open_app: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    """``open_full("compare")``: a page over the store with all that can be in one."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(full.cache))
    return lambda page="frontier", **query: open_app(full.folder, page, **query)


@pytest.fixture
def hostile(keep: Callable[..., Path], stored: Callable[..., Any], make_result: Callable[..., Any]) -> Path:
    """A store whose every word is markup."""
    bad = "<img src=x onerror=alert(1)> [go](https://x.test) ![i](https://x.test/i.png) **b** `c` $x$ :red[y]"
    words = {"title": bad, "description": bad, "authors": [bad], "backbone": bad, "paper": bad, "licence": bad}
    cost = {"unpriced": {f"aten.{bad}": 1.0}}
    made = []
    for name in ("one", "two"):
        results = [make_result("elue", "mrpc", f"{bad}{number}", flops=number * 1e9, cost=cost) for number in (1, 2)]
        made.append(stored(f"{name}{bad}", *results, noise=0.01, method=bad, **words))
    return keep(*made)
