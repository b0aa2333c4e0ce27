"""A transformer encoder whose matrices and word embedding are Kronecker products (KroneckerBERT, arXiv 2109.06243)."""

from torch import nn

from classifier import Classifier
from kronecker_shapes import SHAPES, factorise
from reader import build_inputs, card, encode

__all__ = ["build_inputs", "build_model", "encode"]


def build_model(dataset: str, shape: str) -> nn.Module:
    """The model of a dataset with factors of a ``shape``: k5, k8 or k21. Weights are not loaded."""
    model = Classifier(card(dataset)["outputs"])
    factorise(model, SHAPES[shape])
    return model
