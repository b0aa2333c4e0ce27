"""Distances and similarities of vectors, by their definition whichever kernel computes them."""

from harness.cost.operators.call import Call, Count, elements, work
from harness.cost.operators.family import Family
from harness.cost.operators.reductions import norm_work

DISTANCES = Family(
    "Distances",
    "n: pairs x width, r: pairs. Priced as norms of differences, also where a kernel uses a matrix product.",
)


@DISTANCES.formula(
    "cdist _cdist_forward _euclidean_dist dist pairwise_distance",
    "difference n and a p-norm: 3 n for p = 2 (subtract, square, sum, sqrt); 3 n - r for 0, 1, inf; else 4 n. "
    "pairwise_distance adds eps: + n",
)
def distance(call: Call) -> Count | None:
    """p-norms of differences."""
    pairs, width = elements(call.out), call.first.shape[-1] if call.first.shape else 1
    n = elements(call.first) if call.name == "dist" else pairs * width
    norms = norm_work(n, pairs, call.argument(2, "p", 2))
    shift = call.name == "pairwise_distance"
    return None if norms is None else work(n * (1 + shift) + norms.flops)


@DISTANCES.formula("pdist _pdist_forward", "as cdist, over the pairs of rows")
def pdist(call: Call) -> Count | None:
    """Distances of all pairs of rows."""
    pairs, width = elements(call.out), call.first.shape[-1]
    norms = norm_work(pairs * width, pairs, call.argument(1, "p", 2))
    return None if norms is None else work(pairs * width + norms.flops)


@DISTANCES.formula(
    "cosine_similarity", "8 n + r (two 2-norms 4 n, two bounds 2 r, two divisions 2 n, product n, sum n - r)"
)
def cosine_similarity(call: Call) -> Count:
    """The product of two vectors brought to length 1."""
    rows = elements(call.out)
    n = rows * call.first.shape[call.argument(2, "dim", 1)]
    return work(8 * n + rows)
