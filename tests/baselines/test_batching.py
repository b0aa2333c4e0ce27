"""Batches of one length: every row once; trainings on them have the right steps and go on where they were cut."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.batching import EqualLengths
from baselines.examples import Examples, Lesson
from baselines.training import FineTuning, fine_tune
from harness.quality.metrics import METRICS

LENGTHS = [2, 3, 2, 5, 3, 3, 2, 2, 3, 2]  # five of 2, four of 3, one of 5: batches of at most 4 are 2 + 1 + 1
CONFIG = FineTuning(epochs=3, learning_rate=0.02, batch_size=4, warmup=0.25, equal_lengths=True, seed=5)


class Unmasked(nn.Module):
    """The mean of token embeddings, padding or not; dropout; a linear answer."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.words = nn.Embedding(20, 8)
        self.dropout = nn.Dropout(0.3)
        self.answer = nn.Linear(8, 2)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        assert attention_mask.all(), "padded"
        return self.answer(self.dropout(self.words(input_ids).mean(1)))


def lesson() -> Lesson:
    rng = np.random.default_rng(7)

    def examples(lengths: list[int]) -> Examples:
        inputs = [{"input_ids": rng.integers(1, 20, length).tolist()} for length in lengths]
        return Examples(inputs, rng.integers(0, 2, len(lengths)))

    return Lesson(examples(LENGTHS), examples([4, 2, 4, 3, 2]), METRICS["accuracy"])


def test_every_row_comes_once_a_pass_in_batches_of_one_length() -> None:
    batches = EqualLengths(LENGTHS, 4)
    torch.manual_seed(0)
    passes = [list(batches) for _ in range(3)]
    for batch in (batch for one in passes for batch in one):
        assert len({LENGTHS[row] for row in batch}) == 1
    for one in passes:
        assert sorted(row for batch in one for row in batch) == list(range(10))
        assert Counter(map(len, one)) == {4: 2, 1: 2}
        assert len(one) == len(batches) == 4
    assert passes[0] != passes[1]
    torch.manual_seed(0)
    assert list(batches) == passes[0]


def test_the_learning_rate_follows_the_number_of_batches(tmp_path: Path) -> None:
    rates: list[float] = []

    class Recording(torch.optim.AdamW):
        def step(self, *arguments: object, **more: object) -> None:
            rates.append(self.param_groups[0]["lr"])
            super().step(*arguments, **more)

    def recording(model: nn.Module) -> Recording:
        return Recording(model.parameters(), CONFIG.learning_rate)

    fine_tune(
        "bag", Unmasked(), lesson(), CONFIG, definition="", cache=tmp_path, say=lambda _: None, optimizer=recording
    )
    up, down = [0, 1 / 3, 2 / 3], [left / 9 for left in range(9, 0, -1)]  # 3 passes of 4 batches, a quarter to rise
    assert rates == pytest.approx([0.02 * share for share in up + down])


class CutError(Exception):
    """The power goes."""


def test_a_cut_training_on_equal_lengths_ends_where_an_uncut_one_does(tmp_path: Path) -> None:
    def train(cache: Path, cut_at: str = "never") -> tuple[Path, list[str]]:
        lines: list[str] = []

        def say(line: str) -> None:
            lines.append(line)
            if cut_at in line:
                raise CutError

        return fine_tune("bag", Unmasked(), lesson(), CONFIG, definition="", cache=cache, say=say), lines

    uncut, _ = train(tmp_path / "uncut")
    with pytest.raises(CutError):  # the first pass is kept, the second is under way
        train(tmp_path / "cut", cut_at="step 6 of 12")
    resumed, lines = train(tmp_path / "cut")
    assert any("goes on after step 4 of 12" in line for line in lines)
    expected, found = load_file(uncut), load_file(resumed)
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name
    assert (uncut.parent / "summary.json").read_text() == (resumed.parent / "summary.json").read_text()
