"""The page of one task: its card and its board."""

import pytest

from harness.tasks import SUITES

TASKS = [("elue", "stsb"), ("glue", "mnli")]


@pytest.mark.parametrize(("suite", "name"), TASKS)
def test_the_card_is_the_registrys(full, open_full, suite, name):
    (task,) = [task for task in SUITES[suite].tasks if task.name == name]
    app = open_full("task", suite=suite, task=name)
    assert not app.exception
    words = " ".join(each.value for each in app.markdown).replace("\\", "")
    for fact in (task.metric, f"{task.rows:,} samples", task.dataset.licence, *task.dataset.text_columns):
        assert fact in words
    if task.dataset.is_regression:
        assert f"a score from {task.dataset.score_range[0]:g} to {task.dataset.score_range[1]:g}" in words
    else:
        assert ", ".join(task.dataset.labels) in words


@pytest.mark.parametrize(("suite", "name"), TASKS)
def test_the_board_is_the_tasks(full, open_full, suite, name):
    app = open_full("task", suite=suite, task=name)
    shown = {(row["submission"], row["point"]): row for row in app.dataframe[0].value.to_dict("records")}
    board = full.board(suite, name).rows
    assert set(shown) == {(row.submission, row.point) for row in board}
    for row in board:
        mark = "●" if row.on_frontier else "" if row.ranked else "○"
        assert shown[row.submission, row.point]["frontier"] == mark


def test_tasks_and_suites_can_be_changed(full, open_full):
    app = open_full("task", suite="elue", task="imdb")
    assert app.selectbox(key="task").options == [task.name for task in SUITES["elue"].tasks]
    app.selectbox(key="suite").set_value("glue").run()
    assert not app.exception
    assert app.selectbox(key="task").value == "cola"
    app.selectbox(key="task").set_value("wnli").run()
    assert len(app.dataframe[0].value) == len(full.board("glue", "wnli").rows)
    app.selectbox(key="cost").set_value("bytes").run()
    assert not app.exception
    assert "Size as stored (MB)" in app.dataframe[0].value
