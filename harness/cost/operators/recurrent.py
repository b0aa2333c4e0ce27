"""Recurrent cells and layers."""

from collections.abc import Sequence

from harness.cost.operators.call import Call, Count, elements, prod, products, tensors, total, work
from harness.cost.operators.family import Family
from harness.cost.tape import Value

RECURRENT = Family(
    "Recurrent layers",
    "Of each token, in each layer and direction; H: hidden units. MACs: elements of the weight matrices. Biases cost "
    "their elements. Pointwise work: LSTM 22 H (sum of the two products 4, three sigmoids 12, two tanh 2, cell 3, "
    "output 1), GRU 16 H (sums and reset 4, two sigmoids 8, tanh 1, n + z (h - n) 3), RNN 2 H (sum; tanh or maximum).",
)
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
POINTWISE = {"lstm": 22, "gru": 16, "rnn": 2}
CUDNN_MODES = ("rnn", "rnn", "lstm", "gru")


def kind(call: Call) -> str:
    """``lstm``, ``gru`` or ``rnn``."""
    return next(kind for kind in GATES if kind in call.name)


def cell(cells: str, tokens: int, weights: Sequence[Value]) -> Count:
    """One layer in one direction; the first weight is [gates x hidden, inputs]."""
    hidden = weights[0].shape[0] // GATES[cells]
    matrices = sum(elements(weight) for weight in weights if len(weight.shape) > 1)
    biases = sum(elements(weight) for weight in weights if len(weight.shape) == 1)
    return products(tokens * matrices, tokens * (biases + POINTWISE[cells] * hidden))


def layers(cells: str, tokens: int, weights: Sequence[Value], number: int, both_ways: bool) -> Count:
    """All layers and directions; the weights come in equal groups, one for each."""
    group = len(weights) // (number * (2 if both_ways else 1))
    return total(*(cell(cells, tokens, weights[at : at + group]) for at in range(0, len(weights), group)))


@RECURRENT.formula(
    "lstm gru rnn_tanh rnn_relu",
    "MACs: tokens x weight matrices; + tokens x (biases + pointwise); over layers and directions",
)
def recurrent(call: Call) -> Count:
    """nn.LSTM, nn.GRU, nn.RNN on padded or (``.data``, one more argument) packed input."""
    packed = int(call.op.endswith(".data"))
    return layers(
        kind(call),
        prod(call.first.shape[:-1]),
        call.argument(2 + packed, "params"),
        call.number(4 + packed, "num_layers"),
        call.argument(7 + packed, "bidirectional"),
    )


@RECURRENT.formula("_cudnn_rnn", "as lstm, gru, rnn")
def cudnn_rnn(call: Call) -> Count:
    """The fused kernel."""
    return layers(
        CUDNN_MODES[call.argument(6, "mode")],
        prod(call.first.shape[:-1]),
        call.argument(1, "weight"),
        call.number(9, "num_layers"),
        call.argument(13, "bidirectional"),
    )


@RECURRENT.formula("mkldnn_rnn_layer", "as lstm, one layer in one direction")
def mkldnn_rnn_layer(call: Call) -> Count | None:
    """One LSTM layer (mode 2); without biases two of its weights are fillers."""
    if call.argument(9, "mode") != CUDNN_MODES.index("lstm"):
        return None
    used = 4 if call.argument(12, "has_biases") else 2
    return cell("lstm", prod(call.first.shape[:-1]), tensors(call.args[1 : 1 + used]))


@RECURRENT.formula(
    "lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell quantized_lstm_cell quantized_gru_cell quantized_rnn_tanh_cell "
    "quantized_rnn_relu_cell",
    "one token of each row of the batch",
)
def recurrent_cell(call: Call) -> Count:
    """nn.LSTMCell, nn.GRUCell, nn.RNNCell: input, state, two weights, two biases."""
    return cell(kind(call), prod(call.first.shape[:-1]), tensors(call.args[2:6]))


@RECURRENT.formula("_thnn_fused_lstm_cell _thnn_fused_gru_cell", "pointwise work and biases of one token a row")
def fused_cell(call: Call) -> Count:
    """What is left of a cell when both products are there: gates of input and state, state, biases."""
    gates, biases = call.first, tensors(call.args[3:])
    rows, hidden = prod(gates.shape[:-1]), gates.shape[-1] // GATES[kind(call)]
    return work(rows * (POINTWISE[kind(call)] * hidden + sum(elements(bias) for bias in biases)))


@RECURRENT.formula(
    "quantized_lstm.input quantized_lstm.data quantized_gru.input quantized_gru.data",
    "as lstm, gru with biases as `has_biases` says; the packed weights do not show, so their sizes come from the "
    "input and the state; quantising the activations is not counted",
)
def quantized_recurrent(call: Call) -> Count:
    """The state is [layers x directions, batch, hidden]; later layers read all directions of the one before."""
    packed, cells = int(call.op.endswith(".data")), kind(call)
    state = tensors((call.argument(1 + packed, "hx"),))[0]
    directions = 2 if call.argument(7 + packed, "bidirectional") else 1
    rows, hidden, inputs = GATES[cells] * state.shape[-1], state.shape[-1], call.first.shape[-1]
    biases = 2 * rows if call.argument(3 + packed, "has_biases") else 0
    later = call.number(4 + packed, "num_layers") - 1
    matrices = rows * directions * (inputs + hidden + later * (directions * hidden + hidden))
    tokens, cells_run = prod(call.first.shape[:-1]), directions * (1 + later)
    return products(tokens * matrices, tokens * cells_run * (biases + POINTWISE[cells] * hidden))


@RECURRENT.formula(
    "quantized_lstm_cell_dynamic quantized_gru_cell_dynamic quantized_rnn_tanh_cell_dynamic "
    "quantized_rnn_relu_cell_dynamic",
    "as the cells; the packed weights do not show, so their sizes come from the input and the state",
    namespace="quantized",
)
def quantized_cell(call: Call) -> Count:
    """Input, state, two packed weights, two biases."""
    cells, state = kind(call), tensors((call.argument(1, "hx"),))[0]
    hidden, inputs, tokens = state.shape[-1], call.first.shape[-1], prod(call.first.shape[:-1])
    rows = GATES[cells] * hidden
    return products(tokens * rows * (inputs + hidden), tokens * (2 * rows + POINTWISE[cells] * hidden))
