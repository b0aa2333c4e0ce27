"""Loading from a directory: what is read, and what is refused."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.findings import ParetoNLPError
from harness.tasks import DATASETS
from harness.tasks.loading import load_split, load_texts

SST2 = replace(DATASETS["sst2"], sources=())  # no Hub: a missing file fails at once
STSB = replace(DATASETS["stsb"], sources=())
SNLI = DATASETS["snli"]
WIC = DATASETS["wic"]

GOOD = {"sentence": ["dull", "bright"], "label": [0, 1]}


def put(folder, dataset, split, columns):
    path = folder / dataset.name / f"{split}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, path, compression="zstd")
    return path


def findings(folder, dataset=SST2, split="test"):
    with pytest.raises(ParetoNLPError) as caught:
        load_split(dataset, split, folder)
    return {finding.code: finding for finding in caught.value.findings}


def test_texts_gold_and_source(tmp_path):
    path = put(tmp_path, SST2, "test", GOOD | {"idx": [7, 8], "file": ["neg/1", "pos/1"]})
    split = load_split(SST2, "test", tmp_path)
    assert split.texts == {"sentence": ("dull", "bright")}
    assert split.gold.dtype == np.int64
    assert split.gold.tolist() == [0, 1]
    assert (split.rows, split.name, split.source) == (2, "test", str(path))


def test_file_names_never_reach_a_model(tmp_path):
    columns = {"text": ["a"], "label": [1], "file": ["pos/1_9.txt"]}
    put(tmp_path, DATASETS["imdb"], "test", columns)
    split = load_split(DATASETS["imdb"], "test", tmp_path)
    assert list(split.texts) == ["text"]


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())],
    ids=str,
)
def test_every_kind_of_text_column(tmp_path, kind):
    table = pa.table({"sentence": pa.array(["dull", "é"], kind), "label": [0, 1]})
    put(tmp_path, SST2, "test", table)
    assert load_split(SST2, "test", tmp_path).texts == {"sentence": ("dull", "é")}


@pytest.mark.parametrize(
    "labels",
    [
        pa.array([1, 0], pa.int8()),
        pa.array([1, 0], pa.uint64()),
        pa.array([True, False]),
        pa.array(["positive", "negative"]),
        pa.array(["positive", "negative"]).dictionary_encode(),
    ],
    ids=lambda labels: str(labels.type),
)
def test_every_kind_of_class_column(tmp_path, labels):
    put(tmp_path, SST2, "test", {"sentence": ["a", "b"], "label": labels})
    gold = load_split(SST2, "test", tmp_path).gold
    assert gold.dtype == np.int64
    assert gold.tolist() == [1, 0]


def test_single_precision_scores_are_read_as_the_decimals_that_they_were(tmp_path):
    texts = {"sentence1": ["a", "b", "c"], "sentence2": ["d", "e", "f"]}
    scores = [3.6, 0.0, 1.7139999866485596]
    put(tmp_path, STSB, "test", texts | {"label": pa.array(scores, pa.float32())})
    single = load_split(STSB, "test", tmp_path)
    put(tmp_path, STSB, "test", texts | {"label": pa.array([3.6, -0.0, 1.714])})
    double = load_split(STSB, "test", tmp_path)
    assert single.gold.tolist() == double.gold.tolist() == [3.6, 0.0, 1.714]
    assert single.fingerprint == double.fingerprint


def test_whole_number_scores(tmp_path):
    put(tmp_path, STSB, "test", {"sentence1": ["a"], "sentence2": ["b"], "label": [5]})
    gold = load_split(STSB, "test", tmp_path).gold
    assert gold.dtype == np.float64
    assert gold.tolist() == [5.0]


def test_offsets_become_strings(tmp_path):
    row = {"word": ["hand"], "sentence1": ["a hand"], "sentence2": ["by hand"], "label": [0]}
    offsets = {"start1": [2], "end1": [6], "start2": [3], "end2": [7]}
    put(tmp_path, WIC, "validation", row | offsets)
    split = load_split(WIC, "validation", tmp_path)
    assert list(split.texts) == list(WIC.text_columns)
    assert (split.texts["start1"], split.texts["end2"]) == (("2",), ("7",))
    put(tmp_path, WIC, "validation", row | offsets | {"start1": ["two"]})
    assert findings(tmp_path, WIC, "validation")["column-type"].column == "start1"


def test_snli_drops_rows_without_gold(tmp_path):
    columns = {"premise": list("abc"), "hypothesis": list("def"), "label": [2, -1, 0]}
    put(tmp_path, SNLI, "test", columns)
    split = load_split(SNLI, "test", tmp_path)
    assert split.texts == {"premise": ("a", "c"), "hypothesis": ("d", "f")}
    assert split.gold.tolist() == [2, 0]
    put(tmp_path, SNLI, "test", columns | {"label": [-1, -1, -1]})
    assert set(findings(tmp_path, SNLI)) == {"empty-split"}
    put(tmp_path, SNLI, "test", columns | {"label": [-2, 0, 0]})
    assert set(findings(tmp_path, SNLI)) == {"label-range"}


def test_of_a_hidden_test_set_the_texts_are_read_and_no_label(tmp_path):
    cola, wrong = DATASETS["cola"], ["", "no label at all", "x"]
    path = put(tmp_path, cola, "test", {"sentence": ["b", "a", "b"]})
    bare = load_texts(cola, "test", tmp_path)
    assert (bare.texts, bare.rows, bare.source) == ({"sentence": ("b", "a", "b")}, 3, str(path))
    assert (len(bare.gold), bare.partial) == (0, None)
    assert [example["sentence"] for example in bare.examples()] == ["b", "a", "b"]
    put(tmp_path, cola, "test", {"label": wrong, "sentence": ["b", "a", "b"], "idx": [0, 1, 2]})
    labelled = load_texts(cola, "test", tmp_path)
    assert labelled.fingerprint == bare.fingerprint
    put(tmp_path, cola, "test", {"sentence": ["b", "a", "c"]})
    assert load_texts(cola, "test", tmp_path).fingerprint != bare.fingerprint


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"text": ["a"]}, "no-such-column"),
        ({"sentence": pa.array([None], pa.string())}, "null"),
        ({"sentence": [1]}, "column-type"),
        ({"sentence": pa.array([], pa.string())}, "empty-split"),
    ],
    ids=["column", "null", "type", "empty"],
)
def test_wrong_texts_of_a_hidden_test_set(tmp_path, columns, code):
    put(tmp_path, DATASETS["cola"], "test", columns)
    with pytest.raises(ParetoNLPError) as caught:
        load_texts(DATASETS["cola"], "test", tmp_path)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert "label" not in str(finding)


def test_a_split_that_no_server_keeps_gets_a_hint(tmp_path):
    with pytest.raises(
        ParetoNLPError, match=r"mnli has no split 'test_mached' whose gold.*Did you mean 'test_matched'"
    ):
        load_texts(DATASETS["mnli"], "test_mached", tmp_path)
    with pytest.raises(ParetoNLPError, match="has no split 'validation'"):
        load_texts(DATASETS["cola"], "validation", tmp_path)


def test_partial_splits_say_so(tmp_path):
    put(tmp_path, SST2, "test", GOOD)
    assert load_split(SST2, "test", tmp_path).partial == "sst2, 2 of 1,821"
    whole = replace(SST2, official_rows={"test": 2})
    assert load_split(whole, "test", tmp_path).partial is None
    put(tmp_path, SST2, "train_extra", GOOD)
    assert load_split(SST2, "train_extra", tmp_path).partial is None


def test_all_findings_at_once(tmp_path):
    columns = {
        "premise": pa.array(["a", None]),
        "hypothesis": pa.array([1, 2]),
        "label": [0, 3],
    }
    path = put(tmp_path, SNLI, "test", columns)
    found = findings(tmp_path, SNLI)
    assert set(found) == {"null", "column-type", "label-range"}
    assert all(finding.file == str(path) for finding in found.values())
    assert "sample 1" in found["null"].message
    assert found["null"].column == "premise"
    assert found["column-type"].column == "hypothesis"
    assert found["label-range"].expected == "0 entailment, 1 neutral, 2 contradiction"


@pytest.mark.parametrize(
    ("label", "code", "words"),
    [
        ([-1, -1], "no-gold", "and 1 more: this copy hides its gold"),
        ([-1, 5], "label-range", "sample 0 has the label -1"),
        ([0, 2], "label-range", "sample 1 has the label 2"),
        (pa.array([0, 2**64 - 1], pa.uint64()), "label-range", "sample 1"),
        ([0.0, 1.0], "column-type", "double"),
        (pa.array([None, 1]), "null", "sample 0"),
        (["positive", "negativ"], "label-name", "Did you mean 'negative'?"),
        (pa.array([None, None]), "null", "and 1 more"),
    ],
    ids=str,
)
def test_wrong_classes(tmp_path, label, code, words):
    put(tmp_path, SST2, "test", GOOD | {"label": label})
    found = findings(tmp_path)
    assert set(found) == {code}
    assert words in str(found[code])


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ([5.1, 1.0], "label-range"),
        ([-0.1, 1.0], "label-range"),
        ([float("nan"), 1.0], "label-range"),
        ([float("inf"), 1.0], "label-range"),
        ([-1.0, -1.0], "no-gold"),
        (["high", "low"], "column-type"),
        (pa.array([None, 1.0]), "null"),
    ],
    ids=str,
)
def test_wrong_scores(tmp_path, label, code):
    put(tmp_path, STSB, "test", {"sentence1": ["a", "b"], "sentence2": ["c", "d"], "label": label})
    assert set(findings(tmp_path, STSB)) == {code}


def test_text_that_is_not_utf8(tmp_path):
    broken = pa.array([b"fine", b"\xff\xfe"]).view(pa.string())
    put(tmp_path, SST2, "test", {"sentence": broken, "label": [0, 1]})
    assert findings(tmp_path)["not-utf8"].column == "sentence"


def test_missing_columns_get_a_hint(tmp_path):
    put(tmp_path, SST2, "test", {"sentences": ["a"], "gold": [1]})
    with pytest.raises(ParetoNLPError) as caught:
        load_split(SST2, "test", tmp_path)
    sentence, label = caught.value.findings
    assert (sentence.code, sentence.column) == ("no-such-column", "sentence")
    assert "Did you mean 'sentences'?" in str(sentence)
    assert (label.code, label.column) == ("no-such-column", "label")


def test_a_column_twice(tmp_path):
    table = pa.table([["a"], ["b"], [1]], names=["sentence", "sentence", "label"])
    put(tmp_path, SST2, "test", table)
    assert findings(tmp_path)["column-twice"].column == "sentence"


def test_no_rows(tmp_path):
    schema = pa.schema({"sentence": pa.string(), "label": pa.int64()})
    put(tmp_path, SST2, "test", schema.empty_table())
    assert set(findings(tmp_path)) == {"empty-split"}


def test_unreadable_files(tmp_path):
    path = put(tmp_path, SST2, "test", GOOD)
    whole = path.read_bytes()
    for content in (b"", b"sentence,label\n", whole[:-40], whole[:20] + b"\0" * (len(whole) - 20)):
        path.write_bytes(content)
        found = findings(tmp_path)
        assert found["unreadable"].file == str(path)


def test_missing_places(tmp_path):
    assert set(findings(tmp_path / "nowhere")) == {"no-such-directory"}
    (tmp_path / "a-file").write_text("")
    assert set(findings(tmp_path / "a-file")) == {"no-such-directory"}
    put(tmp_path, SST2, "validation", GOOD)
    missing = findings(tmp_path)["no-such-file"]
    assert missing.file == str(tmp_path / "sst2" / "test.parquet")
    assert "The directory has validation of sst2." in str(missing)
    nothing = findings(None)["no-data"]
    assert "--data-dir" in str(nothing)
    assert "the Hub" in str(nothing)
    put(tmp_path, SST2, "train_extra", GOOD)
    unknown = findings(tmp_path, split="train_extre")["no-such-split"]
    assert "Did you mean 'train_extra'?" in str(unknown)
