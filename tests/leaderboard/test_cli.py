"""The verb that opens the board: what it would run, and what it says where it cannot."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

import leaderboard.cli as verb
from leaderboard.building import made_index
from leaderboard.store import ALLOW, DATA_DIR, STORE


@pytest.fixture
def started(monkeypatch):
    """What would have been run: (command, environment), in order."""
    calls = []

    def run(command, *, env, check):
        calls.append((command, env))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(verb.subprocess, "run", run)
    monkeypatch.delenv(DATA_DIR, raising=False)
    return calls


@pytest.fixture
def store(keep, stored, make_result):
    return keep(stored("one", make_result(), noise=0.01))


def test_it_runs_the_app_over_the_store(run, started, store):
    outcome = run("leaderboard", "--store", store)
    assert (outcome.code, outcome.out) == (0, "")
    assert "http://localhost:8501  (Ctrl-C ends it)" in outcome.err
    ((command, environment),) = started
    assert command == [sys.executable, "-m", "leaderboard.serving", "localhost", "8501"]
    assert (environment[STORE], environment[ALLOW]) == (str(store), "0")
    assert DATA_DIR not in environment


@pytest.mark.parametrize(("words", "allowed"), [([], "0"), (["--allow-submissions"], "1")])
def test_uploads_are_kept_only_where_it_is_said(run, started, store, monkeypatch, words, allowed):
    monkeypatch.setenv(ALLOW, "1")
    assert run("leaderboard", "--store", store, *words).code == 0
    assert started[0][1][ALLOW] == allowed


def test_address_port_and_data_are_passed_on(run, started, store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("--address", "0.0.0.0", "--port", "9000", "--data-dir", "data")
    outcome = run("leaderboard", "--store", store.relative_to(tmp_path), *words)
    ((command, environment),) = started
    assert command[3:] == ["0.0.0.0", "9000"]
    assert "http://0.0.0.0:9000" in outcome.err
    assert (environment[STORE], environment[DATA_DIR]) == (str(store), str(tmp_path / "data"))


def test_the_index_is_there_before_the_first_visitor(run, started, store, cache):
    run("leaderboard", "--store", store)
    assert list(cache.rglob("facts.json")) == [made_index(store) / "facts.json"]


@pytest.mark.parametrize("code", [0, 1, 130])
def test_it_ends_as_the_app_ends(run, store, monkeypatch, code):
    monkeypatch.setattr(subprocess, "run", lambda *_command, **_options: SimpleNamespace(returncode=code))
    assert run("leaderboard", "--store", store).code == code


def test_a_store_that_is_none_is_explained(run, started, tmp_path):
    outcome = run("leaderboard", "--store", tmp_path / "nowhere")
    assert outcome.code == 1
    assert "nowhere is no folder" in " ".join(outcome.err.split())
    assert started == []


@pytest.mark.parametrize("missing", ["streamlit", "plotly", "pandas"])
def test_without_its_libraries_it_says_what_to_install(run, started, store, monkeypatch, missing):
    monkeypatch.setattr(verb, "find_spec", lambda name: None if name == missing else object())
    outcome = run("leaderboard", "--store", store)
    assert outcome.code == 1
    said = " ".join(outcome.err.split())
    assert f"The leaderboard needs {missing}." in said
    assert 'pip install "paretonlp[leaderboard]"' in said
    assert started == []


@pytest.mark.parametrize("port", ["0", "65536", "many"])
def test_a_port_that_is_none_is_refused(run, started, store, port):
    assert run("leaderboard", "--store", store, "--port", port).code == 2
    assert started == []


def test_help_has_an_example(run):
    outcome = run("leaderboard", "--help")
    assert outcome.code == 0
    assert "paretonlp leaderboard --store submissions" in " ".join(outcome.out.split())


def test_other_verbs_do_not_wait_for_streamlit():
    """It takes seconds to import, and only the app needs it."""
    script = "import sys, harness.cli; harness.cli.build(); print({'streamlit', 'plotly', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
