"""The architectures at their published sizes, and what our counter makes of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from harness.tasks import SUITES, task
from leaderboard.published.architectures import ARCHITECTURES
from leaderboard.published.lengths import CUT, LONGEST, measure_lengths, read_lengths, split_of
from leaderboard.published.price import price_lengths, priced
from leaderboard.published.reading import costs

ROOT = Path(__file__).parents[2]


def encoder(layers: int, width: int, inner: int, tokens: int) -> int:
    """MACs of a transformer encoder: four projections, two products of attention, two of the feed-forward network."""
    return layers * (4 * width * width * tokens + 2 * width * tokens**2 + 2 * width * inner * tokens)


def head(width: int, outputs: int) -> int:
    """A square layer on one token, and the answer."""
    return width * width + width * outputs


CLOSED_FORMS = {
    "bert-base": lambda n, c: encoder(12, 768, 3072, n) + head(768, c),
    "bert-base-6": lambda n, c: encoder(6, 768, 3072, n) + head(768, c),
    "bert-base-3": lambda n, c: encoder(3, 768, 3072, n) + head(768, c),
    "bert-large": lambda n, c: encoder(24, 1024, 4096, n) + head(1024, c),
    "bert-large-12": lambda n, c: encoder(12, 1024, 4096, n) + head(1024, c),
    "roberta-base": lambda n, c: encoder(12, 768, 3072, n) + head(768, c),
    "roberta-large-12": lambda n, c: encoder(12, 1024, 4096, n) + head(1024, c),
    "albert-base": lambda n, c: 128 * 768 * n + encoder(12, 768, 3072, n) + head(768, c),
    "albert-large": lambda n, c: 128 * 1024 * n + encoder(24, 1024, 4096, n) + head(1024, c),
    "elasticbert-base-6": lambda n, c: encoder(6, 768, 3072, n) + head(768, c),
    "distilbert": lambda n, c: encoder(6, 768, 3072, n) + head(768, c),
    "tinybert-4": lambda n, c: encoder(4, 312, 1200, n) + head(312, c),
    "tinybert-6": lambda n, c: encoder(6, 768, 3072, n) + head(768, c),
    # the decoder has a second attention, over the encoder's tokens, of which there are as many
    "t5-small": lambda n, c: 2 * encoder(6, 512, 2048, n) + encoder(6, 512, 0, n) + head(512, c),
    # transforms are no MACs; embeddings pass a square layer
    "fnet-base": lambda n, c: 768 * 768 * n + 12 * 2 * 768 * 3072 * n + head(768, c),
    "fnet-large": lambda n, c: 1024 * 1024 * n + 24 * 2 * 1024 * 4096 * n + head(1024, c),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_macs_equal_the_closed_form(name: str) -> None:
    tokens, outputs = [5, 24, 60, 128], 3
    found, _ = price_lengths(ARCHITECTURES[name], outputs, tokens)
    assert found.macs.tolist() == [CLOSED_FORMS[name](each, outputs) for each in tokens]
    assert (found.flops > 2 * found.macs).all()


@pytest.mark.parametrize("name", ["mobilebert", "squeezebert"])
def test_macs_equal_those_of_torch_where_attention_is_written_out(name: str) -> None:
    found, _ = price_lengths(ARCHITECTURES[name], 2, [16])
    model = ARCHITECTURES[name].build(2).eval()
    model.config._attn_implementation = "eager"
    with FlopCounterMode(display=False) as oracle, torch.inference_mode():
        model(**ARCHITECTURES[name].inputs(16))
    assert 2 * found.macs[0] == oracle.get_total_flops()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("bert-base", 109_483_778),  # these four as their fine-tuned checkpoints of two classes
        ("roberta-base", 124_647_170),
        ("albert-base", 11_685_122),
        ("distilbert", 66_955_010),
        ("bert-large", 335e6),
        ("roberta-large", 355e6),
        ("albert-large", 17.7e6),
        ("elasticbert-base-3", 45.7e6),
        ("elasticbert-base-6", 67e6),
        ("tinybert-4", 14.35e6),
        ("mobilebert", 24.6e6),
        ("squeezebert", 51.1e6),
        ("t5-small", 60.5e6),
        ("fnet-base", 82.86e6),
        ("fnet-large", 236.95e6),
    ],
)
def test_parameters_are_as_published(name: str, published: float) -> None:
    counted = costs()[name]["splits"]["mrpc/test"]["parameters"]
    assert counted == published if isinstance(published, int) else counted == pytest.approx(published, rel=0.005)
    with torch.device("meta"):
        assert counted == ARCHITECTURES[name].build(2).num_parameters()


def test_kept_costs_are_means_over_the_lengths() -> None:
    for name in ("bert-base", "tinybert-4", "t5-small", "fnet-large"):
        for split, outputs in (("mrpc/test", 2), ("stsb/validation", 1), ("snli/test", 3)):
            counts = read_lengths()[split]
            macs = sum(CLOSED_FORMS[name](tokens, outputs) * samples for tokens, samples in counts.items())
            assert costs()[name]["splits"][split]["macs"] == round(macs / sum(counts.values()))


def test_kept_costs_are_those_of_today() -> None:
    assert set(costs()) == set(ARCHITECTURES)
    for name in ("bert-base-3", "tinybert-4", "distilbert"):
        assert priced(ARCHITECTURES[name], read_lengths()) == costs()[name]


def test_lengths_are_those_of_the_submissions_that_rows_are_drawn_beside() -> None:
    report = json.loads((ROOT / "submissions" / "dense-minilm" / "report.json").read_text())
    compared = set()
    for result in report["results"]:
        split, paths = split_of(task(f"{result['suite']}/{result['task']}")), result["cost"]["paths"]
        tokens = paths["sizes"]["num_tokens"]
        assert dict(zip(tokens, paths["samples"], strict=True)) == read_lengths()[split]
        compared.add(split)
    assert "mrpc/test" in compared


def test_samples_are_as_many_as_the_split_has() -> None:
    counted = {split: sum(counts.values()) for split, counts in read_lengths().items()}
    whole = {split_of(each): each.rows for name in ("elue", "glue", "superglue") for each in SUITES[name].tasks}
    partial = {"qqp/validation": 7_600, "imdb/test": 2_000}
    assert counted == {split: partial.get(split, whole[split]) for split in counted}
    assert set(whole) - set(counted) == {"mnli/validation_mismatched"}


def test_texts_are_cut_where_the_submissions_cut_them() -> None:
    for split, counts in read_lengths().items():
        assert max(counts) <= LONGEST.get(split.partition("/")[0], CUT)
    assert max(read_lengths()["imdb/test"]) == 256


def test_lengths_are_counted_in_word_pieces_of_both_texts(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3}
    tokenizer = Tokenizer(models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "mrpc").mkdir()
    pairs = {"sentence1": ["a a", "a", "a " * 200], "sentence2": ["a", "a a", "a " * 200], "label": [0, 1, 1]}
    pq.write_table(pa.table(pairs), tmp_path / "mrpc" / "validation.parquet")
    found = measure_lengths(tmp_path, tmp_path / "tokenizer.json")
    assert found == {"mrpc/validation": {6: 2, 128: 1}}  # [CLS] a a [SEP] a [SEP]


def test_a_mean_is_weighted_by_samples() -> None:
    two = priced(ARCHITECTURES["tinybert-4"], {"mrpc/test": {8: 1, 16: 3}})["splits"]["mrpc/test"]
    found, _ = price_lengths(ARCHITECTURES["tinybert-4"], 2, [8, 16])
    assert two["flops"] == round(np.average(found.flops, weights=[1, 3]))
