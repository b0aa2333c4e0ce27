"""JSON against the standard library's reader; files that are none."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.untrusted import parse_json, read_bounded

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19) + 1, 10**19 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(values)
def test_plain_json_is_what_the_standard_library_reads(value: object) -> None:
    text = json.dumps(value)
    assert parse_json(text) == json.loads(text)
    assert repr(parse_json(text)) == repr(json.loads(text))


@settings(deadline=None)
@given(st.text() | st.text('{}[]":,0123456789eE.-+ntrufalsNI'))
def test_any_other_text_is_a_value_error_or_the_same(text: str) -> None:
    try:
        found = parse_json(text)
    except ValueError:
        return
    assert repr(found) == repr(json.loads(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1, "a": 1}', "a key is there twice"),
        ('[{"b": {"a": 1, "\\u0061": 2}}]', "a key is there twice"),
        ("NaN", "NaN is no JSON"),
        ("[-Infinity]", "-Infinity is no JSON"),
        ("9" * 20, "64 bits"),
        ("-" + "9" * 20, "64 bits"),
        ("9" * 10_000, "64 bits"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("", "Expecting value"),
        ("\ufeff{}", "BOM"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_reads_no_more_than_one_byte_beyond(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert [read_bounded(tmp_path / "a", most) for most in (3, 4, 5, 9)] == [b"1234", b"12345", b"12345", b"12345"]


def test_nothing_but_files_is_read(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    for name, said in (("link", "symbolic link"), ("pipe", "no regular file"), (".", "directory")):
        with pytest.raises(OSError, match=said):
            read_bounded(tmp_path / name, 10)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "absent", 10)
