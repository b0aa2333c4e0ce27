"""A split as a model sees it: encoded by the submission's own ``encode``, padded to batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from harness.quality.metrics import Metric
from harness.tasks.types import Split

TARGETS = {"labels", "teacher_logits"}
"""What a batch holds beside the inputs of a model."""

Encode = Callable[[dict[str, str]], Mapping[str, Sequence[int]]]


@dataclass(frozen=True, slots=True)
class Examples:
    """Inputs without batch axis, and gold: int64 classes or float64 scores. A torch dataset."""

    inputs: Sequence[Mapping[str, Sequence[int]]]
    gold: NDArray[np.int64] | NDArray[np.float64]
    teacher_logits: NDArray[np.float32] | None = None
    """What a teacher answers [rows, outputs], where a model learns from one that reads other inputs."""

    def __len__(self) -> int:
        return len(self.gold)

    def __getitem__(self, index: int) -> dict[str, Any]:
        sample = {**self.inputs[index], "labels": self.gold[index]}
        return sample if self.teacher_logits is None else {**sample, "teacher_logits": self.teacher_logits[index]}

    @property
    def lengths(self) -> list[int]:
        """The length of each sample's longest input: its tokens, or whatever the model reads."""
        return [max(map(len, sample.values())) for sample in self.inputs]

    @property
    def tokens(self) -> int:
        """Of all samples, padding not counted."""
        return sum(self.lengths)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is fine-tuned on: examples, and others that tell the best epoch by a metric."""

    train: Examples
    validation: Examples
    metric: Metric
    pad_token: int = 0


def encode_split(split: Split, encode: Encode, rows: NDArray[np.int64] | None = None) -> Examples:
    """The rows of a split (None: all) as the model reads them."""
    chosen = range(split.rows) if rows is None else rows.tolist()
    inputs = [encode({column: texts[row] for column, texts in split.texts.items()}) for row in chosen]
    return Examples(inputs, split.gold if rows is None else split.gold[rows])


def draw_rows(rows: int, count: int | None, seed: int) -> NDArray[np.int64]:
    """``count`` of the row numbers below ``rows`` (None or more than there are: all), in order."""
    if count is None or count >= rows:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def pad(samples: Sequence[Mapping[str, Any]], pad_token: int = 0) -> dict[str, Tensor]:
    """One batch as long as its longest sample, with ``attention_mask`` for tokens: 1 on them, 0 on padding."""

    def column(name: str, value: int) -> Tensor:
        rows = [torch.tensor(sample[name]) for sample in samples]
        return pad_sequence(rows, batch_first=True, padding_value=value)

    names = samples[0].keys() - TARGETS
    batch = {name: column(name, pad_token if name == "input_ids" else 0) for name in sorted(names)}
    if "input_ids" in names:
        lengths = torch.tensor([len(sample["input_ids"]) for sample in samples])
        batch["attention_mask"] = (torch.arange(int(lengths.max())) < lengths[:, None]).long()
    for name in TARGETS & samples[0].keys():
        batch[name] = torch.tensor(np.array([sample[name] for sample in samples]))
    return batch
