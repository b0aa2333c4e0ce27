"""Reductions: n numbers to one take n - 1 operations."""

from harness.cost.operators.call import (
    NOTHING,
    Call,
    Count,
    dims,
    elements,
    is_complex,
    others,
    positive,
    scaled,
    smaller,
    work,
)
from harness.cost.operators.elementwise import forms
from harness.cost.operators.family import Family

REDUCTIONS = Family(
    "Reductions and scans",
    "n: elements read, r: results. Complex sums and means count twice; other complex reductions are unpriced.",
)


def reduced(call: Call) -> int:
    """n - r: the operations that bring n numbers to r."""
    return positive(elements(call.first) - elements(call.out))


def parts(call: Call) -> int:
    """Real additions in one addition."""
    return 2 if is_complex(call.first) else 1


@REDUCTIONS.formula("sum nansum sum_to_size _sparse_sum _sparse_csr_sum", "n - r")
def add_up(call: Call) -> Count:
    """Sums."""
    return work(parts(call) * reduced(call))


@REDUCTIONS.formula("trace", "length of the diagonal - 1")
def trace(call: Call) -> Count:
    """The sum of the diagonal."""
    return work(parts(call) * positive(smaller(*call.first.shape) - 1))


@REDUCTIONS.formula("mean nanmean", "n (n - r additions, r divisions)")
def mean(call: Call) -> Count:
    """The arithmetic mean."""
    return work(parts(call) * elements(call.first))


@REDUCTIONS.formula("amax amin argmax argmin max min prod _sparse_csr_prod", "n - r (comparisons, products)")
def select(call: Call) -> Count | None:
    """The extreme value, its place, the product."""
    return None if is_complex(call.first) else work(reduced(call))


@REDUCTIONS.formula("aminmax _aminmax", "2 (n - r)")
def aminmax(call: Call) -> Count:
    """Smallest and largest."""
    return work(2 * reduced(call))


@REDUCTIONS.formula("count_nonzero", "n (comparisons)")
def count_nonzero(call: Call) -> Count:
    """How many are not 0."""
    return work(elements(call.first))


@REDUCTIONS.formula("var var_mean", "4 n (mean n, subtract n, square n, sum and divide n)")
def var(call: Call) -> Count | None:
    """The variance, the mean on the way."""
    return None if is_complex(call.first) else work(4 * elements(call.first))


@REDUCTIONS.formula("std std_mean", "4 n + r (variance, sqrt)")
def std(call: Call) -> Count | None:
    """The standard deviation."""
    return None if is_complex(call.first) else work(4 * elements(call.first) + elements(call.out))


@REDUCTIONS.formula("cumsum cumsum_ cumprod cumprod_ cummax cummin", "n - r, r: rows")
def scan(call: Call) -> Count | None:
    """Running sums, products, extremes."""
    if is_complex(call.first):
        return None
    return work(positive(elements(call.first) - scan_rows(call)))


@REDUCTIONS.formula("logcumsumexp", "4 (n - r), r: rows (exp, exp, add, log)")
def logcumsumexp(call: Call) -> Count | None:
    """Running log-sum-exp."""
    if is_complex(call.first):
        return None
    return work(4 * positive(elements(call.first) - scan_rows(call)))


def scan_rows(call: Call) -> int:
    """How many rows a scan along ``dim`` has."""
    return others(call.first, dims(call.first, call.argument(1, "dim")))


@REDUCTIONS.formula("diff", "elements of the result (one difference; unpriced for n > 1 or prepended values)")
def diff(call: Call) -> Count | None:
    """Differences of neighbours."""
    if call.argument(1, "n", 1) != 1 or call.argument(3, "prepend") or call.argument(4, "append"):
        return None
    return work(elements(call.out))


def norm_work(n: int, r: int, order: float | str) -> Count | None:
    """The p-norm of n numbers to r results."""
    sums = positive(n - r)
    if order in {2, "fro"}:
        return work(n + sums + r)
    if order == 0 or order in {1, float("inf"), float("-inf")}:
        return work(n + sums)
    return work(2 * n + sums + r) if isinstance(order, int | float) else None


@REDUCTIONS.formula(
    "linalg_vector_norm norm",
    "p = 2: 2 n (square, sum, sqrt); 0, 1, inf: 2 n - r (compare or abs; sum or maximum); else 3 n (abs, power, sum, "
    "root)",
)
def norm(call: Call) -> Count | None:
    """Norms of vectors; p is 2 where it is not given."""
    order = call.argument(1, "ord" if call.name.startswith("linalg") else "p")
    if is_complex(call.first):
        return None
    return norm_work(elements(call.first), elements(call.out), 2 if order is None else order)


@REDUCTIONS.formula("frobenius_norm", "2 n (square, sum, sqrt)")
def frobenius_norm(call: Call) -> Count | None:
    """The 2-norm over two axes."""
    return None if is_complex(call.first) else norm_work(elements(call.first), elements(call.out), 2)


@REDUCTIONS.formula(
    "linalg_norm linalg_matrix_norm", "2 n for the 2-norm of vectors and the Frobenius norm; else unpriced"
)
def linalg_norm(call: Call) -> Count | None:
    """Only the default order and ``fro`` are sums of squares whatever the axes."""
    order = call.argument(1, "ord")
    if is_complex(call.first) or order not in {None, "fro"}:
        return None
    return norm_work(elements(call.first), elements(call.out), 2)


@REDUCTIONS.formula(forms("renorm"), "3 n + 2 r, r: slices (2-norm 2 n, compare r, divide r, scale n); else unpriced")
def renorm(call: Call) -> Count | None:
    """Slices along ``dim`` scaled down to a largest norm."""
    n, rows = elements(call.first), call.first.shape[call.argument(2, "dim")]
    return work(3 * n + 2 * rows) if call.argument(1, "p") == 2 else None


@REDUCTIONS.formula("_weight_norm _weight_norm_interface", "3 n + r, r: elements of g (2-norm 2 n, divide r, scale n)")
def weight_norm(call: Call) -> Count:
    """v g / |v|."""
    return work(3 * elements(call.first) + elements(call.tensor(1, "g")))


@REDUCTIONS.formula(
    "scatter_add scatter_add_ scatter_reduce scatter_reduce_ scatter.reduce scatter.value_reduce scatter_.reduce "
    "scatter_.value_reduce",
    "one for each index",
)
def scatter_add(call: Call) -> Count | None:
    """Sums (products, extremes) at indexed places, one element at a time."""
    return None if is_complex(call.first) else work(elements(call.tensor(2, "index")))


@REDUCTIONS.formula(
    "index_add index_add_ index_reduce index_reduce_",
    "one for each element brought in, and one where alpha is not 1",
)
def index_add(call: Call) -> Count | None:
    """Sums (products, extremes) at indexed places, one slice at a time."""
    brought = elements(call.tensor(3, "source"))
    return None if is_complex(call.first) else work(brought * (1 + scaled(call.option("alpha", 1))))


@REDUCTIONS.formula(
    "index_put index_put_ _index_put_impl_ _unsafe_index_put",
    "one for each element brought in where they accumulate; 0 else",
)
def index_put(call: Call) -> Count | None:
    """A copy to indexed places, or a sum there."""
    if not call.argument(3, "accumulate", False):
        return NOTHING
    return None if is_complex(call.first) else work(elements(call.tensor(2, "values")))


@REDUCTIONS.formula("col2im", "n (overlapping windows are added up)")
def col2im(call: Call) -> Count:
    """Windows added up to an image."""
    return work(elements(call.first))


@REDUCTIONS.formula("bincount", "elements of the weights; 0 without weights")
def bincount(call: Call) -> Count:
    """Sums of weights at counted places."""
    weights = call.argument(1, "weights")
    return work(elements(weights) if weights else 0)


@REDUCTIONS.formula("histc", "3 n (shift, scale, round down)")
def histc(call: Call) -> Count:
    """Which bin each number falls in."""
    return work(3 * elements(call.first))
