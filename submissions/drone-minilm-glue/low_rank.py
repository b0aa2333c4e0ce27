"""Linear layers and attention scores through a narrow waist.

A matrix [m, n] of rank k as two, [m, k] and [k, n], takes k (m + n) MACs a token instead of m n:
less where k < m n / (m + n), the break-even.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from classifier import LINEARS, Classifier


class LowRankLinear(nn.Module):
    """Features [..., n] to [..., m] by way of k, with a bias at the end: k (m + n) MACs a token."""

    def __init__(self, in_features: int, out_features: int, rank: int) -> None:
        super().__init__()
        self.first = nn.Linear(in_features, rank, bias=False)
        self.second = nn.Linear(rank, out_features)

    def forward(self, features: Tensor) -> Tensor:
        """[..., in_features] to [..., out_features]."""
        out: Tensor = self.second(self.first(features))
        return out


class LowRankSelfAttention(nn.Module):
    """Takes the place of a layer's ``attention.self``, with queries and keys of ``rank`` features a head.

    A score is q^T M k / sqrt(d_h) with M = U V^T of that rank; U^T and V^T are folded into the projections
    of queries and keys. With h heads and d = h d_h features, N tokens take N (2 h k d + d^2) MACs for the
    projections and N^2 (h k + d) for scores and context.
    """

    def __init__(self, width: int, num_heads: int, rank: int, dropout: float) -> None:
        super().__init__()
        self.num_attention_heads, self.dropout = num_heads, dropout
        self.scale = (width // num_heads) ** -0.5
        self.query = nn.Linear(width, num_heads * rank)
        self.key = nn.Linear(width, num_heads * rank)
        self.value = nn.Linear(width, width)

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Context [batch, tokens, width], and None for the weights, as transformers' own class answers.

        ``attention_mask`` [batch, 1, tokens or 1, tokens] is False (or -inf) where nobody looks; None: no padding.
        """
        query, key, value = (
            projection(hidden_states).unflatten(-1, (self.num_attention_heads, -1)).transpose(1, 2)
            for projection in (self.query, self.key, self.value)
        )
        context = scaled_dot_product_attention(
            query, key, value, attention_mask, self.dropout if self.training else 0.0, scale=self.scale
        )
        return context.transpose(1, 2).flatten(2), None


def shrink(model: Classifier, ranks: Mapping[str, int]) -> Classifier:
    """The model with its layers' matrices at the ranks given, weights new; what is not named stays dense.

    Args:
        model: changed in place.
        ranks: ``layer.0.attention.self.query`` and the other ``LINEARS`` to the rank of the matrix;
            ``layer.0.scores`` to the features of a query and of a key, a head.

    """
    for number, layer in enumerate(model.layers):
        attention = layer.attention.self
        if rank := ranks.get(f"layer.{number}.scores"):
            layer.attention.self = LowRankSelfAttention(
                attention.query.in_features, attention.num_attention_heads, rank, attention.dropout.p
            )
        for name in LINEARS:
            if rank := ranks.get(f"layer.{number}.{name}"):
                dense = layer.get_submodule(name)
                layer.set_submodule(name, LowRankLinear(dense.in_features, dense.out_features, rank))
    return model
