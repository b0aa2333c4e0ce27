"""Bags of n-grams: a text is the mean of its n-grams' vectors (Ye et al. 2021, arXiv 2110.08536, section 3)."""

import torch
from torch import Tensor, nn

from ngram_reader import PADDING, UNKNOWN

DROPOUT = 0.1
FIRST_SPREAD = 0.05
"""Standard deviation of a new table."""


class BagEncoder(nn.Module):
    """Ids of n-grams [batch, n-grams] to ReLU(W mean + b) [batch, width]; padding takes no part in the mean.

    A text of a n-grams costs a x width additions and divisions, and width^2 MACs, however large the table.
    """

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(rows, width, mode="mean", sparse=True, padding_idx=PADDING)
        nn.init.normal_(self.table.weight, std=FIRST_SPREAD)
        with torch.no_grad():
            self.table.weight[[PADDING, UNKNOWN]] = 0.0
        self.hidden = nn.Linear(width, width)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, ngrams: Tensor) -> Tensor:
        """Vectors, not negative."""
        return self.dropout(self.hidden(self.dropout(self.table(ngrams))).relu())


class SingleText(nn.Module):
    """A bag to logits [batch, outputs]: width x outputs further MACs."""

    def __init__(self, rows: int, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = BagEncoder(rows, width)
        self.answer = nn.Linear(width, outputs)

    def forward(self, ngrams: Tensor) -> Tensor:
        """Logits of ids [batch, n-grams]."""
        logits: Tensor = self.answer(self.encoder(ngrams))
        return logits


class TextPair(nn.Module):
    """Two bags to logits [batch, outputs] of [h1, h2, h1 h2, |h1 - h2|]: 4 width x outputs further MACs."""

    def __init__(self, rows: int, width: int, outputs: int) -> None:
        super().__init__()
        self.encoder = BagEncoder(rows, width)
        self.answer = nn.Linear(4 * width, outputs)

    def forward(self, ngrams_1: Tensor, ngrams_2: Tensor) -> Tensor:
        """Logits of ids [batch, n-grams] of either text."""
        first, second = self.encoder(ngrams_1), self.encoder(ngrams_2)
        logits: Tensor = self.answer(torch.cat([first, second, first * second, (first - second).abs()], dim=1))
        return logits
