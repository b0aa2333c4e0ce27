"""Training under masks, and training of the masks themselves.

A mask sits on a weight as a parametrisation, so that the model's own code runs as it is, and everything that
decides the outcome is in its state dict: trainings resume, and the end is folded into plain weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from baselines.distillation import hidden_states
from baselines.examples import Examples, Lesson
from baselines.layers.classifier import Classifier
from baselines.masks import Masks, State, keep_largest
from baselines.objective import Batch, Objective
from baselines.training import FineTuning

PHI = 0.01
"""TAMT's threshold; scores start at twice it, or at zero."""
RERANK = 8
"""Passes of training from one ranking of the scores to the next, which takes as long as a pass on a processor."""
TRAVEL = 0.1
"""How far a score may go in a training: five times what lies between weights kept and pruned at first."""

_ORIGINAL, _MASK = ".parametrizations.weight.original", ".parametrizations.weight.0.mask"


class FixedMask(nn.Module):
    """A weight seen through a mask: what is pruned stays zero and gets no gradient."""

    mask: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        """Weight and mask are of one shape."""
        return weight * self.mask


class LearnedMask(nn.Module):
    """A frozen weight seen through a mask that is learned: the k largest of real scores m, k as at the start.

    TAMT (arXiv 2204.11218, section 3): 1[m > phi] with phi, after updates, reset to the k-th largest score.
    """

    mask: Tensor
    passes: Tensor

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.kept = int(mask.sum())
        self.scores = nn.Parameter(2 * PHI * mask)
        self.register_buffer("mask", mask)
        self.register_buffer("passes", torch.zeros((), dtype=torch.long))

    def extra_repr(self) -> str:
        """Part of a training's key."""
        return f"phi={PHI}, rerank={RERANK}"

    def forward(self, weight: Tensor) -> Tensor:
        """W * mask, of which the gradient to the scores is that to the mask (straight-through): dL/dm = dL/dW' * W."""
        if self.training:
            if self.passes % RERANK == 0:
                self.mask = keep_largest(self.scores.detach(), self.kept)  # (ii) of methods/pruned.py
            self.passes += 1
        # (iii): the value of the mask, the gradient of the scores
        straight_through = self.mask + (self.scores - self.scores.detach())
        return weight * straight_through


def attach(model: nn.Module, masks: Masks, kind: Callable[[Tensor], nn.Module] = FixedMask) -> nn.Module:
    """The model, in evaluation mode, with a mask on each of the weights named."""
    for name, mask in masks.items():
        module = model.get_submodule(name.removesuffix(".weight"))
        register_parametrization(module, "weight", kind(mask).eval())
    return model.eval()


def attach_learned(model: nn.Module, masks: Masks) -> nn.Module:
    """The model with masks that are learned, and nothing else that is."""
    return attach(model.requires_grad_(False), masks, LearnedMask)


def masks_in(state: State) -> dict[str, Tensor]:
    """The masks of a training's state dict."""
    return {name.removesuffix(_MASK) + ".weight": mask for name, mask in state.items() if name.endswith(_MASK)}


def folded(state: State) -> dict[str, Tensor]:
    """A training's state dict as one of the plain model: weights times masks."""
    masks = masks_in(state)
    plain = {name: tensor for name, tensor in state.items() if ".parametrizations." not in name}
    for name, mask in masks.items():
        plain[name] = state[name.removesuffix(".weight") + _ORIGINAL] * mask
    return plain


def learning_scores(config: FineTuning, rows: int) -> FineTuning:
    """TAMT's settings for a dataset of ``rows`` examples: of the same length as its fine-tuning.

    TAMT takes some 25,000 steps at 2e-5, falling to 0, which sums up to 0.25. Fewer steps have to be longer; they
    are noisier, too, and sum up to less. None is longer than phi: two such steps change places.
    """
    steps = config.epochs * ceil(rows / config.batch_size)
    return replace(config, learning_rate=min(2 * TRAVEL / steps, PHI), weight_decay=0.0)


def step_lesson(lesson: Lesson, step: int, config: FineTuning) -> Lesson:
    """What is learned in a step of iterative pruning: a tenth of all the passes over the examples, shuffled."""
    rows = len(lesson.train)
    shuffled = np.random.default_rng(config.seed).permutation(rows)
    size = ceil(config.epochs * rows / 10)
    chosen = shuffled[np.arange(step * size, (step + 1) * size) % rows]
    train = Examples([lesson.train.inputs[row] for row in chosen.tolist()], lesson.train.gold[chosen])
    return replace(lesson, train=train)


def hidden_state_loss(student: Sequence[Tensor], teacher: Sequence[Tensor], on_token: Tensor) -> Tensor:
    """1 - cos(student, teacher), the mean over layers and tokens (TAMT-KD).

    Args:
        student: the output of each layer, [batch, tokens, features].
        teacher: likewise, without gradient.
        on_token: [batch, tokens], 1 on tokens and 0 on padding.

    """
    pairs = zip(student, teacher, strict=True)
    layers = [1 - nn.functional.cosine_similarity(s.float(), t.float(), dim=-1) for s, t in pairs]
    return (torch.stack(layers).mean(0) * on_token).sum() / on_token.sum()


def from_hidden_states(teacher: Classifier, name: str, bf16: bool) -> Objective:
    """Keep the hidden states of a dense teacher; ``name`` tells one teacher from another."""

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        on_token = batch.inputs["attention_mask"]
        device = on_token.device.type
        with torch.no_grad(), torch.autocast(device, torch.bfloat16, enabled=bf16):
            wanted = hidden_states(teacher.to(on_token.device), batch.inputs)
        return hidden_state_loss(hidden_states(model, batch.inputs), wanted, on_token)

    return Objective(f"hidden states of {name}", loss)
