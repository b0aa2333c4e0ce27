"""The page of results is made, not written."""

from pathlib import Path

from baselines.results import document
from baselines.spread import seed_stores

ROOT = Path(__file__).parents[2]


def test_the_page_says_what_the_committed_reports_say() -> None:
    assert [path.name for path in seed_stores(ROOT / "submissions")] == ["submissions", "1", "2"]
    assert (ROOT / "docs" / "results.md").read_text() == document(ROOT / "submissions"), "run: make docs"
