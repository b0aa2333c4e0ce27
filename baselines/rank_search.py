"""DRONE's Algorithm 2: each module takes the lowest rank at which the loss stays within its allowance.

The tolerated ratio R between the compressed model's loss and the dense model's is divided over the modules
by what they cost: one of kind i, of which there are L, may raise the loss by the factor
R^(t_i / (L sum_j t_j)), so that the factors of all modules multiply to R. What a module leaves of its
allowance, those after it may use.

**The loss** is the training loss on examples that are not calibrated on. A model that has learned its
training examples by heart has a loss near 0, of which no ratio means anything; so a tenth of the loss of a
constant answer is added to every loss: the entropy of the labels, or the variance of the scores.

**The grid** is a share of a module's dense cost: a quarter, a half, three quarters; a matrix of that share
of its break-even rank, attention with queries and keys of that share of their features.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.benchmark import Timer

from baselines.calibration import HiddenStates
from baselines.factoring import ATTENTION, break_even
from baselines.layers.classifier import Classifier
from baselines.layerwise import MODULES, Site
from baselines.objective import label_loss
from harness import count_flops

SHARES = (0.25, 0.5, 0.75)


class RankSearch:
    """Settles each site by trying ranks, from the lowest of the grid; sites come in the order of ``compress``."""

    def __init__(self, model: Classifier, held_out: HiddenStates, allowances: Mapping[str, float]) -> None:
        """``held_out`` enter layer 0; ``allowances`` are the factors of ``allowances``."""
        self.model, self.held_out, self.allowances = model, held_out, allowances
        self.entered = 0
        gold = held_out.examples.gold[np.concatenate(held_out.batches)]
        self.floor = constant_loss(gold) / 10
        self.limit = self.floor + loss_from(model, 0, held_out)

    def __call__(self, site: Site) -> None:
        """Put the lowest ranks at which the loss stays within what is allowed up to here; else leave it dense."""
        if site.number > self.entered:
            self.held_out.advance(self.model.layers[self.entered])
            self.entered = site.number
        self.limit *= self.allowances[site.path]
        for share in SHARES:
            site.put(ranks_at(site, share))
            if self.floor + loss_from(self.model, site.number, self.held_out) <= self.limit:
                return
        site.restore()


def ranks_at(site: Site, share: float) -> dict[str, int]:
    """The ranks at which a module has ``share`` of its dense cost, rounded down; attention's products shrink too."""
    if isinstance(site.dense, nn.Linear):
        return {site.path: max(1, int(share * break_even(site.dense)))}
    attention = site.dense
    head = attention.query.out_features // attention.num_attention_heads
    return {
        "scores": max(1, int(share * head)),
        f"{ATTENTION}.value": max(1, int(share * break_even(attention.value))),
    }


def allowances(costs: Mapping[str, float], num_layers: int, ratio: float) -> dict[str, float]:
    """Module to the factor by which it may raise the loss: R^(t_i / (L sum_j t_j))."""
    return {path: ratio ** (cost / (num_layers * sum(costs.values()))) for path, cost in costs.items()}


def module_costs(model: Classifier, tokens: int, measure: str) -> dict[str, float]:
    """What the modules of one layer cost for one text: ``time`` in seconds on one thread, or ``flops``."""
    cost = {"time": _seconds, "flops": _flops}[measure]
    layer = model.layers[0]
    return {path: cost(layer.get_submodule(path), tokens) for path in MODULES}


def constant_loss(gold: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """The loss of the best constant answer: the entropy of classes, the variance of scores."""
    if gold.dtype.kind == "f":
        return float(gold.var())
    shares = np.unique(gold, return_counts=True)[1] / len(gold)
    return float(-(shares * np.log(shares)).sum())


@torch.no_grad()
def loss_from(model: Classifier, number: int, states: HiddenStates) -> float:
    """Mean loss over examples whose hidden states enter layer ``number``: the layers before it do not run again."""
    total = 0.0
    for batch, (hidden, _) in enumerate(states):
        inputs = states.batch(batch)
        labels = inputs.pop("labels")
        with _entering(model, number, hidden):
            total += label_loss(model(**inputs).float(), labels).item() * len(labels)
    return total / sum(map(len, states.batches))


class _Given(nn.Module):
    """Stands for layers whose outcome is known."""

    def __init__(self, hidden: Tensor) -> None:
        super().__init__()
        self.hidden = hidden

    def forward(self, *_: object, **__: object) -> Tensor:
        return self.hidden


@contextmanager
def _entering(model: Classifier, number: int, hidden: Tensor) -> Iterator[None]:
    encoder = model.encoder.base_model.encoder
    layers = encoder.layer
    encoder.layer = nn.ModuleList([_Given(hidden), *layers[number:]])
    try:
        yield
    finally:
        encoder.layer = layers


def _example(module: nn.Module, tokens: int) -> dict[str, Tensor]:
    """Inputs of a module for one text; zeros, for cost depends on shapes alone."""
    linear = module if isinstance(module, nn.Linear) else module.get_submodule("value")
    name = "input" if module is linear else "hidden_states"
    return {name: torch.zeros(1, tokens, linear.in_features, device=linear.weight.device)}


def _flops(module: nn.Module, tokens: int) -> float:
    return count_flops(module, _example(module, tokens)).flops


@torch.no_grad()
def _seconds(module: nn.Module, tokens: int) -> float:
    timer = Timer("module(**inputs)", globals={"module": module, "inputs": _example(module, tokens)})
    return timer.blocked_autorange(min_run_time=0.2).median
