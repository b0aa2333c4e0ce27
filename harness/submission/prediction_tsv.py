"""Tab-separated predictions as text, in blocks of bounded memory."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.text import (
    BOM,
    bytes_read,
    not_utf8,
    quoted,
    refuse_other_kinds,
    rows_said,
    unreadable,
)

MAX_LINE_BYTES = 4 * 1024**2
MAX_HEADER_BYTES = 64 * 1024
MAX_RAGGED = 100_000
_CHUNK_BYTES = 1024**2


class TsvTable:
    """Tab-separated text: a header, then one sample a line. Nothing is quoted."""

    def __init__(self, path: Path, file: str) -> None:
        self._path = path
        self._file = file
        with path.open("rb") as stream:
            head = stream.read(MAX_HEADER_BYTES)
        self.columns = _header(head, file)
        self._header_only = b"\n" not in head and b"\r" not in head
        self._ragged: list[int] = []
        self._ragged_fields = 0

    def batches(self, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """Blocks of 4 MiB; a line with too few or too many fields is left out and remembered."""
        if self._header_only:
            return
        self._refuse_other_bytes()
        import pyarrow as pa
        from pyarrow import csv

        # Numbers as names: what a file calls its columns need not be unique.
        places = {name: str(self.columns.index(name)) for name in wanted}
        try:
            reader = csv.open_csv(
                self._path,
                csv.ReadOptions(
                    column_names=list(map(str, range(len(self.columns)))),
                    skip_rows=1,
                    block_size=MAX_LINE_BYTES,
                    use_threads=False,
                ),
                csv.ParseOptions(
                    delimiter="\t",
                    quote_char=False,
                    double_quote=False,
                    ignore_empty_lines=False,
                    invalid_row_handler=self._remember_ragged,
                ),
                csv.ConvertOptions(
                    column_types=dict.fromkeys(places.values(), pa.string()),
                    include_columns=list(places.values()),
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                yield {name: batch.column(place) for name, place in places.items()}
        except pa.ArrowInvalid as error:
            if len(self._ragged) <= MAX_RAGGED:
                raise self._reason(str(error)) from error
        except OSError as error:
            raise unreadable(self._file, error) from error

    def lines(self, rows: int) -> NDArray[np.int64]:
        """Line numbers as an editor shows them: the header is line 1."""
        left_out = np.array(self._ragged, dtype=np.int64)
        every = np.arange(2, rows + len(left_out) + 2, dtype=np.int64)
        return np.setdiff1d(every, left_out, assume_unique=True)[:rows]

    def findings(self) -> list[Finding]:
        """The ragged lines."""
        if not self._ragged:
            return []
        expected = f"{len(self.columns)} fields, as in the header"
        first = f"line {self._ragged[0]} has {self._ragged_fields} fields"
        message = f"{rows_said(self._ragged)} of another width: {first}."
        row = self._ragged[0]
        return [Finding("row-width", message, self._file, row, expected=expected)]

    @property
    def left_out(self) -> int:
        """Lines with too few or too many fields."""
        return len(self._ragged)

    def _remember_ragged(self, row: Any) -> str:
        if not self._ragged:
            self._ragged_fields = row.actual_columns
        self._ragged.append(row.number)
        return "skip" if len(self._ragged) <= MAX_RAGGED else "error"

    def _refuse_other_bytes(self) -> None:
        """Raise for bytes that are not UTF-8: pyarrow would decode a ragged line on its own, and print a traceback."""
        decoder, row = codecs.getincrementaldecoder("utf-8")(), 1
        with self._path.open("rb") as stream:
            try:
                while chunk := stream.read(_CHUNK_BYTES):
                    decoder.decode(chunk)
                    row += chunk.count(b"\n")
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                row += error.object[: error.start].count(b"\n")
                raise ParetoNLPError(not_utf8(self._file, row)) from error

    def _reason(self, message: str) -> ParetoNLPError:
        if "block" in message:
            return fail(
                "line-too-long",
                f"A line is longer than {bytes_read(MAX_LINE_BYTES)}.",
                file=self._file,
                expected="one sample a line",
            )
        problem = f"The table cannot be read: {quoted(message)}."
        return fail("predictions-broken", problem, file=self._file)


def _header(head: bytes, file: str) -> tuple[str, ...]:
    """The column names of the first line, from the first bytes of a file."""
    if not head:
        raise fail("predictions-empty", "The file is empty.", file=file, expected="a header")
    refuse_other_kinds(head, file)
    line = re.split(rb"[\r\n]", head.removeprefix(BOM), maxsplit=1)[0]
    if len(line) >= MAX_HEADER_BYTES - len(BOM):
        raise fail("line-too-long", "The first line does not end.", file=file, row=1)
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ParetoNLPError(not_utf8(file, 1)) from error
    names = tuple(name.strip() for name in text.split("\t"))
    header = "index<TAB>prediction<TAB>..., then one line a sample"
    if len(names) == 1 and re.search(r"[,;| ]", text):
        raise fail(
            "wrong-delimiter",
            f"The columns are not parted by tabs: {quoted(text)}.",
            file=file,
            row=1,
            expected=header,
            remedy="Write tabs (in pandas: to_csv(path, sep='\\t', index=False)).",
        )
    if any(name.startswith('"') for name in names):
        raise fail(
            "quoted-values",
            f"The names are quoted: {quoted(text)}.",
            file=file,
            row=1,
            expected=header,
            remedy="Write values without quotes (in pandas: quoting=csv.QUOTE_NONE).",
        )
    if re.fullmatch(r"[0-9]+", names[0]):
        raise fail(
            "header-missing",
            f"The first line is no header: {quoted(text)}.",
            file=file,
            row=1,
            expected=header,
            remedy="Put the names of the columns on the first line.",
        )
    return names
