"""Losses that hold what a student computes on the way against what its teacher does, and then its answers.

Student and teacher are ``Classifier`` models of equal depth and width, so nothing is projected. Every mean is
taken over what is no padding. KroneckerBERT (arXiv 2109.06243), section 4; as in TinyBERT (arXiv 1909.10351).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from baselines.distillation import logit_loss
from baselines.objective import Batch, Objective, label_loss


@dataclass(frozen=True, slots=True)
class Hidden:
    """What a forward pass computed on the way."""

    embeddings: Tensor
    """Normalised sums of embeddings [batch, tokens, features], before dropout, whose noise is not to be learned."""
    scores: tuple[Tensor, ...]
    """Of each layer, QK^T / sqrt(d_h) [batch, heads, tokens, tokens]."""
    ffn: tuple[Tensor, ...]
    """Of each layer, what its feed-forward block hands on, after residual and norm [batch, tokens, features]."""


def observe(model: nn.Module, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Hidden]:
    """The logits [batch, outputs] of a ``Classifier``, and what it computed on the way, all in fp32."""
    encoder: Any = model.encoder
    layers = encoder.base_model.encoder.layer
    listened = {"embeddings": encoder.base_model.embeddings.LayerNorm}
    for number, layer in enumerate(layers):
        listened |= {
            f"query {number}": layer.attention.self.query,
            f"key {number}": layer.attention.self.key,
            f"ffn {number}": layer.output,
        }
    with _listening(listened) as heard:
        logits = model(**inputs).float()
    scores = tuple(
        _scores(heard[f"query {number}"], heard[f"key {number}"], layer.attention.self.num_attention_heads)
        for number, layer in enumerate(layers)
    )
    return logits, Hidden(heard["embeddings"], scores, tuple(heard[f"ffn {number}"] for number in range(len(layers))))


def hidden_loss(student: Hidden, teacher: Hidden, mask: Tensor) -> Tensor:
    """Squared errors of the embeddings and, summed over layers, of the scores and of the feed-forward outputs.

    Args:
        student: with gradient.
        teacher: of the same shapes.
        mask: [batch, tokens], 1 on tokens, 0 on padding.

    Returns:
        A scalar: each of its 1 + 2 x layers terms is a mean over tokens (pairs of tokens) that are no padding.

    """
    tokens = mask[:, :, None]
    pairs = mask[:, None, :, None] * mask[:, None, None, :]
    terms = [_masked_mse(student.embeddings, teacher.embeddings, tokens)]
    terms += [_masked_mse(mine, theirs, pairs) for mine, theirs in zip(student.scores, teacher.scores, strict=True)]
    terms += [_masked_mse(mine, theirs, tokens) for mine, theirs in zip(student.ffn, teacher.ffn, strict=True)]
    return torch.stack(terms).sum()


def from_teacher(teacher: nn.Module, origin: str, *, answers: bool) -> Objective:
    """The hidden loss; with ``answers`` also, with equal weights, the loss to the teacher's logits and to the labels.

    Args:
        teacher: in evaluation mode; it is moved to the student's device when first asked.
        origin: names the teacher's state in the cache.
        answers: whether the student learns the task, too.

    """

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        with torch.no_grad():
            soft, aim = observe(teacher.to(batch.labels.device), batch.inputs)
        logits, reached = observe(model, batch.inputs)
        mask = batch.inputs.get("attention_mask", torch.ones_like(batch.inputs["input_ids"]))
        value = hidden_loss(reached, aim, mask)
        return value + logit_loss(logits, soft) + label_loss(logits, batch.labels) if answers else value

    learned = "embeddings, scores, FFN outputs" + (", logits, labels" if answers else "")
    return Objective(f"{learned}; teacher {origin}", loss)


@contextmanager
def _listening(modules: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """What the named modules return within the block; they are as they were when it ends."""
    heard: dict[str, Tensor] = {}

    def hear(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            heard[name] = output.float()

        return hook

    handles = [module.register_forward_hook(hear(name)) for name, module in modules.items()]
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()


def _scores(query: Tensor, key: Tensor, heads: int) -> Tensor:
    """QK^T / sqrt(d_h) [batch, heads, tokens, tokens] of projections [batch, tokens, heads x d_h]."""
    Q, K = (x.unflatten(-1, (heads, -1)).transpose(1, 2) for x in (query, key))
    return (Q @ K.transpose(2, 3)).float() / Q.shape[-1] ** 0.5


def _masked_mse(one: Tensor, other: Tensor, mask: Tensor) -> Tensor:
    """The mean of squared differences where the mask, of one shape with axes of 1, is 1."""
    entries = mask.sum() * (one.numel() // mask.numel())
    return ((one - other).square() * mask).sum() / entries
