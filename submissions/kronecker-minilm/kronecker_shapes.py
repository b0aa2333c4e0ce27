"""Which matrices of an encoder become Kronecker products, and of which shapes: KroneckerBERT's Table 1.

The table is for 768 features; the shapes here follow the width d and the inner width f of any encoder.
Pooler, answer layer, position and type embeddings stay dense.
"""

from dataclasses import dataclass

from classifier import LINEARS, Classifier
from kronecker import KroneckerEmbedding, KroneckerLinear


@dataclass(frozen=True, slots=True)
class Shape:
    """The small factor of every kind of matrix, as (rows, columns); the other factor is what is left."""

    terms: int
    """Kronecker products that are summed."""
    attention_b: tuple[int, int]
    """B of query, key, value and attention output [d, d]."""
    ffn_in_a: tuple[int, int]
    """A of the first matrix of the feed-forward block [f, d]; the second [d, f] has the transposed shapes."""
    embedding: int
    """Features of a word that share a column of its table."""

    def factors(self, name: str, rows: int, columns: int) -> tuple[int, int, int, int]:
        """(m1, n1, m2, n2) of the matrix ``name``, one of ``LINEARS``, with A [m1, n1] and B [m2, n2]."""
        small = self.attention_b if name.startswith("attention") else self.ffn_in_a
        if name == "output.dense":
            small = small[::-1]
        if rows % small[0] or columns % small[1]:
            raise ValueError(f"{name} [{rows}, {columns}] cannot be cut by a factor [{small[0]}, {small[1]}]")
        left = rows // small[0], columns // small[1]
        return (*left, *small) if name.startswith("attention") else (*small, *left)


SHAPES = {
    # the printed row of k5 has as many parameters as dense attention; this reading gives the printed totals
    "k5": Shape(terms=4, attention_b=(2, 16), ffn_in_a=(8, 2), embedding=12),
    "k8": Shape(terms=1, attention_b=(2, 2), ffn_in_a=(8, 2), embedding=8),
    "k21": Shape(terms=1, attention_b=(2, 16), ffn_in_a=(16, 2), embedding=16),
}


def factorise(model: Classifier, shape: Shape) -> None:
    """Put Kronecker products, newly drawn, in the place of the model's matrices and its word embedding.

    Raises:
        ValueError: a matrix cannot be cut into blocks of these shapes.

    """
    embeddings = model.encoder.base_model.embeddings
    rows, d = embeddings.word_embeddings.weight.shape
    embeddings.word_embeddings = KroneckerEmbedding(rows, d, largest_divisor(d, shape.embedding))
    for layer in model.layers:
        for name in LINEARS:
            dense = layer.get_submodule(name)
            factors = shape.factors(name, dense.out_features, dense.in_features)
            layer.set_submodule(name, KroneckerLinear(*factors, shape.terms))


def largest_divisor(d: int, most: int) -> int:
    """The largest number up to ``most`` that divides d: the paper's n is for a d that it divides."""
    return max(n for n in range(1, most + 1) if d % n == 0)
