"""Tokens a second of a recipe's training, against a plain PyTorch loop with batches of like lengths.

Same model, data, AdamW, clipping and schedule. Both take turns, so that whatever else the machine does slows both.
"""

import statistics
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import BertConfig, get_linear_schedule_with_warmup
from transformers.trainer_pt_utils import LengthGroupedSampler

from baselines.examples import TARGETS, Examples, Lesson, pad
from baselines.layers.classifier import Classifier
from baselines.objective import Batch, Objective, label_loss
from baselines.training import FineTuning, fine_tune
from harness.quality.metrics import METRICS

TURNS, STEPS, WARM_UP = 3, 64, 4
BATCHES = 200
"""In the data: what is sorted by length at a time are fifty batches, of which a turn sees all lengths."""
VOCABULARY = 30522


def lesson(batch_size: int) -> Lesson:
    """Sentence pairs as long as those of SNLI: 27 tokens in the mean."""
    random = np.random.default_rng(0)

    def examples(rows: int) -> Examples:
        lengths = np.clip(random.gamma(4.0, 27 / 4, rows).astype(int), 4, 128)
        tokens = [random.integers(1, VOCABULARY, length).tolist() for length in lengths]
        inputs = [{"input_ids": ids, "token_type_ids": [0] * len(ids)} for ids in tokens]
        return Examples(inputs, random.integers(0, 3, rows))

    return Lesson(examples(BATCHES * batch_size), examples(batch_size), METRICS["accuracy"])


def model(folder: Path) -> nn.Module:
    """A MiniLM of 3 layers and 256 features."""
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=256, num_hidden_layers=3, num_attention_heads=4, intermediate_size=1024
    )
    config.save_pretrained(folder)
    torch.manual_seed(0)
    return Classifier(3, assets=folder).train()


class EnoughError(Exception):
    """The turn is over."""


class Clock:
    """The loss of the labels, which notes when it is asked for and how many tokens are in the batch."""

    def __init__(self, unheard: int = 0) -> None:
        self.left = unheard + WARM_UP + STEPS
        self.times: list[float] = []
        self.tokens: list[int] = []

    def loss(self, network: nn.Module, batch: Batch) -> torch.Tensor:
        self.times.append(time.perf_counter())
        self.tokens.append(int(batch.inputs["attention_mask"].sum()))
        self.left -= 1
        if self.left < 0:
            raise EnoughError
        return label_loss(network(**batch.inputs).float(), batch.labels)

    @property
    def speed(self) -> float:
        """Tokens a second of the last steps, from loss to loss."""
        return sum(self.tokens[-STEPS - 1 : -1]) / (self.times[-1] - self.times[-STEPS - 1])


def ours(network: nn.Module, given: Lesson, config: FineTuning) -> float:
    clock = Clock(unheard=2)  # what the estimate of the duration takes
    timed = Objective("timed labels", clock.loss)
    with tempfile.TemporaryDirectory() as cache, suppress(EnoughError):
        fine_tune("b", network, given, config, definition="", cache=Path(cache), say=lambda _: None, objective=timed)
    return clock.speed


def like_lengths(given: Lesson, batch_size: int) -> DataLoader[Any]:
    """Padded batches; shuffled rows, sorted by length within some batches."""
    order = LengthGroupedSampler(batch_size, lengths=given.train.lengths)
    return DataLoader(given.train, batch_size, sampler=order, collate_fn=lambda samples: pad(samples, given.pad_token))


def plain(network: nn.Module, given: Lesson, config: FineTuning) -> float:
    clock = Clock()
    with suppress(EnoughError):
        plain_loop(network, given, config, clock)
    return clock.speed


def plain_loop(network: nn.Module, given: Lesson, config: FineTuning, clock: Clock) -> None:
    network.train()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    schedule = get_linear_schedule_with_warmup(optimizer, int(config.warmup * BATCHES), BATCHES)
    device = next(network.parameters()).device
    for batch in like_lengths(given, config.batch_size):
        tensors = {name: tensor.to(device) for name, tensor in batch.items()}
        inputs = {name: tensor for name, tensor in tensors.items() if name not in TARGETS}
        clock.loss(network, Batch(inputs, tensors["labels"])).backward()
        nn.utils.clip_grad_norm_(network.parameters(), config.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()


def main() -> None:
    config = FineTuning(epochs=1, learning_rate=5e-5, batch_size=32)
    given = lesson(config.batch_size)
    speeds: dict[str, list[float]] = {"plain loop": [], "paretonlp": []}
    with tempfile.TemporaryDirectory() as folder:
        network = model(Path(folder))
        for _ in range(TURNS):
            for name, side in (("plain loop", plain), ("paretonlp", ours)):
                speeds[name].append(side(network, given, config))
    loop, own = (statistics.median(found) for found in speeds.values())
    ratios = [mine / theirs for theirs, mine in zip(*speeds.values(), strict=True)]
    print(f"\ntraining a BERT of 3 layers x 256, batches of 32, {TURNS} x {STEPS} steps each, medians")
    print(f"  plain PyTorch loop  {loop:9,.0f} tokens/s")
    print(f"  paretonlp           {own:9,.0f} tokens/s   {statistics.median(ratios):6.2f}x")


if __name__ == "__main__":
    main()
