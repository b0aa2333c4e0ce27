"""Layer by layer, module by module: each is compressed for the inputs that the modules compressed before it give."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from baselines.calibration import HiddenStates, second_moment, with_one
from baselines.factoring import ATTENTION, PROJECTIONS, compressed, narrower
from baselines.layers.classifier import LINEARS, Classifier

MODULES = {
    ATTENTION: ("scores", *(f"{ATTENTION}.{name}" for name in PROJECTIONS)),
    **{name: (name,) for name in LINEARS if not name.startswith(ATTENTION)},
}
"""The four modules of a layer that are compressed, in the order of the data, and the ranks that each has."""

Ranks = Mapping[str, int]


@dataclass
class Site:
    """A module of a layer, as yet dense, and the hidden states that enter its layer."""

    layer: nn.Module
    number: int
    """Of the layer, from 0."""
    path: str
    """One of ``MODULES``."""
    states: HiddenStates

    def __post_init__(self) -> None:
        self.dense = self.layer.get_submodule(self.path)

    @cached_property
    def moment(self) -> Tensor:
        """Second moment of what the module is given, as ``factoring.compressed`` wants it."""
        inputs = self.states.inputs(self.layer, self.path)
        linear = self.dense
        if isinstance(linear, nn.Linear):
            return second_moment(narrower(linear, batch) for batch in inputs)
        return second_moment(map(with_one, inputs))

    def put(self, ranks: Ranks) -> None:
        """Compress the module to the ranks given, names within the layer."""
        self.layer.set_submodule(self.path, compressed(self.dense, self.moment, ranks))

    def restore(self) -> None:
        """Put the dense module back."""
        self.layer.set_submodule(self.path, self.dense)


@torch.no_grad()
def compress(
    model: Classifier, states: HiddenStates, settle: Callable[[Site], None], say: Callable[[str], None]
) -> Classifier:
    """Compress a model in place; ``settle`` puts ranks at each site, or leaves it dense. ``states`` enter layer 0."""
    begun = time.monotonic()
    total = len(model.layers)
    for number, layer in enumerate(model.layers):
        for path in MODULES:
            settle(Site(layer, number, path, states))
        states.advance(layer)
        minutes = (time.monotonic() - begun) / 60
        left = minutes / (number + 1) * (total - number - 1)
        say(f"layer {number + 1} of {total} compressed, {minutes:.1f} min, {left:.1f} left")
    return model


def at_ranks(ranks: Ranks) -> Callable[[Site], None]:
    """Settles every site at the ranks given, as ``layers.low_rank.shrink`` takes them."""

    def settle(site: Site) -> None:
        names = {name: f"layer.{site.number}.{name}" for name in MODULES[site.path]}
        if chosen := {name: ranks[full] for name, full in names.items() if full in ranks}:
            site.put(chosen)

    return settle
