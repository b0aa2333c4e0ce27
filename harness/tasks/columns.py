"""From an Arrow table to texts and gold, with everything that is wrong told at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, did_you_mean
from harness.tasks.types import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

LABEL = "label"
UNLABELLED = -1

Gold = NDArray[np.float64] | NDArray[np.int64]


def columns_of(dataset: Dataset, *, labelled: bool = True) -> tuple[str, ...]:
    """The columns that are read, and no others: what a model may see, and the gold where it is public."""
    return (*dataset.text_columns, LABEL) if labelled else dataset.text_columns


def missing_columns(dataset: Dataset, present: list[str], place: str, *, labelled: bool = True) -> tuple[Finding, ...]:
    """One finding for each column that ``present`` lacks, or holds twice."""
    columns = columns_of(dataset, labelled=labelled)
    return tuple(
        Finding(
            "no-such-column" if column not in present else "column-twice",
            f"{dataset.name} needs one column {column!r}, not {present.count(column) or 'none'}.",
            file=place,
            column=column,
            expected=", ".join(columns),
            remedy=did_you_mean(column, present),
        )
        for column in columns
        if present.count(column) != 1
    )


def texts_and_gold(dataset: Dataset, table: "pa.Table", place: str) -> tuple[dict[str, tuple[str, ...]], Gold]:
    """Texts by column, and gold: class numbers (int64) or scores (float64), one a row.

    ``table`` has the columns of ``columns_of``; ``place`` names it in findings, where samples are
    counted from 0. Rows without gold are left out where the dataset says so. Raises ParetoNLPError
    for other types, nulls, text that is not UTF-8, labels out of range, and tables without rows.
    """
    texts = _texts(dataset, table, place)
    gold = _scores(dataset, table[LABEL], place) if dataset.is_regression else _classes(dataset, table[LABEL], place)
    wrong = [found for found in (*texts.values(), gold) if isinstance(found, Finding)]
    read = {name: found for name, found in texts.items() if not isinstance(found, Finding)}
    if wrong or isinstance(gold, Finding):
        raise ParetoNLPError(*wrong)
    if dataset.drops_unlabelled:
        kept = np.flatnonzero(gold != UNLABELLED)
        read = {name: tuple(column[row] for row in kept) for name, column in read.items()}
        gold = gold[kept]
    if not len(gold):
        raise ParetoNLPError(Finding("empty-split", "there are no labelled rows.", file=place))
    return read, gold


def texts_only(dataset: Dataset, table: "pa.Table", place: str) -> dict[str, tuple[str, ...]]:
    """Texts by column of a split whose gold a server keeps; every row counts.

    Raises ParetoNLPError as ``texts_and_gold``.
    """
    texts = _texts(dataset, table, place)
    if wrong := [found for found in texts.values() if isinstance(found, Finding)]:
        raise ParetoNLPError(*wrong)
    if not table.num_rows:
        raise ParetoNLPError(Finding("empty-split", "there are no rows.", file=place))
    return {name: found for name, found in texts.items() if not isinstance(found, Finding)}


def _texts(dataset: Dataset, table: "pa.Table", place: str) -> dict[str, tuple[str, ...] | Finding]:
    return {
        name: _strings(table[name], place, name, offsets=name in dataset.offset_columns)
        for name in dataset.text_columns
    }


def _strings(column: "pa.ChunkedArray", place: str, name: str, *, offsets: bool) -> tuple[str, ...] | Finding:
    import pyarrow as pa

    if column.null_count:
        return _null(column, place, name)
    if offsets:
        if not pa.types.is_integer(column.type):
            return _type(column, place, name, "whole numbers")
        return tuple(map(str, column.to_pylist()))
    if not _holds_text(column.type):
        return _type(column, place, name, "text")
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return Finding("not-utf8", "some text is not UTF-8.", file=place, column=name)
    return tuple(column.to_pylist())


def _classes(dataset: Dataset, column: "pa.ChunkedArray", place: str) -> NDArray[np.int64] | Finding:
    import pyarrow as pa

    if column.null_count:
        return _null(column, place, LABEL)
    if _holds_text(column.type):
        return _numbers_of_names(dataset, column.to_pylist(), place)
    if not (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
        return _type(column, place, LABEL, f"class numbers, or names ({', '.join(dataset.labels)})")
    labels = column.to_pylist()  # Arrow's own to_numpy imports pandas, which is slow
    lowest = UNLABELLED if dataset.drops_unlabelled else 0
    wrong = [row for row, label in enumerate(labels) if not lowest <= label < len(dataset.labels)]
    if wrong:
        allowed = ", ".join(f"{number} {name}" for number, name in enumerate(dataset.labels))
        return _out_of_range(labels, wrong, place, allowed)
    return np.array(labels, np.int64)


def _scores(dataset: Dataset, column: "pa.ChunkedArray", place: str) -> NDArray[np.float64] | Finding:
    import pyarrow as pa

    if column.null_count:
        return _null(column, place, LABEL)
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return _type(column, place, LABEL, "numbers")
    gold = np.array(column.to_pylist(), np.float64) + 0.0  # no negative zero
    if pa.types.is_float32(column.type):
        # The decimal that was rounded to single precision: 3.6, not 3.5999999046. So a copy
        # in double precision has the same gold, and the same fingerprint.
        gold = gold.astype(np.float32).astype(str).astype(np.float64)
    low, high = dataset.score_range or (-np.inf, np.inf)
    wrong = np.flatnonzero(~((gold >= low) & (gold <= high))).tolist()
    return _out_of_range(gold.tolist(), wrong, place, f"{low:g} to {high:g}") if wrong else gold


def _numbers_of_names(dataset: Dataset, names: list[str], place: str) -> NDArray[np.int64] | Finding:
    numbers = {name: number for number, name in enumerate(dataset.labels)}
    wrong = [row for row, name in enumerate(names) if name not in numbers]
    if wrong:
        return Finding(
            "label-name",
            f"sample {wrong[0]} has the label {names[wrong[0]]!r}{_and_others(len(wrong))}.",
            file=place,
            column=LABEL,
            expected=" or ".join(dataset.labels),
            remedy=did_you_mean(names[wrong[0]], dataset.labels),
        )
    return np.array([numbers[name] for name in names], np.int64)


def _out_of_range(labels: Sequence[float], wrong: list[int], place: str, allowed: str) -> Finding:
    hidden = all(labels[row] == UNLABELLED for row in wrong)
    return Finding(
        "no-gold" if hidden else "label-range",
        f"sample {wrong[0]} has the label {labels[wrong[0]]}{_and_others(len(wrong))}"
        + (": this copy hides its gold." if hidden else "."),
        file=place,
        column=LABEL,
        expected=allowed,
        remedy="Use a copy whose labels are public." if hidden else None,
    )


def _null(column: "pa.ChunkedArray", place: str, name: str) -> Finding:
    first = column.is_null().to_pylist().index(True)
    return Finding(
        "null",
        f"sample {first} is empty (null){_and_others(column.null_count)}.",
        file=place,
        column=name,
    )


def _type(column: "pa.ChunkedArray", place: str, name: str, expected: str) -> Finding:
    return Finding(
        "column-type",
        f"the column holds {column.type}.",
        file=place,
        column=name,
        expected=expected,
    )


def _holds_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _and_others(count: int) -> str:
    return f", and {count - 1:,} more" if count > 1 else ""
