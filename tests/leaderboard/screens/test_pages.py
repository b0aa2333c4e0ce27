"""Every page over every kind of store: it is up, says what is wrong, and takes words for words."""

import ast
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import leaderboard
from harness.store import read_report
from leaderboard.building import made_index

HERE = Path(leaderboard.__file__).parent
NAMES = sorted(path.stem for path in (HERE / "screens").glob("*.py"))
OVER_RESULTS = ["frontier", "submission", "compare", "task"]
KINDS = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success")


def _said(app):
    """All Markdown of a page."""
    return [each.value for kind in KINDS for each in getattr(app, kind)]


@pytest.mark.parametrize("page", NAMES)
def test_every_page_is_up_over_a_full_store(open_full, page):
    app = open_full(page)
    assert not app.exception
    assert not app.error
    assert len(app.title) == 1
    assert not any("No report yet" in text for text in _said(app))


@pytest.mark.parametrize("page", NAMES)
def test_every_page_is_up_over_an_empty_store(open_app, keep, page):
    app = open_app(keep(), page)
    assert not app.exception
    assert len(app.title) == 1
    assert any("No report yet" in each.value for each in app.info) == (page in OVER_RESULTS)


@pytest.mark.parametrize("page", NAMES)
def test_every_page_is_up_beside_a_broken_report(open_app, keep, stored, make_result, page):
    store = keep(stored("fine", make_result(), noise=0.01))
    (store / "broken").mkdir()
    (store / "broken" / "report.json").write_text('{"schema_version": 1, "submission": 3}')
    app = open_app(store, page, **({"task": "mrpc"} if page == "frontier" else {}))
    assert not app.exception
    assert not app.error
    if page == "frontier":
        assert any("broken/report" in each.value.replace("\\", "") for each in app.warning), "it is named"
        assert app.dataframe[0].value["submission"].tolist() == ["fine"]
    if page == "submission":
        assert app.selectbox(key="name").options == ["fine"]


@pytest.mark.parametrize("page", ["frontier", "submission", "compare", "task", "published"])
def test_a_store_that_is_none_is_explained(open_app, tmp_path, page):
    app = open_app(tmp_path / "nowhere", page)
    assert not app.exception
    assert ["is no folder" in each.value for each in app.error] == [True]


@pytest.mark.parametrize("page", NAMES)
def test_a_report_without_results_is_no_trouble(open_app, keep, stored, page):
    app = open_app(keep(stored("planned")), page)
    assert not app.exception
    if page == "submission":
        assert [each.value for each in app.info] == ["It has been evaluated on no task yet."]


@pytest.mark.parametrize("page", NAMES)
def test_words_are_words_on_every_page(open_app, hostile, page):
    query = {}
    if page == "compare":
        reports = [read_report(folder) for folder in sorted(hostile.iterdir())]
        query["with"] = [f"{each.submission.name} {each.results[0].point}" for each in reports]
    app = open_app(hostile, page, **query)
    assert not app.exception
    reader = MarkdownIt("commonmark", {"html": True})
    for text in _said(app):
        for block in reader.parse(text):
            kinds = {block.type, *(piece.type for piece in block.children or ())}
            assert not kinds & {"html_inline", "html_block", "image"}, text
            for piece in block.children or ():
                target = piece.attrGet("href") if piece.type == "link_open" else None
                assert target is None or "x.test" not in target
        assert ":red[" not in text


def test_the_words_were_there(open_app, hostile):
    """Or the test above would be none."""
    app = open_app(hostile, "submission")
    shown = " ".join(_said(app)).replace("\\", "")
    assert shown.count("<img src=x onerror=alert(1)>") >= 6


def test_what_is_read_again_may_have_gone(open_app, keep, stored, make_result, monkeypatch):
    """A report that breaks while somebody reads, before the index is made anew."""
    store = keep(stored("fine", make_result(), noise=0.01))
    place = made_index(store)
    monkeypatch.setattr("leaderboard.store.made_index", lambda _store: place)
    app = open_app(store, "submission")
    (store / "00" / "report.json").write_text("{")
    app.run()
    assert not app.exception
    assert ["no JSON" in each.value for each in app.error] == [True]


def test_the_menu_has_every_page():
    (pages,) = re.findall(r"^PAGES = (\(\n.*?^\))", (HERE / "app.py").read_text(), re.DOTALL | re.MULTILINE)
    assert sorted(name for name, _, _ in ast.literal_eval(pages)) == NAMES
    assert len(NAMES) == 7
