"""The tape is a graph: from a template, at a length that was never traced, it gives the model's own answers."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from harness.cost.replay import Replay, replay
from harness.cost.tape import Leaf, Node, Ref, Tape, Value
from harness.cost.tape_json import from_json, to_json
from harness.cost.template import fit
from harness.cost.tracing import build_on_meta, record, record_stages
from harness.findings import ParetoNLPError
from tests.cost.zoo import MODELS, inputs_of


@pytest.mark.parametrize("name", ["bert-sdpa", "bert-eager", "albert", "fnet", "deberta-v2", "t5"])
def test_a_template_runs_on_real_weights_at_another_length(name: str) -> None:
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    on_meta, recorder = build_on_meta(MODELS[name])
    tapes = from_json(to_json([record(on_meta, inputs_of(name, tokens), recorder) for tokens in (9, 14, 40)]))
    template = fit([({"num_tokens": tokens}, tape) for tokens, tape in zip((9, 14, 40), tapes, strict=True)])
    assert template is not None
    for tokens in (10, 61):
        inputs = inputs_of(name, tokens)
        with torch.no_grad():
            expected = model(**inputs)[0]
        answer = next(iter(replay(template.at({"num_tokens": tokens}), model.state_dict(), inputs).values()))
        torch.testing.assert_close(answer, expected, rtol=1e-5, atol=1e-5)


def test_a_weight_that_is_not_there_is_named() -> None:
    model = nn.Linear(3, 2)
    tape = record(model, {"input": torch.zeros(1, 3)})
    with pytest.raises(ParetoNLPError, match="parameter 'bias'"):
        replay(tape, {"weight": model.weight}, {"input": torch.zeros(1, 3)})
    with pytest.raises(ParetoNLPError, match="input 'input'"):
        replay(tape, model.state_dict(), {})


def test_a_hidden_tensor_that_is_too_large_to_travel_is_refused() -> None:
    table = torch.randn(200, 200)

    class Hidden(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x @ table

    tape = record(Hidden(), {"x": torch.zeros(1, 200)})
    with pytest.raises(ParetoNLPError, match="neither in the weights nor on the tape"):
        replay(tape, {}, {"x": torch.zeros(1, 200)})


class OddHeads(nn.Module):
    """Queries and values of other widths: torch's CPU kernel then lays the result out as no meta kernel says."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.v, self.out = nn.Linear(8, 6), nn.Linear(8, 16), nn.Linear(16, 2)

    def forward(self, x: Tensor) -> Tensor:
        q = self.q(x).view(1, -1, 2, 3).transpose(1, 2)
        v = self.v(x).view(1, -1, 2, 8).transpose(1, 2)
        mixed = nn.functional.scaled_dot_product_attention(q, q, v)
        return self.out(mixed.transpose(1, 2).reshape(1, -1, 16).mean(1))


class Bag(nn.Module):
    """Its operator has by-products, which have other shapes on meta."""

    def __init__(self) -> None:
        super().__init__()
        self.bag, self.out = nn.EmbeddingBag(20, 4, mode="mean"), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.bag(x))


@pytest.mark.parametrize(
    ("build", "make"),
    [(OddHeads, lambda tokens: torch.randn(1, tokens, 8)), (Bag, lambda tokens: torch.arange(tokens).view(1, -1))],
)
def test_kernels_that_lay_out_otherwise_than_meta(
    build: Callable[[], nn.Module], make: Callable[[int], Tensor]
) -> None:
    torch.manual_seed(0)
    model = build().eval()
    on_meta, recorder = build_on_meta(build)
    tape = record(on_meta, {"x": make(7)}, recorder)
    x = make(7)
    torch.testing.assert_close(replay(tape, model.state_dict(), {"x": x})["logits"], model(x))


def test_stages_stop_where_exit_is_true() -> None:
    """By hand: stage n answers n in all classes, and stops where the input is at most n."""

    class Stage(nn.Module):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.level = nn.Parameter(torch.full((1, 2), float(number)))

        def forward(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
            return {"x": state["x"], "logits": self.level * 1.0, "exit": (state["x"] <= self.level[0, 0]).all()}

    stages = [Stage(number) for number in (1, 2, 3)]
    tape = record_stages(stages, {"x": torch.zeros(1, 1)})
    ready = Replay(tape, nn.ModuleList(stages).state_dict())
    for x, left in ((0.5, 1), (1.5, 2), (2.5, 3), (9.0, 3)):
        run = ready.run({"x": torch.tensor([[x]])}, stages=3)
        assert run.stage == left
        assert run.outputs[f"{left}.logits"].tolist() == [[left, left]]
        assert f"{left + 1}.logits" not in run.outputs


def test_weights_and_inputs_are_what_was_priced() -> None:
    model = nn.Linear(3, 2)
    tape = record(model, {"input": torch.zeros(1, 3)})
    with pytest.raises(ParetoNLPError, match=r"the weight 'weight' is float32 \[4, 3\], but was priced as .* \[2, 3\]"):
        replay(tape, {"weight": torch.zeros(4, 3), "bias": torch.zeros(4)}, {"input": torch.zeros(1, 3)})
    with pytest.raises(ParetoNLPError, match=r"the input 'input' is float32 \[2, 3\]"):
        replay(tape, model.state_dict(), {"input": torch.zeros(2, 3)})


def test_a_list_of_weights_is_not_written_into() -> None:
    values = (Value((1, 2), "float32"), Value((2,), "float32"))
    adds = Node("aten._foreach_add_.Scalar", ((Ref(1),), 1.0), {}, (), "")
    tape = Tape(values, {"x": 0}, (Leaf("weight", 1, "parameter"),), (adds,), {"logits": 0})
    weights = {"weight": torch.ones(2)}
    with pytest.raises(ParetoNLPError, match="writes into an input or a weight"):
        replay(tape, weights, {"x": torch.zeros(1, 2)})
    assert weights["weight"].tolist() == [1, 1]


def test_stages_that_are_forged_are_refused_and_end_no_process() -> None:
    values = (Value((1, 2), "float32"), Value((1, 2), "float32"), Value((1, 2), "float32"))
    relu = [Node("aten.relu.default", (Ref(at),), {}, (at + 1,), "", stage=2 - at) for at in (0, 1)]
    outputs = {"1.logits": 1, "2.logits": 2}
    of_no_exit = Tape(values, {"x": 0}, (), (), outputs)
    with pytest.raises(ParetoNLPError, match="stage 1 of the graph gives no scalar 'exit'"):
        Replay(of_no_exit, {}).run({"x": torch.zeros(1, 2)}, stages=2)
    backwards = Tape(values, {"x": 0}, (), tuple(relu), {**outputs, "1.exit": 1})
    with pytest.raises(ParetoNLPError, match="no scalar 'exit'"):
        Replay(backwards, {}).run({"x": torch.zeros(1, 2)}, stages=2)
