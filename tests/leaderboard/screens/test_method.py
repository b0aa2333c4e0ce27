"""The page on cost is the documentation's, with its long table folded away."""

from pathlib import Path


def test_the_whole_document_is_there(open_full):
    app = open_full("method")
    document = (Path(__file__).parents[3] / "docs" / "cost.md").read_text("utf-8")
    shown = "\n".join(each.value for each in app.markdown)
    for line in document.splitlines():
        words = line.strip()
        if words and not words.startswith(("# ", "<!--")):
            assert words.removeprefix("## ") in shown or words == "## The table"
    (table,) = app.expander
    assert table.label == "The table of operators"
    assert "addmm" in table.markdown[0].value
    assert "| operators | cost |" not in "\n".join(each.value for each in app.markdown if each not in table.markdown)
