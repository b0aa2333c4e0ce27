"""Whole attention heads and inner neurons to remove: how much each matters, and a smaller model without them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from baselines.examples import Examples, draw_rows, pad
from baselines.layers.classifier import Classifier
from baselines.masks import keep_largest, left
from baselines.objective import label_loss

SAMPLE = 256
"""Training examples that importance is measured on."""
BATCH = 16
FEWEST = 16
"""A layer keeps at least one head, and this part of its neurons."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays of a layer: numbers of heads and of inner neurons, ascending."""

    heads: Tensor
    neurons: Tensor

    @property
    def widths(self) -> list[int]:
        """How many heads and neurons."""
        return [len(self.heads), len(self.neurons)]


def importance(model: Classifier, examples: Examples, pad_token: int, seed: int) -> dict[str, Tensor]:
    """How much the loss would change without each head and each neuron, to the first order.

    The mean over examples of |sum over tokens of a . dL/da|, where a is what a head or neuron gives to the next
    matrix (Michel, Levy and Neubig, arXiv 1905.10650, equation 2; Molchanov et al., arXiv 1611.06440, section 2.2).

    Returns:
        ``heads`` [layers, heads] and ``neurons`` [layers, neurons].

    """
    rows = draw_rows(len(examples), SAMPLE, seed).tolist()
    rows.sort(key=lambda row: len(examples.inputs[row]["input_ids"]))
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    changes = [_changes(model, [examples[row] for row in batch], pad_token) for batch in batches]
    return {
        "heads": torch.stack([heads for heads, _ in changes]).sum(0) / len(rows),
        "neurons": torch.stack([neurons for _, neurons in changes]).sum(0) / len(rows),
    }


def _changes(model: Classifier, samples: list[dict[str, Any]], pad_token: int) -> tuple[Tensor, Tensor]:
    """Sums over samples, of heads [layers, heads] and neurons [layers, neurons]."""
    device = next(model.parameters()).device
    batch = {name: tensor.to(device) for name, tensor in pad(samples, pad_token).items()}
    labels = batch.pop("labels")
    given: dict[nn.Module, Tensor] = {}
    matrices = [matrix for layer in model.layers for matrix in (layer.attention.output.dense, layer.output.dense)]
    hooks = [matrix.register_forward_pre_hook(lambda on, inputs: given.update({on: inputs[0]})) for matrix in matrices]
    loss = label_loss(model(**batch), labels) * len(samples)  # each sample's own
    for hook in hooks:
        hook.remove()
    gradients = torch.autograd.grad(loss, [given[matrix] for matrix in matrices])
    # [samples, features]: what each feature that a matrix reads adds to the loss
    added = [(given[on] * gradient).detach().sum(1) for on, gradient in zip(matrices, gradients, strict=True)]
    size = model.layers[0].attention.self.attention_head_size
    by_head = [features.unflatten(1, (-1, size)).sum(2) for features in added[0::2]]
    heads, neurons = (torch.stack([part.abs().sum(0) for part in parts]).cpu() for parts in (by_head, added[1::2]))
    return heads, neurons


def choose(scores: Tensor, share: int, fewest: int) -> list[Tensor]:
    """What stays of each layer, ascending, when ``share`` per cent of all of them go, the least important first.

    Layers are ranked together, each divided by its own norm (Michel et al., section 2.3), as gradients are larger
    towards the answer. ``fewest`` stay in every layer, even where that makes more than the share.

    Args:
        scores: importance, [layers, units].
        share: in per cent.
        fewest: from 1 on.

    """
    relative = scores / scores.norm(dim=1, keepdim=True).clamp_min(torch.finfo(scores.dtype).tiny)
    safe = torch.stack([keep_largest(of_layer, fewest) for of_layer in relative])
    kept = max(left(scores.numel(), share), fewest * len(scores))
    mask = keep_largest(relative.masked_fill(safe, torch.inf), kept)
    return [of_layer.nonzero()[:, 0] for of_layer in mask]


def choose_both(scores: Mapping[str, Tensor], share: int) -> list[Kept]:
    """What stays of each layer: the same share of all heads and of all neurons goes."""
    heads = choose(scores["heads"], share, 1)
    neurons = choose(scores["neurons"], share, max(scores["neurons"].shape[1] // FEWEST, 1))
    return [Kept(*of_layer) for of_layer in zip(heads, neurons, strict=True)]


def narrowed(model: Classifier, kept: Sequence[Kept]) -> dict[str, Tensor]:
    """The state dict of ``layers.narrow``'s model: rows and columns of what stays."""
    state = dict(model.state_dict())
    names = {module: name for name, module in model.named_modules()}
    for layer, of_layer in zip(model.layers, kept, strict=True):
        size = layer.attention.self.attention_head_size
        features = (of_layer.heads[:, None] * size + torch.arange(size)).flatten()
        attention = layer.attention.self
        for matrix in (attention.query, attention.key, attention.value):
            _take_rows(state, names[matrix], features)
        _take_columns(state, names[layer.attention.output.dense], features)
        _take_rows(state, names[layer.intermediate.dense], of_layer.neurons)
        _take_columns(state, names[layer.output.dense], of_layer.neurons)
    return state


def _take_rows(state: dict[str, Tensor], matrix: str, rows: Tensor) -> None:
    state[f"{matrix}.weight"] = state[f"{matrix}.weight"][rows]
    state[f"{matrix}.bias"] = state[f"{matrix}.bias"][rows]


def _take_columns(state: dict[str, Tensor], matrix: str, columns: Tensor) -> None:
    state[f"{matrix}.weight"] = state[f"{matrix}.weight"][:, columns]
