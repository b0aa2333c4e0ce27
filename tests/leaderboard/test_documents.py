from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard.documents import sections

WORDS = st.lists(st.text("abc é", min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join).map(str.strip)
WORDS = WORDS.filter(bool)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), WORDS)
def test_what_is_put_together_comes_apart(parts, before):
    text = f"# Title\n\n{before}\n" + "".join(f"\n## {heading}\n\n{body}\n" for heading, body in parts)
    assert sections(text) == [("", before), *parts]


def test_nothing_before_the_first_heading_is_no_section():
    assert sections("# Title\n\n## One\n\nbody\n") == [("One", "body")]
    assert sections("## One\nbody") == [("One", "body")]


@pytest.mark.parametrize("text", ["", "\n\n", "# Title\n", "# Title\n\n<!-- all of it -->\n"])
def test_nothing_is_nothing(text):
    assert sections(text) == []


def test_comments_of_several_lines_are_left_out():
    assert sections("## A\n\none <!-- x\n\n## B\n\ny --> two\n") == [("A", "one  two")]


def test_deeper_headings_belong_to_the_body():
    assert sections("## A\n\n### a\n\nbody\n#### b") == [("A", "### a\n\nbody\n#### b")]


def test_a_heading_without_a_body():
    assert sections("## A\n## B\n") == [("A", ""), ("B", "")]


def test_the_page_on_cost_is_cut_at_all_its_headings():
    text = (files("leaderboard") / "cost.md").read_text("utf-8")
    found = sections(text)
    assert [heading for heading, _ in found] == ["", *(line[3:] for line in text.splitlines() if line[:3] == "## ")]
    assert "The table" in dict(found), "which the page folds away"
    assert all(body for _, body in found)
    assert "<!--" not in "".join(body for _, body in found)
