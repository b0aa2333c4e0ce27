"""Predictions of one point on one task: read and checked, or written.

A file has a row per sample, its columns are ``index`` (from 0), ``prediction`` (a class by number
or name, or a score), the size columns of the manifest, and where the model is dynamic ``exit_stage``
(how many stages ran) or ELUE's ``modules``. Rows may come in any order; they are sorted by index.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.atomic import new_text_file
from harness.findings import Finding, ParetoNLPError, did_you_mean, errors
from harness.submission.manifest import RESERVED_COLUMNS
from harness.submission.prediction_columns import NO_NUMBER, Column, Faults, columns_for
from harness.submission.prediction_table import Table, open_predictions
from harness.submission.text import display_name, quoted, rows_said
from harness.tasks.types import Task

MAX_ROWS = 10_000_000
_MOST_COLUMNS = 20
"""Columns at fault that are told."""
_ALIASES = {"pred": "prediction", "label": "prediction", "output": "prediction", "id": "index"}


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a point answered on a task, in the order of the samples."""

    answers: NDArray[np.int64] | NDArray[np.float64]
    """Class numbers (int64) or scores (float64), [rows]."""
    sizes: Mapping[str, NDArray[np.int64]]
    """Size column to int64 [rows], all from 1."""
    exit_stage: NDArray[np.int64] | None = None
    """How many stages ran, int64 [rows] from 1; None where the file has no such column."""
    modules: tuple[str, ...] | None = None
    """ELUE's modules, one text a row, equal ones being one object; None without that column."""
    notes: tuple[Finding, ...] = ()
    """What is worth knowing of the file, and no error."""


def read_predictions(path: Path, task: Task, rows: int | None, sizes: Mapping[str, int | None]) -> Predictions:
    """Read and check a file of predictions.

    Args:
        path: A ``.tsv`` or ``.parquet`` file.
        task: What is predicted: decides labels and ranges.
        rows: Samples of the split; None where that is not known: then the indices must be a
            permutation of 0 up to the number of rows.
        sizes: Size column to the most that the model takes, or None: ``Manifest.sizes``. Of several the file
            holds those that its dataset has, one at least.

    Raises:
        ParetoNLPError: all errors of the file, equal ones grouped into one finding.

    """
    file = display_name(path)
    table = open_predictions(path, file)
    findings = _header_findings(table.columns, sizes, file)
    faults = Faults()
    limit = MAX_ROWS if rows is None else min(MAX_ROWS, 2 * rows + 100_000)
    once = [name for name, count in Counter(table.columns).items() if count == 1]
    readers = columns_for(task.dataset, sizes, once, faults)
    try:
        columns, numbers, read = _read_columns(table, readers, limit)
    except ParetoNLPError as error:
        raise ParetoNLPError(*findings, *error.findings) from error
    order: NDArray[np.int64] | None = None
    if not len(numbers):
        findings.append(Finding("no-rows", "The file has no rows.", file, expected="samples"))
    elif "index" in columns:
        order = _order(columns["index"], numbers, rows, faults)
        findings += _missing(columns["index"], rows, table.left_out, file)
    findings += table.findings() + faults.findings(table, file, read)
    if read > limit:
        message = f"The file has more than {limit:,} rows; what follows was not read."
        findings.append(Finding("too-many-rows", message, file))
    if errors(findings) or order is None:
        raise ParetoNLPError(*errors(findings))
    exits = columns.get("exit_stage")
    modules = columns.get("modules")
    return Predictions(
        answers=columns["prediction"][order],
        sizes={name: columns[name][order] for name in sizes if name in columns},
        exit_stage=None if exits is None else exits[order],
        modules=None if modules is None else tuple(modules[order]),
        notes=tuple(findings),
    )


def write_prediction_file(
    path: Path,
    answers: NDArray[np.int64] | NDArray[np.float64],
    sizes: Mapping[str, NDArray[np.int64]],
    exit_stage: NDArray[np.int64] | None = None,
    modules: Sequence[str] | None = None,
) -> None:
    """Write a ``.tsv`` file of predictions whole or not at all; scores read back exactly.

    Args:
        path: The file; missing folders are made.
        answers: Class numbers (integers) or scores (floats), [rows], in the order of the samples.
        sizes: Size column to whole numbers, [rows].
        exit_stage: How many stages ran, [rows].
        modules: ELUE's modules, [rows].

    """
    columns: dict[str, Sequence[object]] = {"index": range(len(answers))}
    columns["prediction"] = answers.tolist()
    columns |= {name: np.asarray(size).tolist() for name, size in sizes.items()}
    if exit_stage is not None:
        columns["exit_stage"] = np.asarray(exit_stage).tolist()
    if modules is not None:
        columns["modules"] = modules
    with new_text_file(path) as stream:
        stream.write("\t".join(columns) + "\n")
        for row in zip(*columns.values(), strict=True):
            stream.write("\t".join(map(str, row)) + "\n")


def _header_findings(columns: Sequence[str], sizes: Mapping[str, int | None], file: str) -> list[Finding]:
    """Columns that are unknown, missing or there twice."""
    known = (*RESERVED_COLUMNS[:2], *sizes, *RESERVED_COLUMNS[2:])
    needed = (*RESERVED_COLUMNS[:2], *(() if any(name in columns for name in sizes) else sizes))
    expected = f"index, prediction{''.join(f', {name}' for name in sizes)}"
    findings = []
    for name, count in Counter(columns).items():
        if name not in known:
            alias = _ALIASES.get(name.lower())
            hint = f"Did you mean {alias!r}?" if alias else did_you_mean(name, known)
            message = f"The column {quoted(name)} is not known."
            findings.append(Finding("unknown-column", message, file, 1, name[:60], remedy=hint))
        elif count > 1:
            message = f"The column {name!r} is there {count} times."
            findings.append(Finding("duplicate-column", message, file, 1, name, "one column"))
        if len(findings) == _MOST_COLUMNS:
            break
    for name in needed:
        if name not in columns:
            message = f"The column {name!r} is missing."
            remedy = None if name in RESERVED_COLUMNS else "It is under sizes: of submission.yaml."
            findings.append(Finding("missing-column", message, file, 1, expected=expected, remedy=remedy))
    return findings


def _read_columns(
    table: Table, readers: Mapping[str, Column], limit: int
) -> tuple[dict[str, Any], NDArray[np.int64], int]:
    """Values by column, the number of each row in the file from 0, and how many rows were read.

    Blank lines are rows of the file and no samples.
    """
    import pyarrow.compute as pc

    parts: dict[str, list[Any]] = {name: [] for name in readers}
    numbers: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    read = 0
    for batch in table.batches(tuple(readers)) if readers else ():
        texts = {name: pc.utf8_trim_whitespace(text) for name, text in batch.items()}
        filled = np.zeros(len(next(iter(texts.values()))), dtype=np.bool_)
        for text in texts.values():
            filled |= np.asarray(pc.not_equal(text, ""))
            if filled.all():
                break
        rows = read + np.flatnonzero(filled)
        read += len(filled)
        for name, text in texts.items():
            parts[name].append(readers[name](text if filled.all() else text.filter(filled), rows))
        numbers.append(rows)
        if read > limit:
            break
    columns = {name: np.concatenate(arrays) for name, arrays in parts.items() if arrays}
    return columns, np.concatenate(numbers), read


def _order(index: NDArray[np.int64], numbers: NDArray[np.int64], rows: int | None, faults: Faults) -> NDArray[np.int64]:
    """The permutation that sorts by index; indices that are unknown or there twice become faults."""
    count = len(index) if rows is None else rows
    unknown = (index != NO_NUMBER) & ((index < 0) | (index >= count))
    if unknown.any():
        value = int(index[unknown][0])
        from_one = value == count and not (index == 0).any()
        finding = Finding(
            "index-unknown",
            f"There is no sample {value}.",
            column="index",
            expected=f"0 to {count - 1:,}",
            remedy="Indices count from 0." if from_one else None,
        )
        faults.add(finding, numbers[unknown])
    order = np.argsort(index, kind="stable")
    twice = order[1:][(np.diff(index[order]) == 0) & (index[order][1:] != NO_NUMBER)]
    if len(twice):
        twice = np.sort(twice)
        message = f"Sample {int(index[twice[0]])} is there already."
        finding = Finding("index-duplicate", message, column="index", expected="every sample once")
        faults.add(finding, numbers[twice])
    elif (np.diff(order) < 0).any():
        moved = np.flatnonzero(np.diff(index) < 0)[:1] + 1
        message = "The rows are not in the order of their index; they were sorted."
        finding = Finding("index-reordered", message, column="index", severity="note")
        faults.add(finding, numbers[moved])
    return order


def _missing(index: NDArray[np.int64], rows: int | None, left_out: int, file: str) -> list[Finding]:
    """Samples without a row, unless as many rows could not be read: those are told already."""
    if rows is None:
        return []
    known = index[(index >= 0) & (index < rows)]
    missing = np.flatnonzero(np.bincount(known, minlength=rows) == 0)
    if len(missing) <= left_out + np.count_nonzero(index == NO_NUMBER):
        return []
    samples = rows_said(missing).replace("row", "sample", 1)
    message = f"{samples} of {rows:,} have no prediction."
    return [Finding("index-missing", message, file, column="index", expected="every sample once")]
