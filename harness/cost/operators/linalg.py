"""Linear algebra: the leading terms of the textbook algorithms."""

from harness.cost.operators.call import Call, Count, is_complex, larger, prod, smaller, work
from harness.cost.operators.family import Family
from harness.cost.tape import Value

LINALG = Family(
    "Linear algebra",
    "Of each matrix of m rows and n columns (k the smaller, l the larger), leading terms after Golub and Van Loan, "
    "Matrix Computations; no MACs. Complex matrices are unpriced, as are matrix_exp, matrix_power, pinv, lstsq and "
    "eig, whose work depends on the numbers.",
)


def batch(value: Value) -> int:
    """How many matrices there are."""
    return prod(value.shape[:-2])


@LINALG.formula("linalg_cholesky linalg_cholesky_ex cholesky", "n^3 / 3")
def cholesky(call: Call) -> Count | None:
    """A = L L^T."""
    n = call.first.shape[-1]
    return None if is_complex(call.first) else work(batch(call.first) * n**3 // 3)


@LINALG.formula(
    "linalg_lu_factor linalg_lu_factor_ex linalg_det _linalg_det linalg_slogdet _linalg_slogdet slogdet det",
    "k^2 l - k^3 / 3 (2 n^3 / 3 of a square matrix)",
)
def lu(call: Call) -> Count | None:
    """A = P L U; the determinant is on its diagonal."""
    return None if is_complex(call.first) else work(batch(call.first) * lu_work(call.first))


def lu_work(matrix: Value) -> int:
    """Gaussian elimination."""
    k, long = smaller(*matrix.shape[-2:]), larger(*matrix.shape[-2:])
    return (3 * k * k * long - k**3) // 3


@LINALG.formula("linalg_inv linalg_inv_ex inverse", "2 n^3")
def inverse(call: Call) -> Count | None:
    """By LU."""
    return None if is_complex(call.first) else work(batch(call.first) * 2 * call.first.shape[-1] ** 3)


@LINALG.formula("linalg_solve linalg_solve_ex _linalg_solve_ex", "2 n^3 / 3 + 2 n^2 for each right-hand side")
def solve(call: Call) -> Count | None:
    """By LU; the result has a column for each right-hand side."""
    if is_complex(call.first):
        return None
    n, unknowns = call.first.shape[-1], prod(call.out.shape)
    return work(batch(call.first) * lu_work(call.first) + 2 * n * unknowns)


@LINALG.formula("linalg_solve_triangular triangular_solve", "n^2 for each right-hand side")
def solve_triangular(call: Call) -> Count | None:
    """By substitution."""
    matrix = call.tensor(1, "A") if call.name == "triangular_solve" else call.first
    return None if is_complex(matrix) else work(matrix.shape[-1] * prod(call.out.shape))


@LINALG.formula("cholesky_solve", "2 n^2 for each right-hand side")
def cholesky_solve(call: Call) -> Count | None:
    """Two substitutions."""
    factor = call.tensor(1, "input2")
    return None if is_complex(factor) else work(2 * factor.shape[-1] * prod(call.out.shape))


@LINALG.formula("linalg_qr qr", "4 k^2 (l - k / 3) with Q, half of it for R alone")
def qr(call: Call) -> Count | None:
    """Householder reflections, Q written out."""
    if is_complex(call.first):
        return None
    k, long = smaller(*call.first.shape[-2:]), larger(*call.first.shape[-2:])
    steps = 2 if call.argument(1, "mode", "reduced") == "r" else 4
    return work(batch(call.first) * (steps * (3 * k * k * long - k**3) // 3))


@LINALG.formula("linalg_svd _linalg_svd svd", "14 l k^2 + 8 k^3")
def svd(call: Call) -> Count | None:
    """Golub-Reinsch, with both bases."""
    if is_complex(call.first):
        return None
    k, long = smaller(*call.first.shape[-2:]), larger(*call.first.shape[-2:])
    return work(batch(call.first) * (14 * long * k * k + 8 * k**3))


@LINALG.formula("linalg_svdvals", "4 l k^2 - 4 k^3 / 3")
def svdvals(call: Call) -> Count | None:
    """Golub-Reinsch, singular values alone."""
    if is_complex(call.first):
        return None
    k, long = smaller(*call.first.shape[-2:]), larger(*call.first.shape[-2:])
    return work(batch(call.first) * ((12 * long * k * k - 4 * k**3) // 3))


@LINALG.formula("linalg_eigh _linalg_eigh", "9 n^3")
def eigh(call: Call) -> Count | None:
    """Symmetric QR algorithm, with vectors."""
    return None if is_complex(call.first) else work(batch(call.first) * 9 * call.first.shape[-1] ** 3)


@LINALG.formula("linalg_eigvalsh", "4 n^3 / 3")
def eigvalsh(call: Call) -> Count | None:
    """Symmetric QR algorithm, values alone."""
    return None if is_complex(call.first) else work(batch(call.first) * (4 * call.first.shape[-1] ** 3 // 3))
