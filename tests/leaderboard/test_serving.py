"""The process of the app: it has done what a first view takes before it answers."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn

from leaderboard import serving
from leaderboard.building import made_index
from leaderboard.store import STORE, index_at

ROOT = Path(serving.__file__).parents[1]


@pytest.fixture
def served(monkeypatch):
    """What was served, with which settings, and how many indices were open by then."""
    calls = []
    monkeypatch.setattr(
        uvicorn, "run", lambda app, **settings: calls.append((app, settings, index_at.cache_info().currsize))
    )
    monkeypatch.setattr(sys, "argv", ["serving.py", "localhost", "9000"])
    index_at.cache_clear()
    return calls


def test_the_index_is_open_before_the_first_visitor(served, keep, stored, make_result, monkeypatch):
    store = keep(stored("one", make_result(), noise=0.01))
    monkeypatch.setenv(STORE, str(store))
    serving.main()
    ((app, settings, opened),) = served
    assert (settings["host"], settings["port"], opened) == ("localhost", 9000, 1)
    assert Path(app.script_path).samefile(Path(serving.__file__).parent / "app.py")
    hits = index_at.cache_info().hits
    index_at(made_index(store))
    assert index_at.cache_info().hits == hits + 1, "a page opens what is open"


def test_the_settings_are_those_beside_the_app(tmp_path):
    """Another folder, another process: what was read before does not count."""
    code = (
        "import sys, uvicorn, streamlit.config as config; from leaderboard import serving; "
        "sys.argv = ['', 'localhost', '1']; uvicorn.run = lambda *_, **__: None; serving.main(); "
        "print([config.get_option(f'{each}') for each in ('browser.gatherUsageStats', 'server.fileWatcherType')])"
    )
    environment = {**os.environ, STORE: str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[False, 'none']"
    assert done.stderr == b""


def test_a_store_that_is_none_is_the_pages_to_explain(served, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE, str(tmp_path / "nowhere"))
    serving.main()
    assert [opened for *_, opened in served] == [0]


def test_an_empty_store_is_served(served, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE, str(tmp_path))
    serving.main()
    assert len(served) == 1


def test_a_taken_port_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "leaderboard.serving", "127.0.0.1", str(taken.getsockname()[1])]
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | {STORE: str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode
    assert "address already in use" in ended.stderr
