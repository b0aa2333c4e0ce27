"""The columns of a prediction file as text, batch by batch: TSV or parquet, whatever they hold.

Text is what both forms have in common, and what a finding quotes; turning it into numbers costs
less than a second for a million rows.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, fail
from harness.submission.prediction_parquet import ParquetTable
from harness.submission.prediction_tsv import TsvTable
from harness.submission.text import too_large, unreadable

MAX_FILE_BYTES = 512 * 1024**2


class Table(Protocol):
    """A prediction file that has been opened."""

    columns: tuple[str, ...]

    def batches(self, wanted: tuple[str, ...]) -> Iterator[dict[str, Any]]:
        """The wanted columns as pyarrow string arrays, part by part; problems of form raise."""

    def lines(self, rows: int) -> NDArray[np.int64]:
        """Line number of each of the first ``rows`` rows, once all batches were read."""

    def findings(self) -> list[Finding]:
        """What was wrong with the form of single rows, once all batches were read."""

    @property
    def left_out(self) -> int:
        """Rows that are in no batch, for their form."""


def open_predictions(path: Path, file: str) -> Table:
    """Open a file by its suffix: ``.parquet``, else tab-separated text.

    Raises:
        ParetoNLPError: where no table can be read from it.

    """
    try:
        if not path.is_file():
            raise fail("no-predictions", "There is no such file.", file=file)
        if path.stat().st_size > MAX_FILE_BYTES:
            raise too_large(file, MAX_FILE_BYTES)
        return ParquetTable(path, file) if path.suffix == ".parquet" else TsvTable(path, file)
    except OSError as error:
        raise unreadable(file, error) from error
