"""The generated data are the same on every machine: reports are compared where fingerprints are equal.

A change of a grammar, a word or the seed changes them, and every submission on the suite is out of date.
"""

from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from harness.tasks.loading import fingerprint
from harness.tasks.probe import generate, tokenizer_json, vocabulary

FINGERPRINTS = {
    ("probe-sentiment", "train"): "58a08d935d5dc79f",
    ("probe-sentiment", "validation"): "74990122557d59de",
    ("probe-sentiment", "test"): "6ec755c22409dcfa",
    ("probe-inference", "train"): "38ba6e7c9a3ee8b6",
    ("probe-inference", "validation"): "1cbb4b90bb2d0c6f",
    ("probe-inference", "test"): "b9722ee73db109bf",
    ("probe-paraphrase", "train"): "e16eae19f2493825",
    ("probe-paraphrase", "validation"): "a00f79abe4f56a42",
    ("probe-paraphrase", "test"): "6a089e56e7005ef2",
    ("probe-similarity", "train"): "1b32983d08756278",
    ("probe-similarity", "validation"): "c9b6a950f38d59f1",
    ("probe-similarity", "test"): "8c023b07bdef8f62",
}
BACKBONE = Path(__file__).parents[3] / "baselines" / "backbones" / "probe-bert"


@pytest.mark.parametrize(("dataset", "split"), FINGERPRINTS)
def test_the_data_are_those_that_submissions_were_made_on(dataset: str, split: str) -> None:
    assert fingerprint(*generate(dataset, split))[:16] == FINGERPRINTS[dataset, split]


def test_the_tokenizer_gives_every_word_back_and_knows_them_all() -> None:
    tokenizer = Tokenizer.from_str(tokenizer_json())
    for texts in (generate(dataset, "test")[0] for dataset, split in FINGERPRINTS if split == "test"):
        for sample in list(zip(*texts.values(), strict=True))[:300]:
            tokens = tokenizer.encode(*sample).tokens
            assert [token for token in tokens if token not in ("[CLS]", "[SEP]")] == " ".join(sample).split()
            assert (tokens[0], tokens[-1], tokens.count("[SEP]")) == ("[CLS]", "[SEP]", len(sample))


def test_the_committed_backbone_reads_with_the_suites_tokenizer() -> None:
    assert (BACKBONE / "tokenizer.json").read_text() == tokenizer_json()
    tokenizer = AutoTokenizer.from_pretrained(BACKBONE)
    encoded = tokenizer("the plot was dull .", "the plot was not dull .")
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"])[:3] == ["[CLS]", "the", "plot"]
    assert encoded["token_type_ids"] == [0] * 7 + [1] * 7
    assert len(tokenizer) == len(vocabulary())
