"""Predictions in parquet as text, some thousand rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, fail
from harness.submission.text import quoted, too_large

MAX_UNPACKED_BYTES = 4 * 1024**3
_BATCH_ROWS = 2**17


class ParquetTable:
    """A parquet file; its rows count from 1."""

    def __init__(self, path: Path, file: str) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        self._file = file
        try:
            self._opened = parquet.ParquetFile(path)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _not_parquet(file, error) from error
        metadata = self._opened.metadata
        groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
        if sum(group.total_byte_size for group in groups) > MAX_UNPACKED_BYTES:
            raise too_large(file, MAX_UNPACKED_BYTES)
        self.columns = tuple(self._opened.schema_arrow.names)

    def batches(self, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """131,072 rows at a time, every value as text."""
        import pyarrow as pa

        schema = self._opened.schema_arrow
        wrong = [name for name in wanted if not _has_text(schema.field(name).type)]
        if wrong:
            raise ParetoNLPError(
                *(
                    Finding(
                        "column-type",
                        f"The column is of type {schema.field(name).type}.",
                        file=self._file,
                        column=name,
                        expected="integers, floats or texts",
                    )
                    for name in wrong
                )
            )
        try:
            for batch in self._opened.iter_batches(_BATCH_ROWS, columns=list(wanted), use_threads=False):
                yield {name: _as_text(batch.column(name)) for name in wanted}
        except (pa.ArrowException, OSError) as error:
            raise _not_parquet(self._file, error) from error

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


def _as_text(column: Any) -> Any:
    """A column as strings; a missing value is an empty one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    return pc.fill_null(column.cast(pa.string()), "")


def _not_parquet(file: str, error: Exception) -> ParetoNLPError:
    return fail(
        "predictions-broken",
        f"The parquet file cannot be read: {quoted(str(error))}.",
        file=file,
        remedy="Write it again (in pandas: to_parquet(path, index=False)).",
    )
