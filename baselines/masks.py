"""Which weights stay: masks over the matrices of an encoder, by magnitude or by any other score."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from baselines.layers.classifier import LINEARS, Classifier

State = Mapping[str, Tensor]
Masks = Mapping[str, Tensor]
"""Name of a weight to a mask of its shape, bool: True where the weight stays."""


def prunable(model: Classifier) -> tuple[str, ...]:
    """Names of the matrices that are pruned; the answer layer, norms and biases never are.

    Word embeddings, the six matrices of every layer, and the dense layer on the first token: the pooler of
    BERT, the first layer of the heads of ELECTRA and RoBERTa.
    """
    on_first_token = getattr(model.encoder.base_model, "pooler", None) or model.encoder.classifier
    modules = [
        model.encoder.get_input_embeddings(),
        *(layer.get_submodule(name) for layer in model.layers for name in LINEARS),
        on_first_token.dense,
    ]
    names = {module: name for name, module in model.named_modules()}
    return tuple(f"{names[module]}.weight" for module in modules)


def keep_largest(scores: Tensor, kept: int) -> Tensor:
    """A mask of the shape of ``scores``, True on exactly ``kept`` of the largest; of equals, on those that come first.

    >>> keep_largest(torch.tensor([[3.0, 1.0], [2.0, 2.0]]), 2).tolist()
    [[True, False], [True, False]]
    """
    flat = scores.flatten()
    if kept == 0:
        return torch.zeros_like(scores, dtype=torch.bool)
    least = flat.kthvalue(len(flat) - kept + 1).values
    above, equal = flat > least, flat == least
    first = equal.cumsum(0) <= kept - above.sum()
    return (above | equal & first).view_as(scores)


def left(elements: int, share: int) -> int:
    """How many of ``elements`` stay when ``share`` per cent are pruned; rounded as ``torch.nn.utils.prune`` does."""
    return elements - round(share / 100 * elements)


def local_masks(state: State, names: Sequence[str], share: int) -> dict[str, Tensor]:
    """The same share of every matrix goes, in per cent: its smallest |w|."""
    return {name: keep_largest(state[name].abs(), left(state[name].numel(), share)) for name in names}


def global_masks(state: State, names: Sequence[str], share: int) -> dict[str, Tensor]:
    """All matrices are ranked together by |w|, and the smallest go: ``share`` per cent of their elements."""
    together = torch.cat([state[name].abs().flatten() for name in names])
    mask = keep_largest(together, left(len(together), share))
    parts = mask.split([state[name].numel() for name in names])
    return {name: part.view_as(state[name]) for name, part in zip(names, parts, strict=True)}


def masked(state: State, masks: Masks) -> dict[str, Tensor]:
    """The state with zeros where a mask is False: (i) of ``methods/pruned.py``."""
    return {name: tensor * masks[name] if name in masks else tensor for name, tensor in state.items()}
