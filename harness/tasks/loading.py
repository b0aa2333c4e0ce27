"""Load a split: from a directory of parquet files, from the Hub, or from the generator."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.findings import Finding, ParetoNLPError, did_you_mean, fail
from harness.tasks.columns import Gold, columns_of, missing_columns, texts_and_gold, texts_only
from harness.tasks.types import Dataset, Split

if TYPE_CHECKING:
    import pyarrow as pa


def load_split(dataset: Dataset, split: str, data_dir: Path | None = None) -> Split:
    """The texts and gold of a dataset's split.

    Looked for as ``<data_dir>/<dataset>/<split>.parquet`` (columns as in docs/tasks.md, others
    ignored), then on the Hub. The probe datasets are generated and need neither. Raises
    ParetoNLPError with all that is wrong.
    """
    if dataset.generated:
        texts, gold, source = _generated(dataset, split)
    else:
        table, source = _table(dataset, split, data_dir, labelled=True)
        texts, gold = texts_and_gold(dataset, table, source)
    return Split(dataset, split, texts, gold, fingerprint(texts, gold), source)


def load_texts(dataset: Dataset, split: str, data_dir: Path | None = None) -> Split:
    """The texts of a dataset's split whose gold a server keeps; no label is read, and the gold is empty.

    Looked for as by ``load_split``, in files that need no labels. Raises ParetoNLPError with all that is wrong.
    """
    table, source = _table(dataset, split, data_dir, labelled=False)
    texts = texts_only(dataset, table, source)
    gold = np.empty(0, np.int64)
    return Split(dataset, split, texts, gold, fingerprint(texts, gold), source)


def check_directory(data_dir: Path) -> None:
    """Raises ParetoNLPError where the data directory is none."""
    if not data_dir.is_dir():
        raise fail("no-such-directory", f"the data directory {str(data_dir)!r} is not there.")


def fingerprint(texts: Mapping[str, tuple[str, ...]], gold: Gold) -> str:
    """sha256 (hex) over texts and gold; the order of rows matters, that of columns does not.

    The encoding is canonical and every length comes before what it measures, so no two splits share
    one: for each column by name, the name, the byte length of every text, the texts in UTF-8; then
    the gold as little-endian 64-bit numbers behind its kind.
    """
    digest = hashlib.sha256()
    for name in sorted(texts):
        encoded = [text.encode() for text in texts[name]]
        digest.update(_lengths([len(name.encode()), len(encoded)]) + name.encode())
        digest.update(_lengths([len(text) for text in encoded]))
        digest.update(b"".join(encoded))
    kind, number = (b"class", "<i8") if np.issubdtype(gold.dtype, np.integer) else (b"score", "<f8")
    digest.update(kind + _lengths([len(gold)]) + gold.astype(number).tobytes())
    return digest.hexdigest()


def _lengths(values: list[int]) -> bytes:
    return np.array(values, "<i8").tobytes()


def _generated(dataset: Dataset, split: str) -> tuple[dict[str, tuple[str, ...]], Gold, str]:
    from harness.tasks.probe import generate

    if split not in dataset.official_rows:
        raise _unknown_split(dataset, split, dataset.official_rows, labelled=True)
    texts, gold = generate(dataset.name, split)
    return texts, gold, "generated"


def _table(dataset: Dataset, split: str, data_dir: Path | None, *, labelled: bool) -> tuple["pa.Table", str]:
    if data_dir is not None:
        check_directory(data_dir)
        path = data_dir / dataset.name / f"{split}.parquet"
        if path.is_file():
            return _read(dataset, path, labelled=labelled), str(path)
    known = dataset.official_rows if labelled else {name for source in dataset.unlabelled for name in source.splits}
    if split not in known:
        raise _unknown_split(dataset, split, {*known, *_local_splits(dataset, data_dir)}, labelled=labelled)

    from harness.tasks.hub import hub_table  # only now: its libraries take a second to import

    try:
        return hub_table(dataset, split, labelled=labelled)
    except ParetoNLPError as error:
        absent = _absent(dataset, split, data_dir, labelled=labelled)
        raise ParetoNLPError(absent, *error.findings) from None


def _read(dataset: Dataset, path: Path, *, labelled: bool) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            present = file.schema_arrow.names
            if findings := missing_columns(dataset, present, str(path), labelled=labelled):
                raise ParetoNLPError(*findings)
            return file.read(columns=list(columns_of(dataset, labelled=labelled)))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise fail(
            "unreadable",
            f"the file cannot be read: {error}.",
            file=str(path),
            expected="a parquet file",
        ) from error


def _local_splits(dataset: Dataset, data_dir: Path | None) -> tuple[str, ...]:
    if data_dir is None:
        return ()
    return tuple(sorted(path.stem for path in (data_dir / dataset.name).glob("*.parquet")))


def _unknown_split(dataset: Dataset, split: str, known: Collection[str], *, labelled: bool) -> ParetoNLPError:
    gold = "with public gold" if labelled else "whose gold a server keeps"
    return fail(
        "no-such-split",
        f"{dataset.name} has no split {split!r} {gold}.",
        remedy=did_you_mean(split, sorted(known)),
    )


def _absent(dataset: Dataset, split: str, data_dir: Path | None, *, labelled: bool) -> Finding:
    wanted = f"{dataset.name}/{split}.parquet"
    columns = ", ".join(columns_of(dataset, labelled=labelled))
    if data_dir is None:
        return Finding(
            "no-data",
            f"{dataset.name}, split {split}, did not come from the Hub, and there is no data directory.",
            remedy=f"Give --data-dir DIR with DIR/{wanted} ({columns}), or connect to the Hub.",
        )
    here = _local_splits(dataset, data_dir)
    return Finding(
        "no-such-file",
        f"{dataset.name}, split {split}, is not there, and did not come from the Hub either.",
        file=str(data_dir / wanted),
        expected=f"a parquet file with the columns {columns}",
        remedy=f"The directory has {', '.join(here) or 'nothing'} of {dataset.name}.",
    )
