from harness.glue_server import GLUE_FILES
from harness.tasks import SUITES


def test_all_suites_are_listed_on_a_narrow_terminal(run, width):
    width(80)
    shown = run("tasks")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines()]
    for suite in SUITES.values():
        for task in suite.tasks:
            assert [task.id, task.dataset.name, task.split, f"{task.rows:,}", task.metric] in lines


def test_one_suite_says_what_its_datasets_hold(run):
    shown = run("tasks", "elue").out
    assert "glue/cola" not in shown
    assert "0 entailment, 1 neutral, 2" in shown
    assert "a score from 0 to 5" in shown
    assert "sentence1, sentence2" in shown


def test_hidden_test_sets_are_listed_with_their_rows(run):
    shown = run("tasks", "glue-test").out
    assert all(f"glue-test/{file.task} " in shown and f"{file.rows:,}" in shown for file in GLUE_FILES)
    assert "keeps" in shown
