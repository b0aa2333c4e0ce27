"""The published operator table is that of the code."""

from harness.cost.document import BEGIN, END, PAGE, renewed, table
from harness.cost.operators import FORMULAS, FREE


def test_the_committed_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run python -m harness.cost.document"


def test_what_is_written_by_hand_stays() -> None:
    page = f"# Before\n{BEGIN}\nan outdated row\n{END}\nafter\n"
    new = renewed(page)
    assert new.startswith("# Before\n")
    assert new.endswith(f"{END}\nafter\n")
    assert "an outdated row" not in new


def test_every_operator_is_in_the_table() -> None:
    text = table()
    names = {key.removeprefix("aten.").removeprefix("_foreach_").removesuffix("_") for key in (*FORMULAS, *FREE)}
    assert [name for name in names if f"`{name}`" not in text and f"`{name}_`" not in text] == []
