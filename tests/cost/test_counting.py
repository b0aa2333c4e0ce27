"""Whole models: against closed forms, and against the two counters in use, on the operators that those know."""

import pytest
import torch
import transformers as T
from torch import Tensor, nn

from harness import count_flops
from harness.findings import ParetoNLPError
from harness.sandbox.compare_job import fvcore_macs, torch_macs
from tests.cost.zoo import MODELS, inputs_of

TOKENS = 24
FVCORE_PRODUCTS = ("linear", "matmul", "addmm", "bmm", "baddbmm", "einsum", "conv")


def _eager(name: str) -> nn.Module:
    """The model with attention written out, which every counter sees."""
    model = MODELS[name]()
    model.config._attn_implementation = "eager"
    for module in model.modules():
        if hasattr(module, "config"):
            module.config._attn_implementation = "eager"
    return model.eval()


@pytest.mark.parametrize("name", [name for name in MODELS if name != "bert-sdpa"])
def test_equal_to_torchs_counter(name: str) -> None:
    model, inputs = _eager(name), inputs_of(name, TOKENS)
    assert count_flops(model, inputs).macs == sum(torch_macs(model, inputs).values())


@pytest.mark.parametrize(
    "name", ["bert-eager", "roberta", "albert", "distilbert", "mobilebert", "squeezebert", "electra"]
)
def test_equal_to_fvcore_on_the_operators_it_knows(name: str) -> None:
    model, inputs = _eager(name), inputs_of(name, TOKENS)
    by_operator = fvcore_macs(model, inputs)
    assert count_flops(model, inputs).macs == sum(by_operator.get(operator, 0) for operator in FVCORE_PRODUCTS)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("tokens", [1, 7, 64, 511])
def test_bert_base_has_its_closed_form(attention: str, tokens: int) -> None:
    """Per layer 12 n d^2 + 2 n^2 d multiply-accumulates; the pooler d^2; the classifier d C."""
    with torch.device("meta"):
        model = T.BertForSequenceClassification(T.BertConfig(num_labels=2, attn_implementation=attention))
    cost = count_flops(model, {"input_ids": torch.zeros(1, tokens, dtype=torch.long)})
    assert cost.macs == 18_432 * tokens**2 + 84_934_656 * tokens + 591_360
    assert not cost.unpriced


def test_bert_base_flops_have_their_closed_form() -> None:
    """2 x MACs and, by hand, biases, GELU (5 an element), residuals, layer norms (7 d + 2 a row), scaled softmax."""
    n, d, inner, heads, layers, classes = 32, 768, 3072, 12, 12, 2
    with torch.device("meta"):
        model = T.BertForSequenceClassification(T.BertConfig(num_labels=classes))
    cost = count_flops(model, {"input_ids": torch.zeros(1, n, dtype=torch.long)})
    norm = n * (7 * d + 2)
    attention = heads * n * (n + (5 * n - 2))  # scaling of the scores, softmax
    layer = n * (4 * d + inner + d) + 5 * n * inner + 2 * n * d + 2 * norm + attention
    embeddings = 2 * n * d + norm
    head = (d + d) + classes  # pooler bias and tanh; classifier bias
    assert cost.flops - 2 * cost.macs == embeddings + layers * layer + head


@pytest.mark.parametrize("on_meta", [True, False])
@pytest.mark.parametrize(("kind", "gates"), [(nn.LSTM, 4), (nn.GRU, 3), (nn.RNN, 1)])
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, True)])
def test_recurrent_layers(kind: type[nn.RNNBase], gates: int, layers: int, bidirectional: bool, on_meta: bool) -> None:
    """MACs: steps x directions x gates x hidden x (inputs + hidden); inputs of upper layers are all directions."""
    steps, width, hidden, directions = 9, 8, 16, 1 + bidirectional
    with torch.device("meta" if on_meta else "cpu"):
        layer = kind(width, hidden, num_layers=layers, bidirectional=bidirectional)
        x = torch.zeros(steps, 1, width)
    expected = sum(
        steps * directions * gates * hidden * ((width if number == 0 else hidden * directions) + hidden)
        for number in range(layers)
    )
    assert count_flops(layer, {"input": x}).macs == expected


@pytest.mark.parametrize("on_meta", [True, False])
def test_transformer_encoder_costs_the_same_by_its_fast_path_and_without(on_meta: bool) -> None:
    n, d, inner, layers = 10, 32, 64, 2
    with torch.device("meta" if on_meta else "cpu"):
        layer = nn.TransformerEncoderLayer(d, 4, inner, batch_first=True)
        model = nn.TransformerEncoder(layer, layers).eval()
        x = torch.zeros(1, n, d)
    cost = count_flops(model, {"src": x})
    assert cost.macs == layers * (4 * n * d * d + 2 * n * n * d + 2 * n * d * inner)
    assert not cost.unpriced


def test_a_sparse_matrix_costs_its_entries() -> None:
    dense = torch.zeros(6, 8)
    dense[0, 1] = dense[5, 7] = dense[2, 2] = 1.0

    class Sparse(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(dense.to_sparse_csr(), requires_grad=False)

        def forward(self, x: Tensor) -> Tensor:
            return self.weight @ x

    assert count_flops(Sparse(), {"x": torch.randn(8, 5)}).macs == 3 * 5


class Kronecker(nn.Module):
    """(A kron B) x without the product: B (m2 x n2), x as n2 x n1, A (m1 x n1)."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.randn(4, 3))
        self.b = nn.Parameter(torch.randn(6, 5))

    def forward(self, x: Tensor) -> Tensor:
        folded = x.reshape(*x.shape[:-1], 3, 5)
        return (self.a @ (folded @ self.b.T)).flatten(-2)


def test_a_kronecker_product_costs_its_two_factors() -> None:
    tokens = 7
    cost = count_flops(Kronecker(), {"x": torch.randn(1, tokens, 15)})
    assert cost.macs == tokens * (6 * 5 * 3 + 4 * 3 * 6)  # m2 n2 n1 + m1 n1 m2


def test_a_product_written_as_multiply_and_sum_is_elementwise_work() -> None:
    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(6, 4))

        def forward(self, x: Tensor) -> Tensor:
            return (x.unsqueeze(-2) * self.weight).sum(-1)

    cost = count_flops(Written(), {"x": torch.randn(3, 4)})
    assert (cost.macs, cost.flops) == (0, 3 * 6 * 4 + 3 * 6 * 3)


def test_quantised_linears_are_priced() -> None:
    torch.backends.quantized.engine = "qnnpack" if "qnnpack" in torch.backends.quantized.supported_engines else "fbgemm"
    model = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(16, 8)), {nn.Linear}, torch.qint8)
    cost = count_flops(model, {"input": torch.zeros(3, 16)})
    assert cost.macs == 3 * 16 * 8
    assert not cost.unpriced


def test_what_no_formula_covers_is_listed() -> None:
    class Unusual(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.special.airy_ai(torch.special.airy_ai(x))

    assert count_flops(Unusual(), {"x": torch.randn(3)}).unpriced == {"aten.special_airy_ai.default": 2}


class ByValue(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.second(x) if x.sum() > 0 else x


def test_control_flow_by_value_runs_and_says_so() -> None:
    model = ByValue()
    nn.init.constant_(model.first.bias, 100.0)
    cost = count_flops(model, {"x": torch.zeros(1, 4)})
    assert (cost.macs, cost.with_values) == (2 * 16, True)
    assert not count_flops(nn.Linear(4, 4), {"input": torch.zeros(1, 4)}).with_values


def test_control_flow_by_value_on_meta_asks_for_weights() -> None:
    with torch.device("meta"):
        model = ByValue()
    with pytest.raises(ParetoNLPError, match="real weights"):
        count_flops(model, {"x": torch.zeros(1, 4)})


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_without_a_formula(name: str) -> None:
    assert not count_flops(MODELS[name](), inputs_of(name, TOKENS)).unpriced
