"""Somebody's words stay words: what Markdown makes of them is one paragraph of the same text."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from leaderboard.widgets import markdown, safe_link

MARKS = "\\`*_{}[]()#+-.!|<>~$:&^=\"'/@%;, \t\n\r0123456789abcxyzwhtps"
WORDS = (
    st.text(MARKS, max_size=40)
    | st.text(max_size=40)
    | st.lists(
        st.sampled_from(
            [
                *(
                    "# ",
                    "- ",
                    "+ ",
                    "1. ",
                    "1) ",
                    "> ",
                    "```",
                    "~~~",
                    "---",
                    "***",
                    "===",
                    "    ",
                    "\t",
                    "\n\n",
                    "\n",
                    "  \n",
                ),
                *(
                    "<b>",
                    "</b>",
                    "<script>",
                    "<!--",
                    "-->",
                    "&amp;",
                    "&#60;",
                    "[a](b)",
                    "![a](b)",
                    "[a]: b",
                    "<http://a.b>",
                ),
                *(
                    "https://a.b",
                    "www.a.b",
                    "a@b.co",
                    "|a|b|",
                    "|-|-|",
                    "**",
                    "__",
                    "~~",
                    "$",
                    "$$",
                    ":smile:",
                    ":red[a]",
                ),
                *("\\", "\\\\", "`", "[^1]", "[x]", "word"),
            ]
        ),
        max_size=8,
    ).map("".join)
)


def _plain(text):
    """The words with single spaces, and what does not print written out."""
    words = " ".join(text.split())
    return "".join(letter if letter.isprintable() else ascii(letter).strip("'") for letter in words)


def _inline(text, preset):
    """The pieces of the one paragraph that a text is."""
    reader = MarkdownIt(preset, {"linkify": False, "html": True}).enable("table").enable("strikethrough")
    tokens = reader.parse(text)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return tokens[1].children


@pytest.mark.parametrize("preset", ["commonmark", "js-default"])
@given(WORDS)
@example("1. not a list")
@example("https://example.org/a_b_c")
@example("$x^2$ and $$y$$")
@example("a\\")
@example("\\<b>")
@settings(max_examples=150, deadline=None)
def test_words_are_a_paragraph_of_the_same_text(preset, text):
    if not text.split():
        assert markdown(text) == ""
        return
    pieces = _inline(markdown(text), preset)
    assert {piece.type for piece in pieces} <= {"text", "text_special"}
    assert "".join(piece.content for piece in pieces) == _plain(text)


@given(WORDS)
@settings(max_examples=100, deadline=None)
def test_nothing_is_left_of_streamlits_own_marks(text):
    """Mathematics, colours, icons: their marks are escaped, each by one backslash."""
    shown = markdown(text)
    for place, mark in enumerate(shown):
        if mark in "$:~^[]<>`*_#|&{}()!+-.":
            before = len(shown[:place]) - len(shown[:place].rstrip("\\"))
            assert before % 2 == 1


@given(st.lists(st.sampled_from(["a", "b_c", "-", "1.", "<i>"]), max_size=5), st.sampled_from([" ", "\n", "\t \n"]))
def test_lines_become_one(words, space):
    assert markdown(space.join(words)) == " ".join(markdown(word) for word in words)


def _links(text):
    """Where a text links to, and its words."""
    pieces = _inline(text, "commonmark")
    targets = [piece.attrGet("href") for piece in pieces if piece.type == "link_open"]
    return targets, "".join(piece.content for piece in pieces)


@pytest.mark.parametrize(
    "address",
    [
        "https://arxiv.org/abs/2110.07038",
        "http://example.org",
        "https://example.org/a_b*c~d?x=1&y=2#top",
        "https://aclanthology.org/2022.naacl-main.240/",
        "https://example.org/%3Cb%3E",
        "https://http://example.org",
        "https://user@example.org:8080/!$",
    ],
)
def test_addresses_are_links_that_show_where_they_go(address):
    targets, words = _links(safe_link(address))
    assert targets == [address]
    assert words == address.partition("://")[2]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "https://a.b\njavascript:alert(1)",
        "https://a.b c",
        "https://a.b)",
        "https://a.b>(x)<",
        "https://a.b\\",
        "https://a.b`",
        " https://a.b",
        "https://",
        "ftp://a.b",
        "//a.b",
        "a.b",
        "[a](https://a.b)",
        "<https://a.b>",
        'https://a.b"onclick="x',
        "Liu et al., 2022",
    ],
)
def test_other_words_link_nowhere(text):
    targets, words = _links(safe_link(text))
    assert targets == []
    assert words == _plain(text)


@given(WORDS | st.text(MARKS, max_size=20).map("https://{}".format) | st.text(max_size=20).map("http://{}".format))
@settings(max_examples=200, deadline=None)
def test_a_link_is_an_address_of_the_web_or_nothing(text):
    shown = safe_link(text)
    targets, words = _links(shown)
    assert len(targets) <= 1
    if targets:
        assert text.startswith(("https://", "http://"))
        assert words == _plain(text).partition("://")[2]
        assert not any(unicodedata.category(letter) in {"Zs", "Zl", "Zp"} for letter in text)
    else:
        assert words == (_plain(text) or "–")


def test_nothing_is_a_dash():
    assert safe_link("") == safe_link(" \n") == "–"


def _show_counts():
    import pandas as pd

    from leaderboard.widgets import table

    rows = pd.DataFrame({"name": ["a", "b"], "FLOPs": [2_204_512_345, None], "size": [17_500, 3]})
    table(rows, "costs", "costs", counts={"FLOPs": "", "size": "B"})


def test_counts_are_in_millions_with_a_heading_that_says_so():
    app = AppTest.from_function(_show_counts).run()
    assert not app.exception
    assert app.dataframe[0].value.to_dict("list") == {
        "name": ["a", "b"],
        "FLOPs (M)": [2204.512345, pytest.approx(float("nan"), nan_ok=True)],
        "size (MB)": [0.0175, 0.000003],
    }
    (button,) = app.get("download_button")
    assert button.proto.label == "CSV"
