"""Predictions in parquet, as pandas and pyarrow write them and as nobody should."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as parquet_format

from harness.findings import ParetoNLPError
from harness.submission import prediction_parquet, read_predictions
from tests.submission.tables import CLASSES, HEADER, LABELS, SCORES, SIZES, places


def parquet(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "t.parquet"
    frame.to_parquet(path, index=False)
    return path


def test_numbers_and_texts(tmp_path: Path) -> None:
    frame = pd.DataFrame({"index": [1, 0], "prediction": ["neutral", "0"], "num_tokens": np.array([3, 4], np.int16)})
    found = read_predictions(parquet(tmp_path, frame), CLASSES, 2, SIZES)
    np.testing.assert_array_equal(found.answers, [0, 1])
    np.testing.assert_array_equal(found.sizes["num_tokens"], [4, 3])
    frame["prediction"] = np.array([0.1, 1 / 3], np.float32)
    scores = read_predictions(parquet(tmp_path, frame), SCORES, 2, SIZES)
    np.testing.assert_array_equal(scores.answers, frame["prediction"].to_numpy()[::-1].astype(np.float64))
    frame["prediction"] = pd.Categorical(["neutral", "contradiction"])
    np.testing.assert_array_equal(read_predictions(parquet(tmp_path, frame), CLASSES, 2, SIZES).answers, [2, 1])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"prediction": [0, 3]}, [("prediction-label", 2, "prediction")]),
        ({"prediction": [True, False]}, [("prediction-label", 1, "prediction")]),
        ({"prediction": ["0", None]}, [("prediction-label", 2, "prediction")]),
        ({"num_tokens": [1.0, 2.5]}, [("value-not-integer", 2, "num_tokens")]),
        ({"num_tokens": [None, None]}, [("value-not-integer", 1, "num_tokens")]),
        ({"num_tokens": np.array([2**63, 1], np.uint64)}, [("value-not-integer", 1, "num_tokens")]),
        ({"index": [0, 0]}, [("index-missing", None, "index"), ("index-duplicate", 2, "index")]),
        ({"prediction": [[0], [1]]}, [("column-type", None, "prediction")]),
        ({"prediction": [b"0", b"1"]}, [("column-type", None, "prediction")]),
        ({"num_tokens": pd.to_datetime([1, 2])}, [("column-type", None, "num_tokens")]),
        ({"more": [1, 2]}, [("unknown-column", 1, "more")]),
    ],
)
def test_faults_in_parquet(tmp_path: Path, changes: dict[str, object], expected: list[tuple[str, int, str]]) -> None:
    frame = pd.DataFrame({"index": [0, 1], "prediction": [0, 1], "num_tokens": [3, 4], **changes})
    with pytest.raises(ParetoNLPError) as caught:
        read_predictions(parquet(tmp_path, frame), CLASSES, 2, SIZES)
    assert places(caught.value.findings) == expected


def test_parquet_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path, pd.DataFrame({"index": [0], "prediction": [0], "num_tokens": [3]}))
    whole = path.read_bytes()
    for data in (b"", b"PAR1", HEADER.encode(), whole[:-20], whole[:40] + b"\xff" * 40 + whole[80:]):
        path.write_bytes(data)
        with pytest.raises(ParetoNLPError) as caught:
            read_predictions(path, CLASSES, 1, SIZES)
        assert caught.value.findings[0].code == "predictions-broken"
    path.write_bytes(whole)
    monkeypatch.setattr(prediction_parquet, "MAX_UNPACKED_BYTES", 10)
    with pytest.raises(ParetoNLPError) as caught:
        read_predictions(path, CLASSES, 1, SIZES)
    assert caught.value.findings[0].code == "file-too-large"


def test_parquet_that_is_no_utf8(tmp_path: Path) -> None:
    frame = pd.DataFrame({"index": [0, 1], "prediction": ["neutral", "0"], "num_tokens": [3, 4]})
    for spelling in ({"prediction": "category"}, {"prediction": object}):
        path = tmp_path / "t.parquet"
        frame.astype(spelling).to_parquet(path, index=False, compression=None)
        data = path.read_bytes()
        for word in (b"neutral", b"num_tokens"):
            path.write_bytes(data.replace(word, b"\xa5" + word[1:]))
            with pytest.raises(ParetoNLPError) as caught:
                read_predictions(path, CLASSES, 2, SIZES)
            assert [finding.code for finding in caught.value.findings] == ["predictions-broken"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
    ids=str,
)
def test_texts_of_every_kind_over_many_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: pa.DataType
) -> None:
    monkeypatch.setattr(prediction_parquet, "_BATCH_ROWS", 40)
    monkeypatch.setattr(prediction_parquet, "_PART_BYTES", 30)
    labels = [LABELS[row % 3] if row % 7 else None for row in range(200)]
    texts = [label or "0" for label in labels]
    path = tmp_path / "t.parquet"
    table = pa.table({"index": np.arange(200), "prediction": pa.array(texts).cast(kind), "num_tokens": [1] * 200})
    parquet_format.write_table(table, path, row_group_size=64)
    found = read_predictions(path, CLASSES, 200, SIZES)
    assert found.answers.tolist() == [LABELS.index(label) if label else 0 for label in labels]
    table = table.set_column(1, "prediction", pa.array(labels).cast(kind))
    parquet_format.write_table(table, path, row_group_size=64)
    with pytest.raises(ParetoNLPError) as caught:
        read_predictions(path, CLASSES, 200, SIZES)
    assert places(caught.value.findings) == [("prediction-label", 1, "prediction")]
    assert "29 rows (1, 8, 15, 22, 29, ...)" in caught.value.findings[0].message


def test_a_text_that_many_rows_share_is_not_written_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a megabyte of parquet that says 2 GiB."""
    path = tmp_path / "t.parquet"
    rows = 2**17
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * 2**14]))
    sizes = pa.array(np.ones(rows, np.int64))
    parquet_format.write_table(pa.table({"index": np.arange(rows), "prediction": texts, "num_tokens": sizes}), path)
    monkeypatch.setattr(prediction_parquet, "_PART_BYTES", 2**16)
    monkeypatch.setattr(prediction_parquet, "_as_text", _no_longer_than(2**16, prediction_parquet._as_text))
    monkeypatch.setattr(prediction_parquet, "MAX_UNPACKED_BYTES", 2**24)
    with pytest.raises(ParetoNLPError) as caught:
        read_predictions(path, CLASSES, rows, SIZES)
    assert [finding.code for finding in caught.value.findings] == ["file-too-large"]


def _no_longer_than(most: int, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A reader of a column that fails where the column's texts would take more memory than that."""

    def watched(column: Any) -> Any:
        text = read(column)
        assert text.nbytes <= most + 8 * len(text) + 8
        return text

    return watched
