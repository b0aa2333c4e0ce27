"""A teacher's stored answers: those of its texts one by one, in their order, computed once."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from baselines import teaching
from baselines.teaching import stored_logits


class Sums(nn.Module):
    """The sum of the token ids, and their number; padding would show in both."""

    calls = 0

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Tensor:
        self.calls += 1
        return torch.stack([(input_ids * attention_mask).sum(1), attention_mask.sum(1)], dim=1).float()


def test_answers_come_in_order_and_once(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(teaching, "AT_ONCE", 4)
    rng = np.random.default_rng(0)
    inputs = [
        {"input_ids": rng.integers(1, 9, n).tolist(), "token_type_ids": [0] * int(n)} for n in rng.integers(1, 30, 23)
    ]
    expected = [[sum(sample["input_ids"]), len(sample["input_ids"])] for sample in inputs]
    model, lines = Sums(), []

    def ask(asked: list, state: str = "dense-1") -> np.ndarray:
        path = Path(state) / "model.safetensors"
        return stored_logits("logits", model, path, asked, pad_token=7, bf16=False, cache=tmp_path, say=lines.append)

    assert ask(inputs).tolist() == expected
    assert model.calls == len(lines) == 6
    assert ask(inputs).tolist() == expected
    assert model.calls == 6  # from the cache
    assert ask(inputs[::-1]).tolist() == expected[::-1]
    assert ask(inputs, "dense-2").tolist() == expected
    assert model.calls == 18
