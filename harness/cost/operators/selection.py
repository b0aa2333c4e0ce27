"""Sorting, selecting and searching: comparisons."""

from harness.cost.operators.call import Call, Count, dims, elements, log2, size, whole, work
from harness.cost.operators.family import Family
from harness.cost.tape import Value

SELECTION = Family(
    "Sorting and searching",
    "Comparisons of floating point numbers, one FLOP each; n: numbers in a row, N: numbers in all. Rounded once a "
    "call. Of integers free, as all index arithmetic.",
)


def row(value: Value, dim: int | None) -> int:
    """Numbers in a row."""
    return size(value, dims(value, dim)[0]) if value.shape else 1


@SELECTION.formula("sort argsort msort mode", "N log2 n")
def sort(call: Call) -> Count:
    """The whole row in order."""
    length = row(call.first, 0 if call.name == "msort" else call.argument(1, "dim", -1))
    return work(whole(elements(call.first) * log2(length)))


@SELECTION.formula("unique_consecutive", "N (comparisons of neighbours)")
def neighbours(call: Call) -> Count:
    """Runs of equal numbers."""
    return work(elements(call.first))


@SELECTION.formula("_unique _unique2 unique_dim", "N log2 N")
def unique(call: Call) -> Count:
    """By sorting."""
    return work(whole(elements(call.first) * log2(elements(call.first))))


@SELECTION.formula("topk kthvalue", "N (1 + log2 k) (each meets the least of those kept, in a heap of k)")
def topk(call: Call) -> Count:
    """The k largest."""
    n = elements(call.first)
    return work(n + whole(n * log2(call.number(1, "k"))))


@SELECTION.formula("median nanmedian", "N (1 + log2 k), k = (n + 1) / 2")
def median(call: Call) -> Count:
    """The one in the middle of a row, or of all."""
    n, dim = elements(call.first), call.argument(1, "dim")
    length = n if dim is None else row(call.first, dim)
    return work(n + whole(n * log2((length + 1) // 2)))


@SELECTION.formula("searchsorted", "values x log2(n + 1)")
def searchsorted(call: Call) -> Count:
    """Each value sought by halving."""
    values = elements(call.out)
    return work(whole(values * log2(call.first.shape[-1] + 1)))


@SELECTION.formula("bucketize", "values x log2(boundaries + 1)")
def bucketize(call: Call) -> Count:
    """Each value sought by halving."""
    return work(whole(elements(call.out) * log2(call.tensor(1, "boundaries").shape[-1] + 1)))


@SELECTION.formula("isin", "values x candidates")
def isin(call: Call) -> Count:
    """Each value compared with each candidate."""
    candidates = call.argument(1, "test_elements")
    return work(elements(call.out) * (elements(candidates) if isinstance(candidates, Value) else 1))
