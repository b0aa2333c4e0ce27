import csv
import io
import json

import pytest

from harness.cli import console
from harness.tasks import SUITES
from tests.cli.strangers import EVIL, harmless


def words(store, kind, *more):
    return ("export", "--format", kind, "--suite", "elue", "--task", "mrpc", "--store", store, *more)


def test_the_board_as_csv_json_and_markdown(run, three, tmp_path):
    as_csv = run(*words(three, "csv"))
    assert (as_csv.code, as_csv.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert [(row["submission"], row["point"], float(row["flops"])) for row in rows] == [
        ("tiny", "p", 1e9),
        ("dense", "half", 2e9),
        ("dense", "full", 11.2e9),
    ]
    records = json.loads(run(*words(three, "json")).out)
    assert [record["score"] for record in records] == [0.81, 0.80, 0.8765]
    table = run(*words(three, "md")).out.splitlines()
    assert len(table) == 2 + 3
    assert all(line.startswith("| ") and line.endswith(" |") for line in table)
    written = run(*words(three, "csv", "-o", tmp_path / "board.csv"))
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "board.csv").read_text() == as_csv.out


def test_standings_are_a_line_a_submission(run, three):
    records = json.loads(run(*words(three, "json", "--standings")).out)
    assert {record["submission"]: record["points"] for record in records} == {"tiny": 1, "dense": 2}


def test_without_a_task_it_is_the_aggregate_of_those_that_have_every_task(run, store):
    facts = [{"task": task.name, "score": 0.1 * number} for number, task in enumerate(SUITES["elue"].tasks)]
    path = store(("whole", facts), ("part", facts[:-1]))
    records = json.loads(run("export", "--format", "json", "--suite", "elue", "--store", path).out)
    assert [(record["submission"], record["score"]) for record in records] == [("whole", pytest.approx(0.25))]


def test_what_a_terminal_shows_is_harmless_and_a_file_is_exact(run, three, monkeypatch, tmp_path):
    path = three / "s0" / "report.json"
    document = json.loads(path.read_text())
    document["submission"]["backbone"] = f"{EVIL} :smile:"
    path.write_text(json.dumps(document))
    exact = run(*words(three, "csv")).out
    assert EVIL in exact
    run(*words(three, "csv", "-o", tmp_path / "x.csv"))
    assert (tmp_path / "x.csv").read_text() == exact
    monkeypatch.setattr(console.out, "_force_terminal", True)
    shown = run(*words(three, "csv")).out
    assert harmless(shown)
    assert ":smile:" in shown


@pytest.mark.parametrize("name", ["", "mine", ":full", "mine:"])
def test_the_servers_zip_is_of_one_point(run, tmp_path, name):
    outcome = run("export", "--format", "glue", "--store", tmp_path, "--submission", name, "-o", tmp_path / "x.zip")
    assert (outcome.code, outcome.out) == (1, "")
    assert "--submission name:point -o glue.zip" in outcome.err
