"""From names to tasks, and from tasks to splits."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.findings import ParetoNLPError
from harness.tasks import task
from harness.tasks.choosing import refuse_hidden, split_loader, tasks_of


def test_tasks_are_those_that_are_named_in_that_order():
    assert [task.id for task in tasks_of("glue-test", ["ax", "cola"])] == ["glue-test/ax", "glue-test/cola"]
    assert len(tasks_of("glue-test")) == 11
    with pytest.raises(ParetoNLPError, match="Did you mean 'cola'"):
        tasks_of("glue-test", ["colla"])


def test_a_public_and_a_hidden_split_of_one_file_are_two(tmp_path):
    (tmp_path / "sst2").mkdir()
    pq.write_table(pa.table({"sentence": ["good", "bad"], "label": [1, 0]}), tmp_path / "sst2" / "test.parquet")
    load = split_loader(tmp_path)
    public, hidden = load(task("elue/sst2")), load(task("glue-test/sst2"))
    assert public.gold.tolist() == [1, 0]
    assert (hidden.gold.tolist(), hidden.rows, hidden.texts) == ([], 2, public.texts)
    assert load(task("glue-test/sst2")) is hidden
    assert load(task("elue/sst2")) is public


def test_a_data_directory_that_is_none_is_said_at_once(tmp_path):
    with pytest.raises(ParetoNLPError, match="data directory"):
        split_loader(tmp_path / "nowhere")


def test_hidden_tasks_are_not_scored():
    refuse_hidden(tasks_of("glue"))
    with pytest.raises(ParetoNLPError) as caught:
        refuse_hidden([task("glue/cola"), task("glue-test/cola"), task("glue-test/ax")])
    (finding,) = caught.value.findings
    assert "glue-test/cola, glue-test/ax can not be scored" in finding.message
    assert "paretonlp predict FOLDER --suite glue-test" in (finding.remedy or "")
