"""Linear maps and embeddings whose weight is a Kronecker product, or a sum of some; it is never formed."""

import torch
from torch import Tensor, nn


class KroneckerLinear(nn.Module):
    """y = (A_1 (x) B_1 + ... + A_r (x) B_r) x + bias.

    With x as a matrix X [n1, n2], row by row, (A (x) B) x is A X B^T, row by row: KroneckerBERT
    (arXiv 2109.06243), section 3, has the same column by column. It is computed in the cheaper order, for

        r min(m2 n2 n1 + m2 n1 m1, m1 n1 n2 + n2 m1 m2)  multiply-accumulates a token,

    with r (m1 n1 + m2 n2) + m1 m2 parameters. The terms are summed inside the second product.
    """

    def __init__(self, m1: int, n1: int, m2: int, n2: int, terms: int = 1) -> None:
        super().__init__()
        # drawn so that outputs vary as much as inputs do
        self.A = nn.Parameter(torch.randn(terms, m1, n1) / (terms * n1) ** 0.5)
        self.B = nn.Parameter(torch.randn(terms, m2, n2) / n2**0.5)
        self.bias = nn.Parameter(torch.zeros(m1 * m2))
        self.b_first = m2 * n2 * n1 + m2 * n1 * m1 <= m1 * n1 * n2 + n2 * m1 * m2
        self.a_is_small = m1 * n1 < m2 * n2

    def forward(self, x: Tensor) -> Tensor:
        """[..., n1 n2] to [..., m1 m2]."""
        (terms, m1, n1), (_, m2, n2) = self.A.shape, self.B.shape
        X = x.reshape(-1, n1, n2)
        if self.b_first:
            Z = nn.functional.linear(X, self.B.reshape(terms * m2, n2))
            Z = Z.view(-1, n1, terms, m2).transpose(1, 2).reshape(-1, terms * n1, m2)
            Y = self._left(self.A.transpose(0, 1).reshape(m1, terms * n1), Z)
        else:
            Z = self._left(self.A.reshape(terms * m1, n1), X)
            Z = Z.reshape(-1, terms, m1, n2).transpose(1, 2).reshape(-1, m1, terms * n2)
            Y = nn.functional.linear(Z, self.B.transpose(0, 1).reshape(m2, terms * n2))
        return Y.reshape(*x.shape[:-1], m1 * m2) + self.bias

    def _left(self, A: Tensor, Z: Tensor) -> Tensor:
        """A [p, q] times every Z [tokens, q, s]: a small A token by token, a large one in one product over all."""
        if self.a_is_small:
            return torch.bmm(A.expand(Z.shape[0], -1, -1), Z)
        return nn.functional.linear(Z.transpose(1, 2), A).transpose(1, 2)

    def extra_repr(self) -> str:
        """The shapes, as a printed model shows them."""
        (terms, m1, n1), (_, m2, n2) = self.A.shape, self.B.shape
        return f"{terms} x A [{m1}, {n1}], B [{m2}, {n2}]"


class KroneckerEmbedding(nn.Module):
    """Row i is A_i (x) B: a table A [rows, d/n] and one B [1, n] for all rows (arXiv 2109.06243, section 3).

    d multiplications a token, and n + rows d / n parameters.
    """

    def __init__(self, rows: int, d: int, n: int) -> None:
        super().__init__()
        self.A = nn.Parameter(torch.randn(rows, d // n))
        self.B = nn.Parameter(torch.ones(1, n))

    def forward(self, ids: Tensor) -> Tensor:
        """Ids [...] to rows [..., d]."""
        return (nn.functional.embedding(ids, self.A)[..., None] * self.B).flatten(-2)

    def extra_repr(self) -> str:
        """The shapes, as a printed model shows them."""
        return f"A {list(self.A.shape)}, B {list(self.B.shape)}"
