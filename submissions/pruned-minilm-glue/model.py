"""A transformer encoder with a linear answer on top, pruned: zeros in its matrices, or narrower layers.

``widths`` names the point whose layers are narrower than the backbone's; ``assets/widths/`` holds their numbers.
"""

import json

from torch import nn

from classifier import Classifier
from narrow import narrow
from reader import ASSETS, build_inputs, card, encode

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, widths: str | None = None) -> nn.Module:
    """The model of a dataset, weights not loaded; ``widths`` None: as wide as the backbone."""
    model = Classifier(card(dataset)["outputs"])
    if widths is None:
        return model
    return narrow(model, json.loads((ASSETS / "widths" / widths / f"{dataset}.json").read_text()))
