"""A transformer encoder whose matrices, and attention scores, have the ranks that ``assets/ranks`` states."""

import json

from torch import nn

from classifier import ASSETS, Classifier
from low_rank import shrink
from reader import build_inputs, card, encode

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, ranks: str) -> nn.Module:
    """The model of a dataset with the ranks of ``assets/ranks/<ranks>/<dataset>.json``, weights not loaded."""
    chosen = json.loads((ASSETS / "ranks" / ranks / f"{dataset}.json").read_text())
    return shrink(Classifier(card(dataset)["outputs"]), chosen)
