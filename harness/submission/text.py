"""Reading a stranger's text file: UTF-8 of a bounded size, or the line where it is not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, fail

BOM = b"\xef\xbb\xbf"
_OTHER_UNICODE = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_SHOWN = 60


def quoted(value: object) -> str:
    """A value as a message shows it: ``repr``, cut to one short line."""
    text = repr(value[: 2 * _SHOWN] if isinstance(value, str) else value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def display_name(path: Path) -> str:
    """A path as findings name it: from the submission's own folder on, else its last name."""
    parts = path.parts
    own = [place for place, part in enumerate(parts[:-1]) if part in ("predictions", "weights")]
    return "/".join(parts[own[-1] :]) if own else path.name


def bytes_read(count: int) -> str:
    """A number of bytes for a person: ``256 KiB``."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.4g} {unit}"


def rows_said(rows: Sequence[int] | NDArray[np.int64]) -> str:
    """``3 rows (12, 13, 20)``: the number of rows, and the first five of them."""
    named = ", ".join(str(row) for row in rows[:5])
    more = ", ..." if len(rows) > 5 else ""
    return f"{len(rows):,} row{'s' if len(rows) > 1 else ''} ({named}{more})"


def read_text(path: Path, file: str, limit: int) -> str:
    """The text of a small file, without its byte order mark.

    Args:
        path: Where it is.
        file: What findings call it.
        limit: The most bytes that it may have.

    Raises:
        ParetoNLPError: ``file-too-large``, ``unreadable-file``, ``not-utf8`` or ``not-text``.

    """
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise unreadable(file, error) from error
    if len(data) > limit:
        raise too_large(file, limit)
    return decode(data, file)


def decode(data: bytes, file: str) -> str:
    """Bytes to text, without a byte order mark.

    Raises:
        ParetoNLPError: ``not-utf8`` or ``not-text``.

    """
    refuse_other_kinds(data, file)
    try:
        return data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise ParetoNLPError(not_utf8(file, row)) from error


def refuse_other_kinds(head: bytes, file: str) -> None:
    """Raise for the first bytes of a file that is UTF-16, UTF-32 or no text at all."""
    kind = next((kind for mark, kind in _OTHER_UNICODE.items() if head.startswith(mark)), None)
    if kind is None and _looks_utf16(head):
        kind = "UTF-16 without a mark"
    if kind is not None:
        raise fail(
            "not-utf8",
            f"The file is {kind}.",
            file=file,
            expected="UTF-8",
            remedy="Save it as UTF-8 (in Python: open(..., encoding='utf-8')).",
        )
    if b"\0" in head:
        raise fail(
            "not-text",
            "The file holds NUL bytes: it is not text.",
            file=file,
            row=head[: head.index(b"\0")].count(b"\n") + 1,
            expected="UTF-8 text",
        )


def not_utf8(file: str, row: int) -> Finding:
    """The finding for bytes that are not UTF-8."""
    return Finding(
        "not-utf8",
        "The file is not valid UTF-8.",
        file=file,
        row=row,
        expected="UTF-8",
        remedy="Save it as UTF-8; the named line is the first with other bytes.",
    )


def too_large(file: str, limit: int) -> ParetoNLPError:
    """The error for a file over its cap."""
    return fail(
        "file-too-large",
        f"The file is larger than {bytes_read(limit)}.",
        file=file,
        expected=f"{bytes_read(limit)} at most",
    )


def unreadable(file: str, error: OSError) -> ParetoNLPError:
    """The error for a file that the operating system does not hand out."""
    return fail("unreadable-file", f"The file cannot be read: {error.strerror}.", file=file)


def _looks_utf16(head: bytes) -> bool:
    """Whether every second byte of a text's beginning is NUL, as ASCII in UTF-16 is."""
    sample = head[:64]
    if len(sample) < 4:
        return False
    return not any(sample[1::2]) or not any(sample[0::2])
