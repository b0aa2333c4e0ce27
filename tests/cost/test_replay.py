"""The tape is a graph: from a template, at a length that was never traced, it gives the model's own answers."""

import pytest
import torch
from torch import Tensor, nn

from harness.cost.replay import replay
from harness.cost.tape_json import from_json, to_json
from harness.cost.template import fit
from harness.cost.tracing import build_on_meta, record
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
