"""An encoder whose layers have fewer attention heads and fewer inner neurons than its configuration says.

The heads that stay are as wide as before, so a layer with h heads of size s and n neurons, on d features,
costs 4 d h s + 2 d n multiply-accumulates a token, and 2 N^2 h s for the scores and contexts of N tokens.
"""

from collections.abc import Sequence

from torch import nn

from classifier import Classifier


def narrow(model: Classifier, widths: Sequence[Sequence[int]]) -> Classifier:
    """The model with new, smaller matrices: ``widths`` holds (heads, neurons) of each layer, first to last."""
    for layer, (heads, neurons) in zip(model.layers, widths, strict=True):
        attention = layer.attention.self
        features, inner = attention.query.in_features, heads * attention.attention_head_size
        attention.query = nn.Linear(features, inner)
        attention.key = nn.Linear(features, inner)
        attention.value = nn.Linear(features, inner)
        attention.num_attention_heads, attention.all_head_size = heads, inner
        layer.attention.output.dense = nn.Linear(inner, features)
        layer.intermediate.dense = nn.Linear(features, neurons)
        layer.output.dense = nn.Linear(neurons, features)
    return model
