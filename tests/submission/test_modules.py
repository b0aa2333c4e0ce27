import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.findings import ParetoNLPError
from harness.submission import ModuleRun, distinct_modules, format_modules, parse_modules

ROW = "(21),emb; (21,768),layer_1; (768),exit_1; (21,768),layer_2; (768),exit_2"


def test_the_row_of_the_paper() -> None:
    assert parse_modules(ROW) == (
        ModuleRun("emb", (21,)),
        ModuleRun("layer_1", (21, 768)),
        ModuleRun("exit_1", (768,)),
        ModuleRun("layer_2", (21, 768)),
        ModuleRun("exit_2", (768,)),
    )


@pytest.mark.parametrize("text", [" ( 21 , 768 ) , a.b-c ;", "(21,768,),a.b-c", "(21,768),a.b-c;", "(021,768),a.b-c"])
def test_spellings(text: str) -> None:
    assert parse_modules(text) == (ModuleRun("a.b-c", (21, 768)),)


@pytest.mark.parametrize(
    ("text", "sign", "expected"),
    [
        ("", 1, "'('"),
        ("   ", 4, "'('"),
        ("emb", 1, "'('"),
        ("(", 2, "a whole number"),
        ("()", 2, "a whole number"),
        ("(21", 4, "')'"),
        ("(21,768", 8, "')'"),
        ("(21)emb", 5, "','"),
        ("(21),", 6, "the name of a module, 200 signs at most"),
        ("(21),;", 6, "the name of a module, 200 signs at most"),
        ("(21),a b", 8, "';' or the end"),
        ("(21),a; (x),b", 10, "a whole number"),
        ("(21),a;;", 8, "'('"),
        ("(-1),a", 2, "a whole number"),
        ("(2.5),a", 2, "a whole number"),
        ("(0),a", 2, "a size from 1 to 1,000,000"),
        ("(1000001),a", 2, "a size from 1 to 1,000,000"),
        ("(" + "9" * 5000 + "),a", 2, "a size from 1 to 1,000,000"),
        ("(٣),a", 2, "a whole number"),
        ("(²),a", 2, "a whole number"),
        ("(1),a\0", 5, "the name of a module, 200 signs at most"),
        ("(1)," + "a" * 201, 5, "the name of a module, 200 signs at most"),
        ("(1,1,1,1,1,1,1,1,1),a", 18, "8 dimensions at most"),
        ("(1),a;" * 20_000, 65_537, None),
    ],
)
def test_where_it_goes_wrong(text: str, sign: int, expected: str | None) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        parse_modules(text)
    (finding,) = caught.value.findings
    assert (finding.code, finding.column, finding.expected) == ("modules-syntax", "modules", expected)
    assert finding.message.endswith(f"at sign {sign}.")


def test_distinct_sequences() -> None:
    texts = ["(3),a", "(3),b; (4),c", " (3) , a ;", "(3),a"]
    sequences, rows = distinct_modules(texts)
    assert sequences == ((ModuleRun("a", (3,)),), (ModuleRun("b", (3,)), ModuleRun("c", (4,))))
    np.testing.assert_array_equal(rows, [0, 1, 0, 0])
    empty, none = distinct_modules([])
    assert (empty, none.dtype, none.shape) == ((), np.int64, (0,))


names = st.from_regex(r"[^\s(),;]{1,20}", fullmatch=True).filter(str.isprintable)
runs = st.builds(ModuleRun, names, st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8).map(tuple))


@given(st.lists(runs, min_size=1, max_size=5), st.integers(0, 2**16))
def test_what_is_written_reads_back(sequence: list[ModuleRun], blanks: int) -> None:
    text = format_modules(sequence)
    assert parse_modules(text) == tuple(sequence)
    spaced = "".join(
        sign + " " * (blanks >> place % 16 & 1) if sign in "(),;" else sign for place, sign in enumerate(text)
    )
    assert parse_modules(spaced) == tuple(sequence)


@given(st.text() | st.text("(),; 12ab\t"))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parsed = parse_modules(text)
    except ParetoNLPError as error:
        assert len(error.findings) == 1  # noqa: PT017
    else:
        assert parse_modules(format_modules(parsed)) == parsed
