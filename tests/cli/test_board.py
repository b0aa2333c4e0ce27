import json
from pathlib import Path

import pytest

from harness.tasks import SUITES
from tests.cli.strangers import EVIL, harmless

ROOT = Path(__file__).parents[2]
LONG = "a-rather-long-name-of-a-submission-that-has-sixty-four-letters-0"


def lines(outcome, start=""):
    return [line for line in outcome.out.splitlines() if line.startswith(start)]


def test_figures_frontier_and_proof(run, three, width):
    width(120)
    outcome = run("board", "--suite", "elue", "--task", "mrpc", "--store", three)
    assert (outcome.code, outcome.err) == (0, "")
    rows = [line.split() for line in lines(outcome) if line.endswith("·  ")]
    assert rows == [
        ["●", "dense", "tiny", "p", "81.00", "1.0", "100%", "1G", "12.3M", "✓", "·", "·"],
        ["dense", "dense", "half", "80.00", "1.0", "0%", "2G", "50M", "✓", "·", "·"],
        ["●", "dense", "dense", "full", "87.65", "1.0", "100%", "11.2G", "109M", "✓", "·", "·"],
    ]
    assert "cost len ans: ✓ found by the harness   ~ self-reported   · declared only" in outcome.out


@pytest.mark.parametrize("cost", ["flops", "effective_flops", "non_embedding", "bytes"])
@pytest.mark.parametrize("columns", [80, 120])
def test_long_names_fold_and_numbers_stay_whole(run, store, width, columns, cost):
    width(columns)
    counts = {"non_embedding": 85_646_592, "bytes": 437_928_960, "nonzero_provenance": "measured"}
    facts = {"point": "layers-12-of-12", "score": 0.9912, "flops": 11_169_792_000, "parameters": 109_482_240}
    facts |= {"counts": counts, "cost": {"effective_flops": 987_654_321.0}}
    path = store((LONG, [facts]))
    outcome = run("board", "--suite", "elue", "--task", "mrpc", "--store", path, "--cost", cost)
    shown = outcome.out.splitlines()
    assert max(len(line) for line in shown if not line.startswith("note: ")) <= columns
    first = next(line for line in shown if "99.12" in line).split()
    figure = {"flops": "11.2G", "effective_flops": "988M", "non_embedding": "85.6M", "bytes": "438MB"}[cost]
    assert first[-8:] == ["99.12", "1.0", "100%", figure, "109M", "✓", "·", "·"]
    if columns == 120:
        assert LONG in "".join(word for line in shown for word in line.split() if word in LONG)


def test_every_task_the_aggregate_and_the_elue_score(run, store, width):
    width(120)
    tasks = [task.name for task in SUITES["elue"].tasks]
    reference = [{"task": task, "point": point, "score": score, "flops": flops}
                 for task in tasks for point, score, flops in (("p3", 0.7, 1e9), ("p6", 0.8, 2e9))]  # fmt: skip
    mine = [{"task": task, "point": "full", "score": 0.78, "flops": 1.5e9} for task in tasks]
    outcome = run("board", "--suite", "elue", "--store", store(("elastic", reference), ("mine", mine[:-1])),
                  "--reference", "elastic")  # fmt: skip
    assert outcome.code == 0
    assert lines(outcome, "elue/") == [f"elue/{task} quality against FLOPs" for task in tasks]
    assert lines(outcome, "elue, all") == ["elue, all tasks quality against FLOPs"]
    # on the reference curve between its points: 0.75 at 1.5 GFLOPs
    assert len(lines(outcome, "ELUE score of mine: +3.00")) == len(tasks) - 1
    assert lines(outcome, "mine full: 5 of 6, lacks stsb")


def test_a_note_is_said_once(run, store):
    path = store(("one", [{"task": task.name} for task in SUITES["elue"].tasks]))
    notes = lines(run("board", "--suite", "elue", "--store", path, "--reference", "one"), "note: ")
    assert "note: mrpc: one has no two points to draw the reference curve through" in notes
    assert len(notes) == len(set(notes))


def test_a_misspelt_reference_gets_a_hint(run, three):
    outcome = run("board", "--suite", "elue", "--store", three, "--reference", "tny")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Did you mean 'tiny'?" in outcome.err


def test_without_results_it_says_how_to_make_some(run, three, tmp_path):
    (tmp_path / "empty").mkdir()
    for words in (("--store", tmp_path / "empty", "--suite", "elue"), ("--store", three, "--suite", "glue")):
        outcome = run("board", *words)
        assert (outcome.code, outcome.out) == (1, "")
        assert "paretonlp evaluate" in outcome.err


@pytest.mark.parametrize("content", ["{", "[]", '{"schema_version": 99}', '{"schema_version": 1}'])
@pytest.mark.parametrize("verb", [("board",), ("export", "--format", "csv", "--task", "mrpc")], ids=lambda v: v[0])
def test_a_broken_report_is_named_and_the_rest_is_shown(run, three, content, verb):
    (three / "broken").mkdir()
    (three / "broken" / "report.json").write_text(content)
    outcome = run(*verb, "--suite", "elue", "--store", three)
    assert outcome.code == 0
    assert str(three / "broken" / "report.json") in outcome.err
    assert "tiny" in outcome.out


def test_replicates_that_are_broken_are_named(run, three):
    (three / "s0" / "replicates.npz").write_bytes(b"PK\3\4 not a zip")
    outcome = run("board", "--suite", "elue", "--store", three)
    assert outcome.code == 0
    assert str(three / "s0" / "replicates.npz") in outcome.err
    assert "note: mrpc: no replicates of tiny" in outcome.out


def test_words_of_a_report_do_nothing_to_the_terminal(run, three):
    path = three / "s0" / "report.json"
    document = json.loads(path.read_text())
    document["submission"] |= {"name": EVIL, "method": EVIL}
    (result,) = document["results"]
    result |= {"point": EVIL, "dataset": EVIL, "rows": 3}
    result["cost"]["unpriced"] = {EVIL: 1.0}
    path.write_text(json.dumps(document))
    for task in ((), ("--task", "mrpc")):
        assert harmless(run("board", "--suite", "elue", "--store", three, *task).out)
    (three / "s0" / "replicates.npz").unlink()
    compared = run("compare", EVIL, "dense", "--store", three)
    assert compared.code == 1
    assert harmless(compared.err)
    result["cost"]["provenance"] = EVIL
    path.write_text(json.dumps(document))
    assert "\x1b[31m" not in run("board", "--suite", "elue", "--store", three).err


def test_the_readme_shows_the_board_of_the_committed_submissions(run, width):
    width(130)
    outcome = run("board", "--suite", "probe", "--store", ROOT / "submissions")
    shown = [line.rstrip() for line in outcome.out.splitlines()]
    start = shown.index("probe, all tasks quality against FLOPs")
    block = "\n".join(shown[start:]).strip()
    assert f"```\n{block}\n```" in (ROOT / "README.md").read_text("utf-8")
