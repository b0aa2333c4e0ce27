"""What a training minimises, and what its model answers."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs of a model, and what its answers are held against, all with a batch axis."""

    inputs: dict[str, Tensor]
    labels: Tensor
    """Classes [batch], int64; or scores [batch], float64."""
    teacher_logits: Tensor | None = None
    """[batch, outputs], float32, where the examples bring them."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of a batch, a scalar, in training; the logits [batch, outputs] that answers are made of."""

    key: str
    """Everything that decides the loss, in words: part of a training's name in the cache."""
    loss: Callable[[nn.Module, Batch], Tensor]
    logits: Callable[[nn.Module, Batch], Tensor] = lambda model, batch: model(**batch.inputs).float()


def label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy for classes (integer labels), mean squared error for scores."""
    if labels.is_floating_point():
        return nn.functional.mse_loss(logits[:, 0], labels.to(logits.dtype))
    return nn.functional.cross_entropy(logits, labels)


SUPERVISED = Objective("labels", lambda model, batch: label_loss(model(**batch.inputs).float(), batch.labels))
"""The labels alone, of a model that returns bare logits."""
