import numpy as np
import pytest
import torch
from torch import nn

from baselines.examples import Examples, Lesson
from baselines.first_answer import answered, correlations
from baselines.layers.exit_rules import never
from baselines.layers.multi_exit import MultiExit, Stage
from harness.quality.metrics import METRICS


def test_each_exit_correlates_for_itself() -> None:
    gold = np.array([0.0, 1.0, 2.0, 5.0])
    found = correlations(np.stack([2 * gold + 1, -gold, np.ones(4), np.array([1.0, 0.0, 2.0, 5.0])], axis=1), gold)
    assert found[:2] == pytest.approx([1, -1])
    assert np.isnan(found[2])
    assert found[3] == pytest.approx(np.corrcoef([1, 0, 2, 5], gold)[0, 1])


class Embeddings(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(9, 4)

    def forward(self, input_ids: torch.Tensor, _token_type_ids: torch.Tensor) -> torch.Tensor:
        return self.words(input_ids)


class Mixing(nn.Module):
    """Adds the mean over tokens; padding is not among them."""

    def forward(self, hidden: torch.Tensor, attended: torch.Tensor | None = None) -> torch.Tensor:
        if attended is None:
            return hidden + hidden.mean(1, keepdim=True)
        weight = attended[:, 0, 0, :, None].float()
        return hidden + (hidden * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True)


class First(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 1)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.linear(hidden[:, 0])


def test_answers_in_padded_batches_are_those_to_each_alone() -> None:
    torch.manual_seed(0)
    model = MultiExit([Stage(Embeddings() if first else None, Mixing(), First(), never) for first in (True, False)])
    rng = np.random.default_rng(0)
    texts = [rng.integers(1, 9, length).tolist() for length in rng.integers(2, 12, 120)]
    inputs = [{"input_ids": ids, "token_type_ids": [0] * len(ids)} for ids in texts]
    examples = Examples(inputs, np.zeros(len(texts)))
    found = answered(model, Lesson(examples, examples, METRICS["accuracy"], 0))
    alone = [model(torch.tensor([ids]), torch.zeros(1, len(ids), dtype=torch.long))[0, :, 0] for ids in texts]
    assert found.shape == (120, 2)
    assert np.allclose(found, torch.stack(alone).detach().numpy(), atol=1e-6)
