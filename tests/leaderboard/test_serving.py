"""The process of the app: it has done what a first view takes before it answers."""

import runpy
import sys
from pathlib import Path

import pytest

from leaderboard import serving
from leaderboard.building import made_index
from leaderboard.store import STORE, index_at


@pytest.fixture
def served(monkeypatch):
    """What was run as a program, with which words, and which indices were open by then."""
    calls = []

    def run(name, *, run_name):
        calls.append((name, run_name, sys.argv, index_at.cache_info().currsize))

    monkeypatch.setattr(runpy, "run_module", run)
    monkeypatch.setattr(sys, "argv", ["serving.py", "--server.port", "9000"])
    index_at.cache_clear()
    return calls


def test_the_index_is_open_before_the_first_visitor(served, keep, stored, make_result, monkeypatch):
    store = keep(stored("one", make_result(), noise=0.01))
    monkeypatch.setenv(STORE, str(store))
    serving.main()
    ((name, run_name, argv, opened),) = served
    assert (name, run_name, opened) == ("streamlit", "__main__", 1)
    assert argv[:2] == ["streamlit", "run"]
    assert Path(argv[2]).samefile(Path(serving.__file__).parent / "app.py")
    assert argv[3:] == ["--server.port", "9000"]
    index_at(made_index(store))
    assert index_at.cache_info().hits == 1, "a page opens what is open"


def test_a_store_that_is_none_is_the_pages_to_explain(served, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE, str(tmp_path / "nowhere"))
    serving.main()
    assert [opened for *_, opened in served] == [0]


def test_an_empty_store_is_served(served, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE, str(tmp_path))
    serving.main()
    assert len(served) == 1
