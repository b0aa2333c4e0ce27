"""The shapes at the size of BERT-base, against what KroneckerBERT prints (arXiv 2109.06243, Table 1)."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from transformers import BertConfig

from baselines.layers.classifier import Classifier
from baselines.layers.kronecker import KroneckerLinear
from baselines.layers.kronecker_shapes import SHAPES, factorise, largest_divisor
from harness import count_flops

LAYERS, TOKENS = 12, 128


@pytest.fixture(scope="module")
def bert_base(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Classifier]:
    """BERT-base in each shape, on the meta device."""
    assets = tmp_path_factory.mktemp("assets")
    BertConfig().save_pretrained(assets)  # 768 features, 3072 inside, 12 layers, 30522 words
    models = {}
    for name, shape in SHAPES.items():
        with torch.device("meta"):
            models[name] = Classifier(2, assets=assets)
            factorise(models[name], shape)
    return models


def parameters(model: Classifier, *parts: str) -> int:
    """Of names that hold none of the parts."""
    return sum(p.numel() for name, p in model.named_parameters() if not any(part in name for part in parts))


def linears(model: Classifier) -> dict[str, KroneckerLinear]:
    return {name: module for name, module in model.named_modules() if isinstance(module, KroneckerLinear)}


@pytest.mark.parametrize(
    ("shape", "without_pooler", "with_pooler"),
    [("k8", 14.06e6, 14.65e6), ("k21", 4.64e6, 5.23e6)],
)
def test_parameters_at_the_size_of_bert_base(
    bert_base: dict[str, Classifier], shape: str, without_pooler: float, with_pooler: float
) -> None:
    model = bert_base[shape]
    assert parameters(model, "classifier", "pooler") == pytest.approx(without_pooler, abs=5e3)
    assert parameters(model, "classifier") == pytest.approx(with_pooler, abs=5e3)


def test_the_reading_of_k5_has_the_printed_parameters(bert_base: dict[str, Classifier]) -> None:
    # 20.05M in matrices and tables; printed as 20M
    assert parameters(bert_base["k5"], "classifier", "pooler", "bias", "Norm") == pytest.approx(20.05e6, abs=5e3)
    assert parameters(bert_base["k5"], "classifier", "pooler") == pytest.approx(20.17e6, abs=5e3)


@pytest.mark.parametrize(("shape", "printed"), [("k8", 5.475e9), ("k21", 1.403e9), ("k5", 9.23e9)])
def test_operations_of_the_linear_part_as_the_paper_counts_them(
    bert_base: dict[str, Classifier], shape: str, printed: float
) -> None:
    total = 0
    for layer in linears(bert_base[shape]).values():
        (terms, m1, n1), (_, m2, n2) = layer.A.shape, layer.B.shape
        # a product of k pairs: k multiplications, k - 1 additions
        one = (2 * n2 - 1) * m2 * n1 + (2 * n1 - 1) * m2 * m1
        other = (2 * n1 - 1) * n2 * m1 + (2 * n2 - 1) * m2 * m1
        total += terms * min(one, other) * TOKENS
    assert total == pytest.approx(printed, abs=3e6)


@pytest.mark.parametrize(
    ("shape", "attention", "ffn"),
    [  # (m1, n1, m2, n2) of one term as Table 1 gives them; the second FFN matrix is transposed
        ("k8", (384, 384, 2, 2), (8, 2, 384, 384)),
        ("k21", (384, 48, 2, 16), (16, 2, 192, 384)),
        ("k5", (384, 48, 2, 16), (8, 2, 384, 384)),
    ],
)
def test_the_harness_measures_twice_the_multiplications(
    bert_base: dict[str, Classifier], shape: str, attention: tuple[int, ...], ffn: tuple[int, ...]
) -> None:
    def macs(m1: int, n1: int, m2: int, n2: int) -> int:
        return min(m2 * n2 * n1 + m2 * n1 * m1, m1 * n1 * n2 + n2 * m1 * m2)

    m1, n1, m2, n2 = ffn
    terms = 4 if shape == "k5" else 1
    linear = LAYERS * TOKENS * terms * (4 * macs(*attention) + macs(*ffn) + macs(n1, m1, n2, m2))
    products = LAYERS * 2 * TOKENS**2 * 768  # QK^T and its product with V
    answer = 768 * 768 + 768 * 2  # pooler and answer layer, on the first token
    ids = torch.zeros(1, TOKENS, dtype=torch.long, device="meta")
    cost = count_flops(bert_base[shape], {"input_ids": ids, "token_type_ids": ids})
    assert cost.macs == linear + products + answer
    assert 2 * linear == pytest.approx({"k8": 5.49e9, "k21": 1.416e9, "k5": 9.29e9}[shape], abs=5e6)
    assert not cost.unpriced


def test_every_matrix_and_the_word_embedding_are_products_and_the_rest_is_dense(
    bert_base: dict[str, Classifier],
) -> None:
    model = bert_base["k8"]
    dense = {name: tuple(p.shape) for name, p in model.named_parameters() if name.endswith("weight") and p.dim() == 2}
    assert dense == {
        "encoder.bert.embeddings.position_embeddings.weight": (512, 768),
        "encoder.bert.embeddings.token_type_embeddings.weight": (2, 768),
        "encoder.bert.pooler.dense.weight": (768, 768),
        "encoder.classifier.weight": (2, 768),
    }
    assert len(linears(model)) == LAYERS * 6
    words = model.encoder.bert.embeddings.word_embeddings
    assert (tuple(words.A.shape), tuple(words.B.shape)) == ((30522, 96), (1, 8))


@pytest.mark.parametrize(("d", "most", "n"), [(768, 12, 12), (384, 16, 16), (64, 12, 8), (312, 16, 13), (7, 6, 1)])
def test_the_shared_row_is_as_long_as_divides_the_width(d: int, most: int, n: int) -> None:
    assert largest_divisor(d, most) == n


def test_a_matrix_that_cannot_be_cut_is_named(tmp_path: Path) -> None:
    BertConfig(hidden_size=40, num_attention_heads=2, intermediate_size=80, num_hidden_layers=1).save_pretrained(
        tmp_path
    )
    with pytest.raises(ValueError, match=r"attention\.self\.query \[40, 40\] .* \[2, 16\]"):
        factorise(Classifier(2, assets=tmp_path), SHAPES["k21"])


@pytest.mark.parametrize("shape", SHAPES)
def test_factors_follow_the_width(shape: str, tmp_path: Path) -> None:
    BertConfig(
        vocab_size=30, hidden_size=64, num_attention_heads=4, intermediate_size=256, num_hidden_layers=1
    ).save_pretrained(tmp_path)
    model = Classifier(2, assets=tmp_path)
    factorise(model, SHAPES[shape])
    query = model.layers[0].attention.self.query
    ffn = model.layers[0].intermediate.dense, model.layers[0].output.dense
    a_rows, a_columns = {"k8": (32, 32), "k21": (32, 4), "k5": (32, 4)}[shape]
    assert query.A.shape[1:] == (a_rows, a_columns)
    assert [tuple(layer.A.shape[1:]) for layer in ffn] == {"k21": [(16, 2), (2, 16)]}.get(shape, [(8, 2), (2, 8)])
    logits: Tensor = model(*[torch.zeros(2, 5, dtype=torch.long)] * 2)
    assert logits.shape == (2, 2)
