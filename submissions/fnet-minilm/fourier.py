"""Fourier mixing in the place of self-attention (FNet: Lee-Thorp et al., arXiv 2105.03824, section 3.2).

The mixing has no parameters and no mask: every position takes part in every other's result, padding too.
The paper pads all texts to one length in training and evaluation alike. Here nothing is ever padded: a text of
n tokens is transformed over its own n positions, in training as in evaluation. Its answer then depends on the
text alone, and the cost of its own length, the way ELUE counts, is the cost of the very computation that gave it.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from classifier import ASSETS, Classifier


class FourierMixing(nn.Module):
    """y = Re(F_seq(F_hid(x))): [batch, tokens, features] to the same shape.

    Not normalised. 5 N log2 N FLOPs with N = tokens x features, and no MACs.
    """

    def forward(self, hidden: Tensor) -> Tensor:
        """Transform in fp32, as torch has no transform of bfloat16 (autocast leaves it alone)."""
        return torch.fft.fftn(hidden.float(), dim=(-2, -1)).real.to(hidden.dtype)


class FourierSublayer(nn.Module):
    """LN(x + mixing(x)), called as the ``attention`` of a BERT-like layer is."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.mixing = FourierMixing()
        self.norm = norm

    def forward(self, hidden: Tensor, *_: object, **__: object) -> tuple[Tensor, None]:
        """The sublayer's output, and None for attention weights; a mask and caches mean nothing here."""
        return self.norm(hidden + self.mixing(hidden)), None


class FourierClassifier(Classifier):
    """A classifier whose layers mix by Fourier transforms, but the top ``attention`` ones, which attend."""

    def __init__(
        self, num_outputs: int, num_layers: int | None = None, attention: int = 0, assets: Path = ASSETS
    ) -> None:
        super().__init__(num_outputs, num_layers, assets)
        for layer in self.layers[: len(self.layers) - attention]:
            layer.attention = FourierSublayer(layer.attention.output.LayerNorm)

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """As ``Classifier``, on samples of one length.

        Raises:
            ValueError: the mask marks padding, which would be mixed into the text.

        """
        if attention_mask is not None and not attention_mask.all():
            raise ValueError(
                "This batch is padded, and Fourier mixing has no mask: padding would change the answers. "
                "Give samples of one length a batch (FineTuning.equal_lengths does so in training)."
            )
        return super().forward(input_ids, token_type_ids)
