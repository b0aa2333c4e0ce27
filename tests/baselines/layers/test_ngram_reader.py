"""N-grams of hand-worked sentences, under hashes that ``b2sum -l 64`` gives."""

import hashlib
import json
from pathlib import Path
from types import ModuleType

import pytest
import torch

from baselines.drafting import copy_code, import_model
from baselines.layers.ngram_reader import ORDERS, hashes, texts_of

CARDS = {
    "single": {"outputs": 2, "columns": ["text"]},
    "pair": {"outputs": 2, "columns": ["one", "two"]},
    "many": {"outputs": 2, "columns": ["one", "two", "three"]},
}
KNOWN = ("stop", "don't stop", "the", "the end of the")


def digest(ngram: str) -> bytes:
    return hashlib.blake2b(ngram.encode(), digest_size=8).digest()


@pytest.fixture
def model(tmp_path: Path) -> ModuleType:
    """A folder's model.py, of datasets that know four n-grams."""
    (tmp_path / "assets" / "ngrams").mkdir(parents=True)
    (tmp_path / "assets" / "datasets.json").write_text(json.dumps(CARDS))
    for dataset in CARDS:
        (tmp_path / f"assets/ngrams/{dataset}-100000.hashes").write_bytes(b"".join(map(digest, KNOWN)))
    copy_code("dan", tmp_path)
    return import_model(tmp_path)


def test_ngrams_of_a_sentence_by_hand() -> None:
    expected = {
        1: ["don't", "stop", "it"],
        2: ["don't stop", "stop it", "it don't"],
        3: ["don't stop it", "stop it don't", "it don't stop"],
        4: ["don't stop it don't", "stop it don't stop"],
    }
    for order in ORDERS:
        assert hashes("Don't stop -- it! DON'T STOP.", order) == [digest(ngram) for ngram in expected[order]]


def test_words_are_runs_of_letters_and_digits_with_apostrophes_within() -> None:
    assert hashes("'Tis 2nd-rate: the actors' CAFÉ n't_x", 1) == [
        digest(word) for word in ("tis", "2nd", "rate", "the", "actors", "café", "n't_x")
    ]
    assert hashes("?!", 1) == []
    assert hashes("one", 2) == []


def test_hashes_are_the_same_everywhere() -> None:
    assert [code.hex() for code in (*hashes("Stop", 1), *hashes("don't stop", 2))] == [
        "c97ab12a173a72d9",
        "ffd41c0c63457a53",
    ]


def test_ids_are_ranks_of_known_ngrams(model: ModuleType) -> None:
    text = {"text": "Don't stop the end of the the stop"}
    assert model.encode(text, "single", ngrams=4, width=3) == {"ngrams": [2, 4, 3, 5]}
    assert model.encode(text, "single", ngrams=100_000, width=3) == {"ngrams": [2, 4, 3, 5]}
    assert model.encode(text, "single", ngrams=2, width=3) == {"ngrams": [2, 3]}


@pytest.mark.parametrize("text", ["nothing known", "", "..."])
def test_a_text_without_known_ngrams_is_the_unknown_one(model: ModuleType, text: str) -> None:
    assert model.encode({"text": text}, "single", ngrams=4, width=3) == {"ngrams": [1]}
    assert model.encode({"text": "the"}, "single", ngrams=2, width=3) == {"ngrams": [1]}


def test_the_texts_of_a_pair_are_read_apart(model: ModuleType) -> None:
    # "don't" ends the first and "stop" begins the second: no n-gram spans both
    example = {"one": "the don't", "two": "stop"}
    assert model.encode(example, "pair", ngrams=4, width=3) == {"ngrams_1": [4], "ngrams_2": [2]}
    assert model.encode({**example, "three": "the"}, "many", ngrams=4, width=3) == {
        "ngrams_1": [4],
        "ngrams_2": [2, 4],
    }
    assert texts_of({"a": "x", "b": "y", "c": "z"}, ["c", "a", "b"]) == ("z", "x y")


@pytest.mark.parametrize(
    ("dataset", "sizes"), [("single", {"num_ngrams": 3}), ("pair", {"num_ngrams_1": 2, "num_ngrams_2": 1})]
)
def test_inputs_of_sizes_have_the_shapes_and_types_of_texts(
    model: ModuleType, dataset: str, sizes: dict[str, int]
) -> None:
    built = model.build_inputs(dataset, {"num_ngrams": 3, **sizes}, ngrams=4, width=3)
    encoded = model.encode({"text": "don't stop the", "one": "don't stop", "two": "the"}, dataset, ngrams=4, width=3)
    assert built.keys() == encoded.keys()
    for name, ids in encoded.items():
        assert torch.tensor([ids]).shape == built[name].shape == (1, sizes[f"num_{name}"])
        assert torch.tensor([ids]).dtype == built[name].dtype
        assert 0 not in built[name]  # a bag of padding alone has no mean


def test_a_table_has_as_many_rows_as_there_are_ngrams_and_two(model: ModuleType) -> None:
    for ngrams, rows in {3: 5, 4: 6, 100_000: 6}.items():
        assert model.build_model("single", ngrams=ngrams, width=3).encoder.table.weight.shape == (rows, 3)
