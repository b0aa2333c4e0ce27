"""The recorder, checked against the model itself: what is on the tape, run again, gives the model's own answers."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from harness.cost.replay import replay
from harness.cost.tracing import NeedsValues, Recorder, build_on_meta, record, record_stages
from tests.cost.zoo import MODELS, inputs_of


def _first(outputs: object) -> Tensor:
    return outputs if isinstance(outputs, Tensor) else outputs[0]  # type: ignore[index]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("weights", ["meta", "real", "values"])
def test_a_tape_run_again_gives_the_answers_of_the_model(name: str, weights: str) -> None:
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    inputs = inputs_of(name, 24)
    with torch.no_grad():
        expected = _first(model(**inputs))
    if weights == "meta":
        on_meta, recorder = build_on_meta(MODELS[name])
        tape = record(on_meta, inputs, recorder)
    else:
        tape = record(model, inputs, Recorder(with_values=weights == "values"))
    answer = next(iter(replay(tape, model.state_dict(), inputs).values()))
    torch.testing.assert_close(answer, expected, rtol=1e-5, atol=1e-5)


def test_other_inputs_than_the_recorded_ones_give_other_answers() -> None:
    model = MODELS["bert-sdpa"]().eval()
    tape = record(model, inputs_of("bert-sdpa", 24))
    others = {"input_ids": torch.arange(5, 29).unsqueeze(0)}
    with torch.no_grad():
        expected = model(**others).logits
    torch.testing.assert_close(replay(tape, model.state_dict(), others)["logits"], expected)


class Positions(nn.Module):
    """Constants of every origin: build-time buffers, literals, arange in the forward."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.register_buffer("steps", torch.tensor([1, 2, 3, 4]), persistent=False)
        self.register_buffer("slopes", 1.0 / torch.arange(1, 5), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        literal = torch.tensor([0.5, 0.25, 0.125, 0.0625], device=x.device)
        return x * self.weight * self.steps * self.slopes + literal + torch.arange(4, device=x.device)


def test_constants_made_on_meta_keep_their_values() -> None:
    real = Positions()
    model, recorder = build_on_meta(Positions)
    x = torch.randn(1, 4)
    tape = record(model, {"x": x}, recorder)
    torch.testing.assert_close(replay(tape, real.state_dict(), {"x": x})["logits"], real(x))


class Branching(nn.Module):
    """Branches on a mask (known), then on an activation (unknown)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.deeper = nn.Linear(4, 4)

    def forward(self, x: Tensor, mask: Tensor, by_value: bool = False) -> Tensor:
        x = self.layer(x)
        if not mask.all():
            x = x * mask.unsqueeze(-1)
        return self.deeper(x) if not by_value or x.sum() > 0 else x


def test_control_flow_on_a_mask_follows_its_true_value() -> None:
    model = Branching()
    x = torch.randn(1, 3, 4)
    full = record(model, {"x": x, "mask": torch.ones(1, 3, dtype=torch.bool)})
    partly = record(model, {"x": x, "mask": torch.tensor([[True, True, False]])})
    assert [node.op for node in full.nodes].count("aten.mul.Tensor") == 0
    assert [node.op for node in partly.nodes].count("aten.mul.Tensor") == 1


def test_control_flow_on_an_activation_needs_values_and_says_where() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = Branching()

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return self.inner(x, mask, by_value=True)

    model = Model()
    inputs = {"x": torch.randn(1, 3, 4), "mask": torch.ones(1, 3, dtype=torch.bool)}
    with pytest.raises(NeedsValues, match="in inner needs the values"):
        record(model, inputs)
    for bias, linears in ((100.0, 2), (-100.0, 1)):
        nn.init.constant_(model.inner.layer.bias, bias)
        tape = record(model, inputs, Recorder(with_values=True))
        assert tape.with_values
        assert [node.op for node in tape.nodes].count("aten.linear.default") == linears


def test_an_unknown_value_written_into_a_known_tensor_makes_its_views_unknown() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            buffer = torch.zeros(3)
            view = buffer[1:]
            buffer.copy_(self.layer(x)[0])
            return x if view.any() else self.layer(x)

    with pytest.raises(NeedsValues):
        record(Model(), {"x": torch.randn(1, 3)})


def test_a_known_boolean_index_decides_the_shape() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return self.layer(x[mask])

    model = Model()
    inputs = {"x": torch.randn(1, 5, 4), "mask": torch.tensor([[True, False, True, True, False]])}
    tape = record(model, inputs)
    assert tape.values[tape.outputs["logits"]].shape == (3, 2)
    torch.testing.assert_close(replay(tape, model.state_dict(), inputs)["logits"], model(**inputs))


def test_nothing_stays_behind() -> None:
    model = MODELS["bert-sdpa"]().train()
    model.bert.pooler.eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    record(model, inputs_of("bert-sdpa", 8))
    with pytest.raises(ValueError, match="input_ids"):
        record(model, {"no_such_input": torch.zeros(1)})
    assert not torch_module._global_forward_hooks
    assert not torch_module._global_forward_pre_hooks
    assert [module.training for module in model.modules()] == modes
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    assert (torch.ones(2) + 1).tolist() == [2.0, 2.0]
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_counter_buffer_is_not_advanced() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros((), dtype=torch.long))
            self.layer = nn.Linear(2, 2)

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return self.layer(x)

    model = Counting()
    record(model, {"x": torch.ones(1, 2)})
    assert model.calls.item() == 0


def test_modules_are_named_by_their_path() -> None:
    tape = record(MODELS["bert-sdpa"](), inputs_of("bert-sdpa", 8))
    linears = {node.module for node in tape.nodes if node.op == "aten.linear.default"}
    attention = [f"attention.self.{name}" for name in ("query", "key", "value")] + ["attention.output.dense"]
    per_layer = [*attention, "intermediate.dense", "output.dense"]
    expected = {f"bert.encoder.layer.{layer}.{name}" for layer in range(2) for name in per_layer}
    assert linears == {*expected, "bert.pooler.dense", "classifier"}


class Stage(nn.Module):
    """A layer with its exit; counts in the state how many stages agreed."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.first = first
        self.layer = nn.Linear(4, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        hidden = self.layer(state["x"] if self.first else state["hidden"])
        logits = self.head(hidden)
        answer = logits.argmax(-1)
        agreed = torch.zeros_like(answer) if self.first else (state["agreed"] + 1) * (answer == state["answer"])
        return {"hidden": hidden, "logits": logits, "answer": answer, "agreed": agreed, "exit": (agreed >= 1).all()}


def test_stages_are_recorded_one_by_one_and_run_again() -> None:
    torch.manual_seed(0)
    stages = [Stage(True), Stage(False), Stage(False)]
    x = torch.randn(1, 4)
    tape = record_stages(stages, {"x": x})
    assert {node.stage for node in tape.nodes} == {1, 2, 3}
    linears = [node.stage for node in tape.nodes if node.op == "aten.linear.default"]
    assert linears == [1, 1, 2, 2, 3, 3]
    outputs = replay(tape, nn.ModuleList(stages).state_dict(), {"x": x})
    state: dict[str, Tensor] = {"x": x}
    for number, stage in enumerate(stages, start=1):
        state = stage(state)
        torch.testing.assert_close(outputs[f"{number}.logits"], state["logits"])
        assert torch.equal(outputs[f"{number}.exit"], state["exit"])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ([1], "stage 1 returned list"),
        ({"logits": 3.0, "exit": torch.tensor(True)}, "returned 'logits' as float"),
        ({"logits": torch.zeros(1, 2)}, "returned no 'exit'"),
    ],
)
def test_a_stage_that_breaks_the_contract_is_named(state: object, message: str) -> None:
    class Broken(nn.Module):
        def forward(self, _: dict[str, Tensor]) -> object:
            return state

    with pytest.raises(TypeError, match=message):
        record_stages([Broken(), Broken()], {"x": torch.zeros(1)})


def test_recurrent_layers_are_one_node_on_every_device() -> None:
    for layer in (nn.LSTM(8, 16, bidirectional=True, num_layers=2), nn.GRU(8, 16), nn.RNN(8, 16)):
        x = torch.randn(5, 1, 8)
        real = record(layer, {"input": x}, Recorder(with_values=True))
        on_meta = record(layer, {"input": x})
        names = [node.op for node in on_meta.nodes]
        assert names == [node.op for node in real.nodes]
        assert sum(name.startswith(("aten.lstm", "aten.gru", "aten.rnn")) for name in names) == 1
        with torch.no_grad():
            expected = layer(x)[0]
        torch.testing.assert_close(replay(on_meta, layer.state_dict(), {"input": x})["0"], expected)


def test_a_sparse_weight_keeps_its_entries_on_the_tape() -> None:
    dense = torch.randn(6, 8) * (torch.rand(6, 8) > 0.7)

    class Sparse(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(dense.to_sparse_csr(), requires_grad=False)

        def forward(self, x: Tensor) -> Tensor:
            return (self.weight @ x.T).T

    model = Sparse()
    x = torch.randn(3, 8)
    tape = record(model, {"x": x})
    weight = next(tape.values[leaf.value] for leaf in tape.leaves if leaf.name == "weight")
    assert (weight.layout, weight.nnz) == ("sparse_csr", int(dense.count_nonzero()))
    torch.testing.assert_close(replay(tape, model.state_dict(), {"x": x})["logits"], x @ dense.T)


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (nn.Linear(4, 3), {"input": torch.zeros(2, 5)}),
        (nn.LayerNorm(4), {"input": torch.zeros(2, 5)}),
        (nn.LSTM(4, 3), {"input": torch.zeros(6, 1, 5)}),
        (nn.Bilinear(4, 5, 3), {"input1": torch.zeros(2, 4), "input2": torch.zeros(2, 4)}),
    ],
)
def test_shapes_that_do_not_fit_are_an_error_as_they_are_when_run(model: nn.Module, inputs: dict[str, Tensor]) -> None:
    with pytest.raises(RuntimeError):
        model(**inputs)
    with pytest.raises(RuntimeError):
        record(model, inputs)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.cat([x, x[:, :2]], 0),
        lambda x: x @ x,
        lambda x: torch.nn.functional.scaled_dot_product_attention(x[None, None], x[None, None, :, :2], x[None, None]),
        lambda x: x + x[:, :2],
    ],
)
def test_operators_that_do_not_fit_are_an_error_as_they_are_when_run(function: object) -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            return function(self.layer(x))  # type: ignore[operator, no-any-return]

    with pytest.raises(RuntimeError):
        Model()(torch.zeros(4, 3))
    with pytest.raises(RuntimeError):
        record(Model(), {"x": torch.zeros(4, 3)})


def test_a_real_input_may_meet_weights_more_than_once() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.randn(2))

        def forward(self, x: Tensor) -> Tensor:
            return (x <= self.weight[0]).float() + (x >= self.weight[1]).float()

    model, x = Twice(), torch.randn(1, 3)
    torch.testing.assert_close(replay(record(model, {"x": x}), model.state_dict(), {"x": x})["logits"], model(x))
