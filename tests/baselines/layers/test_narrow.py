"""Layers of fewer heads and neurons: their cost, and that nothing else of the model changes."""

from pathlib import Path

import pytest
import torch

from baselines.layers.classifier import Classifier
from baselines.layers.narrow import narrow
from harness import count_flops

FEATURES, HEAD = 16, 8
TOKENS = 7


def inputs() -> dict[str, torch.Tensor]:
    ids = torch.zeros(1, TOKENS, dtype=torch.long)
    return {"input_ids": ids, "token_type_ids": ids}


@pytest.mark.parametrize("widths", [[(2, 32)] * 3, [(1, 5), (2, 1), (1, 32)]])
def test_the_cost_is_the_closed_form(backbone_folder: Path, widths: list[tuple[int, int]]) -> None:
    model = narrow(Classifier(2, assets=backbone_folder), widths)
    cost = count_flops(model, inputs())
    linear = sum(4 * FEATURES * heads * HEAD + 2 * FEATURES * neurons for heads, neurons in widths)
    attention = sum(2 * TOKENS**2 * heads * HEAD for heads, _ in widths)
    on_first_token = FEATURES * FEATURES + FEATURES * 2
    assert cost.macs == TOKENS * linear + attention + on_first_token
    assert not cost.unpriced


def test_as_wide_as_before_is_the_same_model(backbone_folder: Path) -> None:
    model = Classifier(2, assets=backbone_folder)
    again = narrow(Classifier(2, assets=backbone_folder), [(2, 32)] * 3)
    again.load_state_dict(model.state_dict())
    ids = {name: tensor + 3 for name, tensor in inputs().items() if name == "input_ids"}
    given = {**inputs(), **ids}
    assert torch.equal(model.eval()(**given), again.eval()(**given))


def test_there_must_be_widths_for_each_layer(backbone_folder: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        narrow(Classifier(2, assets=backbone_folder), [(1, 4)])
