"""Predictions in parquet as text, some thousand rows at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.text import quoted, too_large

MAX_UNPACKED_BYTES = 4 * 1024**3
_BATCH_ROWS = 2**17
_PART_BYTES = 64 * 1024**2


class ParquetTable:
    """A parquet file; its rows count from 1."""

    def __init__(self, path: Path, file: str) -> None:
        self._file, self._path = file, path
        with self._as_findings():
            opened = self._open()
            groups = (opened.metadata.row_group(number) for number in range(opened.metadata.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            self._schema = opened.schema_arrow
            self.columns = tuple(self._schema.names)
        if size > MAX_UNPACKED_BYTES:
            raise too_large(file, MAX_UNPACKED_BYTES)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """131,072 rows at a time, or fewer where their texts are long; every value as text."""
        wrong = [name for name in wanted if not _has_text(self._schema.field(name).type)]
        if wrong:
            raise ParetoNLPError(
                *(
                    Finding(
                        "column-type",
                        f"The column is of type {quoted(str(self._schema.field(name).type))}.",
                        file=self._file,
                        column=name,
                        expected="integers, floats or texts",
                    )
                    for name in wrong
                )
            )
        # As a dictionary, a text that ten million rows share is in memory once.
        texts = [name for name in wanted if _is_text(self._schema.field(name).type)]
        left = MAX_UNPACKED_BYTES
        with self._as_findings():
            for batch in self._open(texts).iter_batches(_BATCH_ROWS, columns=list(wanted), use_threads=False):
                batch.validate(full=True)  # that texts are UTF-8, and indices within their dictionary
                for part, size in _parts(batch):
                    left -= size
                    if left < 0:
                        raise too_large(self._file, MAX_UNPACKED_BYTES)
                    yield {name: _as_text(part.column(name)) for name in wanted}

    def _open(self, as_dictionary: Sequence[str] = ()) -> Any:
        from pyarrow import parquet

        return parquet.ParquetFile(self._path, read_dictionary=list(as_dictionary))

    @contextmanager
    def _as_findings(self) -> Iterator[None]:
        """Turn what pyarrow raises for a file at fault into a finding."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, ValueError) as error:
            raise fail(
                "predictions-broken",
                f"The parquet file cannot be read: {quoted(str(error))}.",
                file=self._file,
                remedy="Write it again (in pandas: to_parquet(path, index=False)).",
            ) from error

    def lines(self, rows: int) -> NDArray[np.int64]:
        """Row numbers from 1: there is no header line."""
        return np.arange(1, rows + 1, dtype=np.int64)

    def findings(self) -> list[Finding]:
        """None: in parquet every row has every column."""
        return []

    @property
    def left_out(self) -> int:
        """None."""
        return 0


def _has_text(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        kind = kind.value_type
    checks = (types.is_integer, types.is_floating, types.is_boolean, types.is_null)
    return _is_text(kind) or any(check(kind) for check in checks)


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _parts(batch: Any) -> Iterator[tuple[Any, int]]:
    """A batch in parts whose texts take some 64 MiB at most, each with what they take; one row at least."""
    ends = np.cumsum(sum((_lengths(column) for column in batch.columns), np.zeros(len(batch), dtype=np.int64)))
    start, before = 0, 0
    while start < len(batch):
        end = max(start + 1, int(np.searchsorted(ends, before + _PART_BYTES, side="right")))
        yield batch.slice(start, end - start), int(ends[end - 1]) - before
        start, before = end, int(ends[end - 1])


def _lengths(column: Any) -> NDArray[np.int64]:
    """Bytes of the text of each row; of a number, what matters little."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return np.zeros(len(column), dtype=np.int64)
    sizes = pc.fill_null(pc.binary_length(column.dictionary.cast(pa.large_string())), 0)
    lengths = pc.fill_null(sizes.take(column.indices), 0)
    return np.asarray(lengths, dtype=np.int64)


def _as_text(column: Any) -> Any:
    """A column as strings; a missing value is an empty one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    return pc.fill_null(column.cast(pa.string()), "")
