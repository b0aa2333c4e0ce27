"""The committed page is the one that the declarations make."""

from pathlib import Path

from harness.tasks import DATASETS, SUITES
from harness.tasks.document import document

PAGE = Path(__file__).parents[2] / "docs" / "tasks.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == document(), "run the command on the page's third line"


def test_page_names_every_task_dataset_and_commit():
    page = document()
    for suite in SUITES.values():
        assert all(f"| `{task.id}` |" in page for task in suite.tasks)
    for dataset in DATASETS.values():
        assert f"\n### {dataset.name}\n" in page
        assert all(source.revision in page for source in dataset.sources)
    assert "Counted as one task in the aggregate (their mean): mnli, mnli-mm." in page
