"""An encoder with Fourier transforms in the place of attention, in all layers but the top ones."""

from torch import nn

from fourier import FourierClassifier
from reader import build_inputs, card, encode

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, num_layers: int | None = None, attention: int = 0) -> nn.Module:
    """The model of a dataset: ``num_layers`` layers (None: all), the top ``attention`` of them with attention."""
    return FourierClassifier(card(dataset)["outputs"], num_layers, attention)
