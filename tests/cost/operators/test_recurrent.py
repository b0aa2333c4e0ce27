"""Recurrent layers: closed forms, and the same layer as torch takes it apart."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from harness.cost.operators import Count
from tests.cost.operators.calls import cost, count, made, parts, priced, value

INPUTS, H, T, B = 5, 3, 7, 2
X = torch.randn(T, B, INPUTS)
GATES = {nn.LSTM: 4, nn.GRU: 3, nn.RNN: 1}
POINTWISE = {nn.LSTM: 22, nn.GRU: 16, nn.RNN: 2}


def closed_form(kind: type[nn.RNNBase], tokens: int, inputs: list[int], hidden: int, bias: bool) -> Count:
    """``inputs``: the width that each layer and direction reads."""
    gates = GATES[kind] * hidden
    macs = tokens * sum(gates * (width + hidden) for width in inputs)
    other = tokens * len(inputs) * ((2 * gates if bias else 0) + POINTWISE[kind] * hidden)
    return Count(macs, 2 * macs + other)


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize(
    ("options", "inputs"),
    [
        ({}, [INPUTS]),
        ({"bias": False}, [INPUTS]),
        ({"num_layers": 2}, [INPUTS, H]),
        ({"bidirectional": True}, [INPUTS, INPUTS]),
        ({"num_layers": 2, "bidirectional": True}, [INPUTS, INPUTS, 2 * H, 2 * H]),
        ({"batch_first": True}, [INPUTS]),
    ],
)
def test_layers(kind: type[nn.RNNBase], options: dict[str, bool | int], inputs: list[int]) -> None:
    model = kind(INPUTS, H, **options).eval()
    expected = closed_form(kind, T * B, inputs, H, bias=options.get("bias", True))
    assert cost(lambda: model(X)) == expected
    assert priced(parts(lambda: model(X))) == expected


def test_relu_costs_as_much_as_tanh() -> None:
    relu, tanh = nn.RNN(INPUTS, H, nonlinearity="relu"), nn.RNN(INPUTS, H)
    assert cost(lambda: relu(X)) == cost(lambda: tanh(X))


def test_a_projection_is_one_more_product() -> None:
    model = nn.LSTM(INPUTS, H, proj_size=2)
    macs = T * B * (4 * H * (INPUTS + 2) + 2 * H)
    assert cost(lambda: model(X)) == Count(macs, 2 * macs + T * B * (8 * H + 22 * H))


PACKED = nn.utils.rnn.pack_padded_sequence(X, torch.tensor([T, 4]))


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_packed_sequences_cost_their_tokens(kind: type[nn.RNNBase]) -> None:
    model = kind(INPUTS, H, num_layers=2).eval()
    assert cost(lambda: model(PACKED)) == closed_form(kind, T + 4, [INPUTS, H], H, bias=True)
    both_ways = kind(INPUTS, H, bidirectional=True).eval()
    assert cost(lambda: both_ways(PACKED)) == closed_form(kind, T + 4, [INPUTS, INPUTS], H, bias=True)


def lstm_by_hand(cell: nn.LSTMCell, x: Tensor, h: Tensor, c: Tensor) -> Tensor:
    gates = (x @ cell.weight_ih.T + cell.bias_ih) + (h @ cell.weight_hh.T + cell.bias_hh)
    i, f, g, o = gates.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh()


def gru_by_hand(cell: nn.GRUCell, x: Tensor, h: Tensor) -> Tensor:
    r, z, n = (x @ cell.weight_ih.T + cell.bias_ih).chunk(3, 1)
    hr, hz, hn = (h @ cell.weight_hh.T + cell.bias_hh).chunk(3, 1)
    r, z = (r + hr).sigmoid(), (z + hz).sigmoid()
    n = (n + r * hn).tanh()
    return n + z * (h - n)


def rnn_by_hand(cell: nn.RNNCell, x: Tensor, h: Tensor) -> Tensor:
    return ((x @ cell.weight_ih.T + cell.bias_ih) + (h @ cell.weight_hh.T + cell.bias_hh)).tanh()


HIDDEN, CELL = torch.randn(B, H), torch.randn(B, H)
LSTM, GRU, RNN = nn.LSTMCell(INPUTS, H), nn.GRUCell(INPUTS, H), nn.RNNCell(INPUTS, H)


@pytest.mark.parametrize(
    ("run", "by_hand"),
    [
        (lambda: LSTM(X[0], (HIDDEN, CELL)), lambda: lstm_by_hand(LSTM, X[0], HIDDEN, CELL)),
        (lambda: GRU(X[0], HIDDEN), lambda: gru_by_hand(GRU, X[0], HIDDEN)),
        (lambda: RNN(X[0], HIDDEN), lambda: rnn_by_hand(RNN, X[0], HIDDEN)),
    ],
    ids=["lstm", "gru", "rnn"],
)
def test_cells_cost_what_they_cost_by_hand(run: Callable[[], Tensor], by_hand: Callable[[], Tensor]) -> None:
    assert cost(run) == cost(by_hand) == priced(parts(run))


G, STATE = value(B, 4 * H), value(B, H)
BIASED = (value(4 * H), value(4 * H))
LAYER = (
    value(T, B, INPUTS),
    value(4 * H, INPUTS),
    value(4 * H, H),
    value(4 * H),
    value(4 * H),
    STATE,
    STATE,
    False,
    (),
)
FLAT = (value(4 * H, INPUTS), value(4 * H, H), value(4 * H), value(4 * H))
CUDNN = (
    value(T, B, INPUTS),
    FLAT,
    4,
    None,
    value(1, B, H),
    value(1, B, H),
    2,
    H,
    0,
    1,
    False,
    0.0,
    False,
    False,
    (),
    None,
)
BOTH_WAYS = (CUDNN[0], FLAT * 2, *CUDNN[2:13], True, (), None)
ONE_LAYER = closed_form(nn.LSTM, T * B, [INPUTS], H, bias=True)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            made("aten._thnn_fused_lstm_cell.default", G, G, STATE, *BIASED, out=(STATE,)),
            Count(0, B * (22 * H + 8 * H)),
        ),
        (
            made("aten._thnn_fused_gru_cell.default", value(B, 9), value(B, 9), STATE, None, None, out=(STATE,)),
            Count(0, B * 16 * H),
        ),
        (
            made("aten.mkldnn_rnn_layer.default", *LAYER, 2, H, 1, True, False, False, False, out=(value(T, B, H),)),
            ONE_LAYER,
        ),
        (
            made("aten.mkldnn_rnn_layer.default", *LAYER, 2, H, 1, False, False, False, False, out=(value(T, B, H),)),
            closed_form(nn.LSTM, T * B, [INPUTS], H, bias=False),
        ),
        (
            made("aten.mkldnn_rnn_layer.default", *LAYER, 3, H, 1, True, False, False, False, out=(value(T, B, H),)),
            None,
        ),
        (made("aten._cudnn_rnn.default", *CUDNN, out=(value(T, B, H),)), ONE_LAYER),
        (
            made("aten._cudnn_rnn.default", *BOTH_WAYS, out=(value(T, B, 2 * H),)),
            closed_form(nn.LSTM, T * B, [INPUTS, INPUTS], H, bias=True),
        ),
    ],
    ids=["lstm cell", "gru cell", "mkldnn", "mkldnn no bias", "mkldnn gru", "cudnn", "cudnn both ways"],
)
def test_kernels(call: object, expected: Count | None) -> None:
    assert count(call) == expected


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize(
    "options", [{"bidirectional": True}, {"num_layers": 3}, {"num_layers": 2, "bidirectional": True}]
)
def test_quantised_layers_cost_what_the_layers_cost(kind: type[nn.RNNBase], options: dict[str, int]) -> None:
    model = nn.Sequential(kind(INPUTS, H, **options))
    quantised = torch.ao.quantization.quantize_dynamic(model, {kind}, dtype=torch.qint8)
    for x in (X, PACKED):
        assert cost(lambda x=x: quantised(x)) == cost(lambda x=x: model(x))


def test_a_quantised_layer_without_biases() -> None:
    layer = (value(T, B, INPUTS), (value(1, B, H),), (), False, 1, 0.0, False, False, False)
    call = made("aten.quantized_lstm.input", *layer, out=(value(T, B, H),))
    assert count(call) == closed_form(nn.LSTM, T * B, [INPUTS], H, bias=False)


def test_a_quantised_cell_of_the_old_kind_has_its_weights_twice() -> None:
    packed = (value(99), value(99), value(4 * H), value(4 * H), 0.1, 0.1, 0, 0)
    cell = (value(B, INPUTS), (STATE, STATE), *FLAT, *packed)
    call = made("aten.quantized_lstm_cell.default", *cell, out=(STATE, STATE))
    assert count(call) == closed_form(nn.LSTM, B, [INPUTS], H, bias=True)


def test_quantised_cells_cost_what_the_cells_cost() -> None:
    for cell in (nn.LSTMCell(INPUTS, H), nn.GRUCell(INPUTS, H), nn.RNNCell(INPUTS, H)):
        model = nn.Sequential(cell)
        quantised = torch.ao.quantization.quantize_dynamic(model, {type(cell)}, dtype=torch.qint8)
        assert cost(lambda quantised=quantised: quantised(X[0])) == cost(lambda model=model: model(X[0]))
