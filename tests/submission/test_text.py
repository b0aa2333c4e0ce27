from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import Finding
from harness.submission.text import bytes_read, decode, display_name, quoted, read_text

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]


@pytest.mark.parametrize(
    ("data", "code", "row"),
    [
        ("é\n".encode("utf-16"), "not-utf8", None),
        ("é\n".encode("utf-32"), "not-utf8", None),
        ("ab\n".encode("utf-16-le"), "not-utf8", None),
        ("ab\n".encode("utf-16-be"), "not-utf8", None),
        ("a\nb\né".encode("latin-1"), "not-utf8", 3),
        (b"a\nb\n\xed\xa0\x80", "not-utf8", 3),  # a surrogate
        (b"a\nxx\x00x", "not-text", 2),
    ],
)
def test_what_is_no_utf8(findings: Findings, data: bytes, code: str, row: int | None) -> None:
    (finding,) = findings(lambda: decode(data, "f"))
    assert (finding.code, finding.file, finding.row) == (code, "f", row)


def test_a_mark_is_left_out() -> None:
    assert decode(b"\xef\xbb\xbfa\xc3\xa9", "f") == "aé"


def test_reading(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "a"
    path.write_text("abc")
    assert read_text(path, "a", 3) == "abc"
    assert [finding.code for finding in findings(lambda: read_text(path, "a", 2))] == ["file-too-large"]
    assert [finding.code for finding in findings(lambda: read_text(tmp_path, "a", 2))] == ["unreadable-file"]


def test_names() -> None:
    assert display_name(Path("/x/predictions/y/predictions/p/elue/mrpc.tsv")) == "predictions/p/elue/mrpc.tsv"
    assert display_name(Path("/x/weights/a/b.safetensors")) == "weights/a/b.safetensors"
    assert display_name(Path("/x/y/mrpc.tsv")) == "mrpc.tsv"


def test_values_in_messages() -> None:
    assert quoted("a\tb") == "'a\\tb'"
    assert len(quoted("x" * 10**7)) < 70
    assert quoted("\x1b[31m") == "'\\x1b[31m'"


@pytest.mark.parametrize(("count", "said"), [(10, "10 bytes"), (262144, "256 KiB"), (3 * 2**40, "3072 GiB")])
def test_bytes_for_people(count: int, said: str) -> None:
    assert bytes_read(count) == said
