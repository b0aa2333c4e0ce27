"""Prediction files as people get them wrong; numbers against pandas' reading of the same file."""

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.findings import Finding, ParetoNLPError
from harness.submission import (
    Predictions,
    prediction_table,
    prediction_tsv,
    predictions,
    read_predictions,
    write_prediction_file,
)
from harness.tasks.types import Task
from tests.submission.tables import CLASSES, HEADER, SCORES, SIZES, places


def read(
    folder: Path,
    text: str | bytes,
    rows: int | None = 3,
    task: Task = CLASSES,
    sizes: Mapping[str, int | None] = SIZES,
) -> Predictions:
    path = folder / "predictions" / "p" / "s" / "t.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_predictions(path, task, rows, sizes)


def errors(folder: Path, text: str | bytes, rows: int | None = 3, **named: object) -> tuple[Finding, ...]:
    with pytest.raises(ParetoNLPError) as caught:
        read(folder, text, rows, **named)  # type: ignore[arg-type]
    assert {finding.file for finding in caught.value.findings} == {"predictions/p/s/t.tsv"}
    return caught.value.findings


def test_reads_classes_by_number_and_name(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "0\t2\t5\n1\tneutral\t128\n2\tentailment\t1\n")
    np.testing.assert_array_equal(found.answers, [2, 1, 0])
    np.testing.assert_array_equal(found.sizes["num_tokens"], [5, 128, 1])
    assert (found.answers.dtype, found.sizes["num_tokens"].dtype) == (np.int64, np.int64)
    assert (found.exit_stage, found.modules, found.notes) == (None, None, ())


def test_reads_every_column(tmp_path: Path) -> None:
    text = "num_ngrams_1\tmodules\tindex\texit_stage\tprediction\n4\t(1),a\t0\t2\t1.5\n9\t(1),a\t1\t12\t-2e-1\n"
    found = read(tmp_path, text, 2, task=SCORES, sizes={"num_ngrams_1": None})
    np.testing.assert_array_equal(found.answers, [1.5, -0.2])
    np.testing.assert_array_equal(found.sizes["num_ngrams_1"], [4, 9])
    assert found.exit_stage is not None
    np.testing.assert_array_equal(found.exit_stage, [2, 12])
    assert found.modules == ("(1),a", "(1),a")
    assert found.modules[0] is found.modules[1]


@pytest.mark.parametrize(
    "text",
    [
        HEADER.replace("\n", "\r\n") + "0\t0\t1\r\n1\t1\t2\r\n2\t2\t3\r\n",
        "\ufeff" + HEADER + "0\t0\t1\n1\t1\t2\n2\t2\t3",
        HEADER + "\n0\t0\t1\n\n1\t1\t2\n2\t2\t3\n\n\n",
        HEADER + " 0\t0 \t1\n1\t 1\t2 \n2\t2\t3\n",
        HEADER.replace("\n", "\r") + "0\t0\t1\r1\t1\t2\r2\t2\t3\r",
    ],
)
def test_what_editors_do_is_read(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    np.testing.assert_array_equal(found.answers, [0, 1, 2])
    np.testing.assert_array_equal(found.sizes["num_tokens"], [1, 2, 3])


def test_rows_in_another_order_are_sorted_with_a_note(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "2\t2\t30\n0\t0\t10\n1\t1\t20\n")
    np.testing.assert_array_equal(found.answers, [0, 1, 2])
    np.testing.assert_array_equal(found.sizes["num_tokens"], [10, 20, 30])
    assert places(found.notes) == [("index-reordered", 3, "index")]
    assert found.notes[0].severity == "note"


def test_scores_out_of_range_are_noted(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER + "0\t5\t1\n1\t5.01\t1\n2\t-3\t1\n", task=SCORES)
    np.testing.assert_array_equal(found.answers, [5, 5.01, -3])
    assert places(found.notes) == [("prediction-outside", 3, "prediction")]
    assert "2 rows (3, 4)" in found.notes[0].message


ONE_FAULT = {
    "label": ("0\t3\t1\n", ("prediction-label", 2, "prediction")),
    "negative label": ("0\t-1\t1\n", ("prediction-label", 2, "prediction")),
    "label of another task": ("0\tpositive\t1\n", ("prediction-label", 2, "prediction")),
    "label as float": ("0\t1.0\t1\n", ("prediction-label", 2, "prediction")),
    "no label": ("0\t\t1\n", ("prediction-label", 2, "prediction")),
    "nan label": ("0\tnan\t1\n", ("prediction-label", 2, "prediction")),
    "NUL": ("0\t\0\t1\n", ("not-text", 2, None)),
    "no size": ("0\t0\t\n", ("value-not-integer", 2, "num_tokens")),
    "float size": ("0\t0\t1.0\n", ("value-not-integer", 2, "num_tokens")),
    "hexadecimal size": ("0\t0\t0x1\n", ("value-not-integer", 2, "num_tokens")),
    "signed size": ("0\t0\t+1\n", ("value-not-integer", 2, "num_tokens")),
    "other digits": ("0\t0\t٣\n", ("value-not-integer", 2, "num_tokens")),
    "endless size": ("0\t0\t" + "9" * 30 + "\n", ("value-not-integer", 2, "num_tokens")),
    "zero size": ("0\t0\t0\n", ("value-too-small", 2, "num_tokens")),
    "negative size": ("0\t0\t-5\n", ("value-too-small", 2, "num_tokens")),
    "long size": ("0\t0\t129\n", ("value-too-large", 2, "num_tokens")),
    "float index": ("0.0\t0\t1\n", ("value-not-integer", 2, "index")),
    "text index": ("a\t0\t1\n", ("value-not-integer", 2, "index")),
    "negative index": ("-1\t0\t1\n", ("index-unknown", 2, "index")),
    "too few fields": ("0\t0\n", ("row-width", 2, None)),
    "too many fields": ("0\t0\t1\t1\n", ("row-width", 2, None)),
    "quotes": ('0\t"1"\t1\n', ("prediction-label", 2, "prediction")),
}


@pytest.mark.parametrize("name", ONE_FAULT)
def test_one_fault_on_one_row(tmp_path: Path, name: str) -> None:
    row, expected = ONE_FAULT[name]
    rest = "1\t1\t2\n2\t2\t3\n" + ("0\t0\t1\n" if name == "negative index" else "")
    assert places(errors(tmp_path, HEADER + row + rest)) == [expected]


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e999", "", "abc", "1,5", "None", "0x1p3", "1_0"])
def test_scores_that_are_no_finite_number(tmp_path: Path, text: str) -> None:
    found = errors(tmp_path, HEADER + f"0\t1\t1\n1\t{text}\t1\n2\t3\t1\n", task=SCORES)
    assert places(found) == [("prediction-not-finite", 3, "prediction")]


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x"])
def test_exit_stages(tmp_path: Path, value: str) -> None:
    header = HEADER.replace("\n", "\texit_stage\n")
    (finding,) = errors(tmp_path, header + f"0\t0\t1\t1\n1\t0\t1\t{value}\n2\t0\t1\t3\n")
    assert finding.code in ("value-too-small", "value-not-integer")
    assert (finding.row, finding.column) == (3, "exit_stage")


BAGS: Mapping[str, int | None] = {"num_ngrams": 50, "num_ngrams_1": None, "num_ngrams_2": None}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("num_ngrams", {"num_ngrams": [7]}),
        ("num_ngrams_2\tnum_ngrams_1", {"num_ngrams_1": [9], "num_ngrams_2": [7]}),
    ],
)
def test_of_several_sizes_a_file_holds_those_of_its_dataset(
    tmp_path: Path, header: str, expected: dict[str, list[int]]
) -> None:
    row = "\t".join(["7", "9"][: len(header.split())])
    found = read(tmp_path, f"index\tprediction\t{header}\n0\t1\t{row}\n", 1, sizes=BAGS)
    assert {name: column.tolist() for name, column in found.sizes.items()} == expected


def test_of_several_sizes_one_is_there_and_within_its_limit(tmp_path: Path) -> None:
    found = errors(tmp_path, "index\tprediction\n0\t1\n", 1, sizes=BAGS)
    assert [finding.code for finding in found] == ["missing-column"] * 3
    found = errors(tmp_path, "index\tprediction\tnum_ngrams\n0\t1\t51\n", 1, sizes=BAGS)
    assert [finding.code for finding in found] == ["value-too-large"]


def test_sizes_without_a_limit_still_have_one(tmp_path: Path) -> None:
    rows = "0\t0\t1000000\n1\t0\t1000001\n2\t0\t1\n"
    found = errors(tmp_path, HEADER + rows, sizes={"num_tokens": None})
    assert places(found) == [("value-too-large", 3, "num_tokens")]


def test_modules_that_do_not_parse(tmp_path: Path) -> None:
    rows = "0\t0\t(1),a\n1\t0\t(1),a; (x),b\n2\t0\t(1),a; (x),b\n"
    (finding,) = errors(tmp_path, "index\tprediction\tmodules\n" + rows, sizes={})
    assert (finding.code, finding.row, finding.column) == ("modules-syntax", 3, "modules")
    assert "at sign 9" in finding.message
    assert "2 rows (3, 4)" in finding.message


def test_the_index_must_be_complete(tmp_path: Path) -> None:
    found = errors(tmp_path, HEADER + "0\t0\t1\n0\t0\t1\n2\t0\t1\n2\t0\t1\n7\t0\t1\n", 6)
    assert places(found) == [
        ("index-missing", None, "index"),
        ("index-unknown", 6, "index"),
        ("index-duplicate", 3, "index"),
    ]
    assert found[0].message == "4 samples (1, 3, 4, 5) of 6 have no prediction."
    assert found[1].message == "There is no sample 7."
    assert found[2].message == "Sample 0 is there already. 2 rows (3, 5) in all."


def test_counting_from_one(tmp_path: Path) -> None:
    found = errors(tmp_path, HEADER + "1\t0\t1\n2\t0\t1\n3\t0\t1\n")
    assert places(found) == [("index-missing", None, "index"), ("index-unknown", 4, "index")]
    assert found[1].remedy == "Indices count from 0."


def test_without_the_number_of_rows_the_index_must_be_whole(tmp_path: Path) -> None:
    assert len(read(tmp_path, HEADER + "0\t0\t1\n1\t0\t1\n", None).answers) == 2
    assert places(errors(tmp_path, HEADER + "0\t0\t1\n2\t0\t1\n", None)) == [("index-unknown", 3, "index")]


def test_equal_faults_are_one_finding(tmp_path: Path) -> None:
    rows = "".join(f"{number}\t{'x' if number % 2 else 0}\t{number + 120}\n" for number in range(20))
    found = errors(tmp_path, HEADER + rows, 20)
    assert places(found) == [("prediction-label", 3, "prediction"), ("value-too-large", 11, "num_tokens")]
    assert "10 rows (3, 5, 7, 9, 11, ...)" in found[0].message
    assert "11 rows (11, 12, 13, 14, 15, ...)" in found[1].message


def test_lines_are_counted_over_blank_and_ragged_ones(tmp_path: Path) -> None:
    found = errors(tmp_path, HEADER + "\n0\t0\n\n1\t0\n1\tx\t1\n\n2\ty\t0\n", 3)
    assert places(found) == [
        ("row-width", 3, None),
        ("prediction-label", 6, "prediction"),
        ("value-too-small", 8, "num_tokens"),
    ]
    assert "2 rows (3, 5) of another width: line 3 has 2 fields" in found[0].message


def test_lines_are_right_over_many_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_tsv, "MAX_LINE_BYTES", 256)
    lines = [f"{number}\t0\t1" for number in range(1000)]
    lines[10], lines[500], lines[501], lines[998] = "10\t0", "", "501\tx\t1", "998\t0\t0"
    found = errors(tmp_path, HEADER + "\n".join(lines), 1000)
    assert found[0].message == "2 samples (10, 500) of 1,000 have no prediction."
    assert places(found[1:]) == [
        ("row-width", 12, None),
        ("prediction-label", 503, "prediction"),
        ("value-too-small", 1000, "num_tokens"),
    ]


FILES = {
    "empty": (b"", [("predictions-empty", None)]),
    "header only": (HEADER.encode(), [("no-rows", None)]),
    "header without an end": (HEADER.strip().encode(), [("no-rows", None)]),
    "blank lines only": (HEADER.encode() + b"\n\n", [("no-rows", None)]),
    "blank first line": (
        b"\n" + HEADER.encode(),
        [("unknown-column", 1), *[("missing-column", 1)] * 3, ("no-rows", None)],
    ),
    "commas": (HEADER.replace("\t", ",").encode() + b"0,0,1\n", [("wrong-delimiter", 1)]),
    "semicolons": (HEADER.replace("\t", ";").encode() + b"0;0;1\n", [("wrong-delimiter", 1)]),
    "blanks": (HEADER.replace("\t", "  ").encode() + b"0  0  1\n", [("wrong-delimiter", 1)]),
    "quotes": (b'"index"\t"prediction"\t"num_tokens"\n', [("quoted-values", 1)]),
    "no header": (b"0\t0\t1\n1\t0\t1\n", [("header-missing", 1)]),
    "utf-16": (HEADER.encode("utf-16"), [("not-utf8", None)]),
    "utf-16 without a mark": (HEADER.encode("utf-16-le"), [("not-utf8", None)]),
    "latin-1 header": ("index\tpr\xe9diction\n".encode("latin-1"), [("not-utf8", 1)]),
    "latin-1": (HEADER.encode() + b"0\t0\t1\n1\t\xe9\t1\n", [("not-utf8", 3)]),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", [("not-text", 1)]),
    "endless header": (b"index\t" + b"x" * 100_000, [("line-too-long", 1)]),
    "endless line": (HEADER.encode() + b"0\t" + b"x" * (9 * 2**20) + b"\t1\n", [("line-too-long", None)]),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_are_no_table(tmp_path: Path, name: str) -> None:
    data, expected = FILES[name]
    assert [(finding.code, finding.row) for finding in errors(tmp_path, data)] == expected


def test_lines_that_are_no_utf8_over_many_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEADER.encode() + b"0\t0\t1\n1\t\xc3\xa9\t1\n2\t0\n3\t\xc3"
    for size in range(1, len(text)):
        monkeypatch.setattr(prediction_tsv, "_CHUNK_BYTES", size)
        assert places(errors(tmp_path, text, 3)) == [("not-utf8", 5, None)]


def test_a_ragged_line_that_is_no_utf8_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = errors(tmp_path, HEADER.encode() + b"0\t0\t1\n1\t\xa9\n", 2)
    assert places(found) == [("not-utf8", 3, None)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("header", "expected", "said"),
    [
        ("index\tpred\tnum_tokens", ["unknown-column", "missing-column"], "Did you mean 'prediction'?"),
        ("id\tprediction\tnum_tokens", ["unknown-column", "missing-column"], "Did you mean 'index'?"),
        ("index\tprediction\tnum_token", ["unknown-column", "missing-column"], "Did you mean 'num_tokens'?"),
        ("index\tprediction", ["missing-column"], "sizes: of submission.yaml"),
        ("index\tprediction\tnum_tokens\tindex", ["duplicate-column"], "2 times"),
        ("index\tprediction\tnum_tokens\tscore", ["unknown-column"], "Known: index"),
    ],
)
def test_columns(tmp_path: Path, header: str, expected: list[str], said: str) -> None:
    row = "\t".join("0" if number < 2 else "1" for number in range(header.count("\t") + 1))
    found = errors(tmp_path, f"{header}\n{row}\n", 1)
    assert [finding.code for finding in found] == expected
    assert {finding.row for finding in found} == {1}
    assert said in " ".join(map(str, found))


def test_of_many_columns_some_are_told(tmp_path: Path) -> None:
    found = errors(tmp_path, "\t".join(f"column_{number}" for number in range(3000)) + "\n")
    assert [finding.code for finding in found] == ["unknown-column"] * 20 + ["missing-column"] * 3 + ["no-rows"]


def test_faults_of_header_and_rows_at_once(tmp_path: Path) -> None:
    found = errors(tmp_path, "index\tprediction\tnum_token\n0\tx\t1\n0\t0\t1\n", 2)
    assert [finding.code for finding in found] == [
        "unknown-column",
        "missing-column",
        "index-missing",
        "prediction-label",
        "index-duplicate",
    ]


def test_caps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predictions, "MAX_ROWS", 4)
    assert len(read(tmp_path, HEADER + "".join(f"{n}\t0\t1\n" for n in range(4)), None).answers) == 4
    found = errors(tmp_path, HEADER + "".join(f"{n}\t0\t1\n" for n in range(5)), None)
    assert [finding.code for finding in found] == ["too-many-rows"]
    monkeypatch.setattr(prediction_tsv, "MAX_RAGGED", 3)
    found = errors(tmp_path, HEADER + "0\n" * 10, None)
    assert [finding.code for finding in found] == ["no-rows", "row-width"]
    monkeypatch.setattr(prediction_table, "MAX_FILE_BYTES", 10)
    assert [finding.code for finding in errors(tmp_path, HEADER)] == ["file-too-large"]


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(ParetoNLPError) as caught:
        read_predictions(tmp_path / "x.tsv", CLASSES, 3, SIZES)
    assert [finding.code for finding in caught.value.findings] == ["no-predictions"]


# Writing


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 128)), min_size=1, max_size=20),
    st.booleans(),
)
def test_what_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, int]], exits: bool
) -> None:
    path = tmp_path_factory.mktemp("p") / "new" / "t.tsv"
    scores, sizes = (np.array(column) for column in zip(*rows, strict=True))
    write_prediction_file(path, scores, {"num_tokens": sizes}, sizes if exits else None)
    found = read_predictions(path, SCORES, len(rows), SIZES)
    np.testing.assert_array_equal(found.answers, scores)
    np.testing.assert_array_equal(found.sizes["num_tokens"], sizes)
    assert (found.exit_stage is not None) == exits
    lines = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    assert [float(line[1]) for line in lines] == scores.tolist()
    assert [line[0] for line in lines] == [str(row) for row in range(len(rows))]


def test_written_classes_and_modules(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    write_prediction_file(path, np.array([2, 0]), {}, modules=["(1),a", "(2),b"])
    assert path.read_bytes() == b"index\tprediction\tmodules\n0\t2\t(1),a\n1\t0\t(2),b\n"
    assert [file.name for file in tmp_path.iterdir()] == ["t.tsv"]


# Anything at all


cells = st.sampled_from(
    ["0", "1", "2", "3", "-1", "", "x", "neutral", "1.0", "nan", '"0"', " 1 ", "٣", "\0", "1e3"]
) | st.text(max_size=3)
tables = st.lists(st.lists(cells, min_size=2, max_size=4).map("\t".join), max_size=6).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(tables.map(lambda rows: HEADER + rows), st.text().map(lambda rows: HEADER + rows), st.text(), st.binary())
)
def test_nothing_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    path = tmp_path_factory.mktemp("p") / "t.tsv"
    path.write_bytes(data)
    for task in (CLASSES, SCORES):
        try:
            found = read_predictions(path, task, None, SIZES)
        except ParetoNLPError as error:
            assert error.findings  # noqa: PT017
            continue
        # What is accepted, a plain reading of the same lines gives too.
        lines = [line for line in re.split("\r\n|[\r\n]", data.decode("utf-8-sig"))[1:] if line.strip("\t ")]
        rows = sorted((line.split("\t") for line in lines), key=lambda row: int(row[0]))
        assert [int(row[2]) for row in rows] == found.sizes["num_tokens"].tolist()


def test_numbers_as_pandas_reads_them(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "index": random.permutation(5000),
            "prediction": random.normal(2, 3, 5000),
            "num_tokens": random.integers(1, 129, 5000),
        }
    )
    stream = io.StringIO()
    frame.to_csv(stream, sep="\t", index=False)
    found = read(tmp_path, stream.getvalue(), 5000, task=SCORES)
    by_index = frame.sort_values("index")
    np.testing.assert_array_equal(found.answers, by_index["prediction"])
    np.testing.assert_array_equal(found.sizes["num_tokens"], by_index["num_tokens"])
