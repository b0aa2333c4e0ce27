"""Softmax and its logarithms."""

from harness.cost.operators.call import Call, Count, dims, elements, others, positive, work
from harness.cost.operators.family import Family

SOFTMAX = Family("Softmax", "n: elements, r: rows.")


def softmax_work(n: int, r: int) -> Count:
    """max n - r, subtract n, exp n, sum n - r, divide n."""
    return work(positive(5 * n - 2 * r))


def rows(call: Call) -> int:
    """How many rows there are along ``dim``."""
    return others(call.first, dims(call.first, call.argument(1, "dim")))


@SOFTMAX.formula(
    "softmax _softmax _safe_softmax special_softmax _sparse_softmax",
    "5 n - 2 r (max n - r, subtract n, exp n, sum n - r, divide n)",
)
def softmax(call: Call) -> Count:
    """Exponentials that sum to 1."""
    return softmax_work(elements(call.first), rows(call))


@SOFTMAX.formula("_masked_softmax", "5 n - 2 r, the mask chooses and is free")
def masked_softmax(call: Call) -> Count:
    """Softmax over the last axis (or ``dim``), masked places left out of the answer, not of the count."""
    dim = call.argument(2, "dim")
    return softmax_work(elements(call.first), others(call.first, dims(call.first, -1 if dim is None else dim)))


@SOFTMAX.formula(
    "log_softmax _log_softmax special_log_softmax _sparse_log_softmax",
    "5 n - r (max n - r, subtract n, exp n, sum n - r, log r, subtract n)",
)
def log_softmax(call: Call) -> Count:
    """The logarithm of softmax."""
    return work(positive(5 * elements(call.first) - rows(call)))


@SOFTMAX.formula("logsumexp special_logsumexp", "4 n (max n - r, subtract n, exp n, sum n - r, log r, plus maximum r)")
def logsumexp(call: Call) -> Count:
    """log(sum(exp(x)))."""
    return work(4 * elements(call.first))
