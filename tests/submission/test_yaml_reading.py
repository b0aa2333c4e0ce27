import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.findings import ParetoNLPError
from harness.submission.yaml_reading import dump_yaml, parse_yaml, resolve_plain


def codes(text: str) -> list[tuple[str, int | None]]:
    with pytest.raises(ParetoNLPError) as caught:
        parse_yaml(text, "submission.yaml")
    assert {finding.file for finding in caught.value.findings} == {"submission.yaml"}
    return [(finding.code, finding.row) for finding in caught.value.findings]


def test_reads_plain_data_with_lines() -> None:
    document = parse_yaml("a: 1\nb:\n  - x: [2.5, true]\n  - {y: null}\n", "f")
    assert document.data == {"a": 1, "b": [{"x": [2.5, True]}, {"y": None}]}
    assert document.row(("b", 0, "x")) == 3
    assert document.row(("b", 1, "y")) == 4
    assert document.row(("b", 0, "absent")) == 3
    assert document.row(()) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # The core schema's own table (YAML 1.2.2, section 10.3.2), and where YAML 1.1 differs.
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("FALSE", False),
        ("-19", -19),
        ("+12", 12),
        ("0", 0),
        ("0.", 0.0),
        ("-0.0", -0.0),
        (".5", 0.5),
        ("+12e03", 12000.0),
        ("-2E+05", -200000.0),
        (".inf", float("inf")),
        ("-.Inf", float("-inf")),
        ("1e-3", 0.001),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("010", 10),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("1.2.3", "1.2.3"),
        ("9" * 19, 1e19),
    ],
)
def test_plain_scalars(text: str, value: object) -> None:
    resolved = resolve_plain(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: *x\n", [("yaml-alias", 1)]),
        ("a: 1\nb: *x\n", [("yaml-alias", 2)]),
        ("a:\n  <<: {b: 1}\n", [("yaml-merge", 2)]),
        ("a: !!python/object/apply:os.system [ls]\n", [("yaml-tag", 1)]),
        ("a: !!str 1\n", [("yaml-tag", 1)]),
        ("a: 1\nb: 2\na: 3\n", [("yaml-duplicate-key", 3)]),
        ("a:\n  b: 1\n  b: 2\nc: {d: 1, d: 2}\n", [("yaml-duplicate-key", 3), ("yaml-duplicate-key", 4)]),
        ("? [a]\n: 1\nb: 1\nb: 2\n", [("yaml-key", 1), ("yaml-duplicate-key", 4)]),
        ("a: [1\nb: 2\n", [("yaml-syntax", 2)]),
        ("--- a\n--- b\n", [("yaml-syntax", 2)]),
        ('a: 1\nb: "\\ud800"\n', [("yaml-control-character", 2)]),
        ('a: "\\e[31m"\n', [("yaml-control-character", 1)]),
        ('"\\u202e": 1\n', [("yaml-control-character", 1)]),
        ('a: "\\UFFFFFFFF"\n', [("yaml-syntax", None)]),
        ("%YAML " + "9" * 5000 + ".1\n---\na\n", [("yaml-syntax", None)]),
        ("a: 1\na: 2\nb: *x\n", [("yaml-duplicate-key", 2), ("yaml-alias", 3)]),
        ("\n" + "[" * 21, [("yaml-depth", 2)]),
    ],
)
def test_refusals(text: str, expected: list[tuple[str, int | None]]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "- " * 100_000,
        "? " * 100_000,
        "&a " * 80_000,
        # Merge keys of this form keep yaml.safe_load busy for more than 20 seconds.
        "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
        "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20)),
    ],
)
def test_bombs_are_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ParetoNLPError):
        parse_yaml(text, "f")
    assert time.process_time() - started < 5


def test_agrees_with_pyyaml_where_the_two_schemas_agree() -> None:
    text = "a: \"x: y\"\nb: |\n  two\n  lines\nc: [1, -2, 3.5, 'q']\nd: {e: {f: []}}\ng: plain text # comment\n"
    assert parse_yaml(text, "f").data == yaml.safe_load(text)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf"))),
    st.sampled_from(["1e-3", "no", "null", "~", "", ".5", "010", "1:30", "2024-01-01", "<<", "- a", "#x", "a: b"]),
)
documents = st.dictionaries(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), min_size=1).filter(
        lambda key: key != "<<"
    ),
    st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3)
    ),
    max_size=4,
)


@settings(deadline=None)
@given(documents)
def test_what_is_dumped_reads_back(data: dict[str, object]) -> None:
    assert parse_yaml(dump_yaml(data), "f").data == data


def test_shared_objects_are_dumped_without_aliases() -> None:
    shared = {"rank": 8}
    assert parse_yaml(dump_yaml({"a": shared, "b": shared}), "f").data == {"a": shared, "b": shared}


@settings(max_examples=300)
@given(st.text() | st.text("ab:-[]{}&*!?<>|%#'\"\\, \n\t0U"))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        parse_yaml(text, "f")
    except ParetoNLPError as error:
        assert error.findings  # noqa: PT017
