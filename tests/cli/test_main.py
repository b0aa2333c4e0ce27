"""The command as a whole: help, exit codes, speed, and what happens to bad input anywhere."""

import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from harness import cli
from harness.board import AXES
from harness.tasks import SUITES

COMMAND = get_command(cli.build())
VERBS = {name: verb for name, verb in COMMAND.commands.items() if verb.callback.__module__.startswith("harness.")}
HEAVY = ["scipy", "sklearn", "pyarrow", "torch", "pandas", "datasets", "transformers", "huggingface_hub", "evaluate"]


def test_every_verb_is_there():
    assert set(VERBS) == {
        *("tasks", "init", "predict", "validate", "evaluate", "flops", "board", "compare", "export", "import-elue"),
    }


@pytest.mark.parametrize("name", VERBS)
def test_help_has_examples_that_parse(run, name):
    verb = VERBS[name]
    examples = [shlex.split(text) for text in re.findall(r"Example: `paretonlp ([^`]+)`", verb.help)]
    assert examples
    for called, *words in examples:
        assert called == name
        verb.make_context(name, words)
    shown = run(name, "--help")
    assert shown.code == 0
    assert f"Example: paretonlp {name}" in shown.out
    assert run(name, "-h").out == shown.out


def test_the_commands_own_help_has_an_example_too(run):
    shown = run("--help")
    assert shown.code == 0
    assert all(name in shown.out for name in VERBS)
    (words,) = re.findall(r"Example: (paretonlp .*)", shown.out)
    _, name, *rest = shlex.split(words)
    VERBS[name].make_context(name, rest)


def test_help_names_what_can_be_chosen(run, width):
    width(200)
    scored = [suite.name for suite in SUITES.values() if not any(task.hidden for task in suite.tasks)]
    for verb in ("evaluate", "board", "export"):
        assert all(name in run(verb, "--help").out for name in scored)
    assert all(name in run("predict", "--help").out for name in SUITES)
    assert f"The cost axis: {', '.join(AXES)}." in VERBS["board"].params[3].help
    assert "<dataset>/<split>.parquet" in run("evaluate", "--help").out


def test_help_is_quick_since_nothing_heavy_is_imported():
    code = (
        "import sys, json, harness.cli; sys.argv = ['paretonlp', '--help']\n"
        "try: harness.cli.main()\n"
        f"finally: print(json.dumps([name for name in {HEAVY} if name in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == []


@pytest.mark.parametrize(
    "words",
    [
        ("evalute",),
        ("evaluate",),
        ("evaluate", "x", "--limit", "0"),
        ("evaluate", "x", "--limit", "many"),
        ("evaluate", "x", "--sweet", "elue"),
        ("tasks", "elue", "glue"),
        ("export", "--format", "xml"),
        ("export",),
        ("flops", "x", "--tokens", "-1"),
        ("compare", "one"),
        ("init",),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_said_and_exits_with_2(run, words):
    outcome = run(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Usage: paretonlp" in outcome.err


def test_a_misspelt_verb_gets_a_hint(run):
    assert "Did you mean 'evaluate'" in run("evalute").err


NOT_THERE = "no-submission"


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (("tasks", "gleu"), "no-such-suite", "Did you mean 'glue'?"),
        (("evaluate", "{here}", "--suite", "eleu"), "no-such-suite", "Did you mean 'elue'?"),
        (("evaluate", "{here}", "--suite", "elue", "--tasks", "mprc"), "no-such-task", "Did you mean 'mrpc'?"),
        (("evaluate", "{here}", "--suite", "glue-test"), "hidden-gold", "paretonlp predict FOLDER --suite glue-test"),
        (("evaluate", "{here}", "--suite", "glue-test", "--plan"), "hidden-gold", ""),
        (("evaluate", "{here}", "--data-dir", "{here}/no"), "no-such-directory", ""),
        (("evaluate", "{here}/no"), NOT_THERE, "submission.yaml"),
        (("evaluate", "{here}"), "manifest-missing", ""),
        (("evaluate", "{file}"), "", "zip"),
        (("evaluate", "{here}/no", "--plan"), NOT_THERE, ""),
        (("predict", "{here}", "--suite", "glue-tset"), "no-such-suite", "Did you mean 'glue-test'?"),
        (("predict", "{here}", "--tasks", "sentimnet"), "no-such-task", "Did you mean 'sentiment'?"),
        (("predict", "{here}", "--data-dir", "{file}"), "no-such-directory", ""),
        (("predict", "{here}"), "manifest-missing", ""),
        (("validate", "{here}/no"), NOT_THERE, ""),
        (("validate", "{here}"), "manifest-missing", ""),
        (("validate", "{file}"), "", "zip"),
        (("flops", "{here}"), "no-model", "model.py"),
        (("flops", "{here}/no"), "no-model", "model.py"),
        (("flops", "{file}"), "no-model", "model.py"),
        (("board", "--store", "{here}/no"), "no-such-store", ""),
        (("board", "--store", "{file}"), "no-such-store", ""),
        (("board", "--store", "{here}", "--suite", "prob"), "no-such-suite", "Did you mean 'probe'?"),
        (("board", "--store", "{here}", "--task", "sentimnt"), "no-such-task", "Did you mean 'sentiment'?"),
        (("board", "--store", "{here}", "--cost", "flop"), "no-such-axis", "Did you mean 'flops'?"),
        (("board", "--store", "{here}", "--reference", "me"), "no-such-submission", ""),
        (("board", "--store", "{here}", "--suite", "glue-test"), "hidden-gold", "glue"),
        (("compare", "a", "b", "--store", "{here}"), "no-such-submission", ""),
        (("compare", "a", "b", "--store", "{here}/no"), "no-such-store", ""),
        (("export", "--format", "csv", "--store", "{here}", "--suite", "elu"), "no-such-suite", "'elue'"),
        (("export", "--format", "csv", "--store", "{here}", "--task", "x"), "no-such-task", "Known: sentiment"),
        (("export", "--format", "csv", "--store", "{here}", "--suite", "glue-test"), "hidden-gold", ""),
        (("export", "--format", "glue", "--store", "{here}", "--submission", "x"), "no-submission", "name:point"),
        (("export", "--format", "csv", "--store", "{here}", "-o", "{here}/no/x.csv"), "no-such-directory", "--output"),
        (("export", "--format", "csv", "--store", "{here}", "-o", "{here}"), "system", ""),
        (("import-elue", "{here}/no", "{here}/new", "--yes"), "", ""),
        (("import-elue", "{file}", "{here}/new", "--yes"), "", ""),
        (("import-elue", "{here}", "{here}/new", "--answer", "x"), "bad-answer", "key=answer"),
        (("init", "Not A Name", "--into", "{here}"), "submission-name", "lower-case"),
        (("init", "fine", "--into", "{file}"), "system", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_input_is_a_finding_and_exits_with_1(run, tmp_path, words, code, hint):
    here, file = tmp_path / "here", tmp_path / "file.txt"
    here.mkdir()
    file.write_text("neither a zip nor a folder\n")
    outcome = run(*(word.format(here=here, file=file) for word in words))
    assert (outcome.code, outcome.out) == (1, "")
    assert f"error {code}" in outcome.err
    assert hint in outcome.err
    assert list(here.iterdir()) == []


def test_an_interrupt_exits_with_130(run, monkeypatch):
    def interrupt(_name):
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.tasks.suite", interrupt)
    assert run("tasks", "elue").code == 130


def test_a_reader_that_goes_away_is_no_error():
    words = [sys.executable, "-c", "from harness.cli import main; main()", "tasks"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
        command.stdout.close()
        assert "Traceback" not in command.stderr.read()


def test_a_terminal_without_unicode_shows_what_it_can(run, three, monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert run("board", "--suite", "elue", "--store", three).code == 0
    sys.stdout.flush()
    assert b"\\u25cf" in raw.getvalue()


def test_errors_of_the_system_name_the_file(run, monkeypatch):
    def full(_path, _content):
        raise OSError(28, "No space left on device", "/disk/report.json")

    monkeypatch.setattr("harness.atomic.write_whole", full)
    store = Path(__file__).parent
    outcome = run("export", "--format", "csv", "--store", store, "-o", "x.csv")
    assert (outcome.code, outcome.err) == (1, "error system  /disk/report.json  No space left on device.\n")
