"""A transformer encoder with a linear answer on top, cut to its first ``num_layers`` layers."""

from torch import nn

from classifier import Classifier
from reader import build_inputs, card, encode

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, num_layers: int | None = None) -> nn.Module:
    """The model of a dataset with its first layers (None: all), weights not loaded."""
    return Classifier(card(dataset)["outputs"], num_layers)
