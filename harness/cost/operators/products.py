"""Matrix products. A product with a sparse operand costs its stored non-zeros."""

from harness.cost.operators.call import (
    Call,
    Count,
    elements,
    is_complex,
    is_sparse,
    prod,
    products,
    scaled,
    work,
)
from harness.cost.operators.family import Family
from harness.cost.tape import Value

PRODUCTS = Family(
    "Matrix products",
    "MACs: one for each product of two numbers that enters a sum; for a sparse operand stored non-zeros x columns "
    "(or rows) of the other. A complex MAC is 4 MACs. A bias or an added matrix is an addition, never a MAC; so is "
    "scaling by alpha or beta where they are not 1. Integer products (int8) cost as much as floating point ones.",
    on_integers=True,
)


def macs(a: Value, b: Value, out: Value) -> int | None:
    """MACs of ``a @ b``; None of two sparse matrices, as shapes do not tell."""
    factor = 4 if is_complex(a) and is_complex(b) else 1
    if is_sparse(a) and is_sparse(b):
        return None
    if is_sparse(a):
        return None if a.nnz is None else factor * a.nnz * columns(b)
    if is_sparse(b):
        return None if b.nnz is None else factor * prod(a.shape[:-1]) * b.nnz
    return factor * prod(out.shape) * a.shape[-1]


def columns(matrix: Value) -> int:
    """The columns of a matrix, 1 of a vector."""
    return matrix.shape[-1] if len(matrix.shape) > 1 else 1


def additions(value: Value) -> int:
    """Real additions that adding this tensor takes."""
    return elements(value) * (2 if is_complex(value) else 1)


@PRODUCTS.formula(
    "mm bmm mv dot vdot matmul linalg_matmul _int_mm _sparse_mm smm hspmm",
    "MACs: rows x inner x columns of each pair of matrices; FLOPs: 2 MACs",
)
def matmul(call: Call) -> Count | None:
    """``self @ other``."""
    done = macs(call.first, call.tensor(1, "other"), call.out)
    return None if done is None else products(done)


@PRODUCTS.formula(
    "addmm addmm_ baddbmm baddbmm_ addmv addmv_ _sparse_addmm sspaddmm",
    "MACs as mm; + elements of the result for the sum (none for beta = 0), + as many for alpha not 1, + elements of "
    "self for beta not 0 or 1",
)
def addmm(call: Call) -> Count | None:
    """``beta * self + alpha * (a @ b)``."""
    done = macs(call.tensor(1, "mat1"), call.tensor(2, "mat2"), call.out)
    return None if done is None else products(done, combination(call))


def combination(call: Call) -> int:
    """Operations of ``beta * self + alpha * result``."""
    beta, alpha = call.option("beta", 1), call.option("alpha", 1)
    used = scaled(beta, by=0)
    return additions(call.out) * (used + scaled(alpha)) + additions(call.first) * used * scaled(beta)


@PRODUCTS.formula("addbmm addbmm_", "MACs: batch x rows x inner x columns; further as addmm")
def addbmm(call: Call) -> Count:
    """The sum over the batch is part of the MACs."""
    batches = call.tensor(1, "batch1")
    factor = 4 if is_complex(batches) else 1
    return products(factor * prod(batches.shape) * call.tensor(2, "batch2").shape[-1], combination(call))


@PRODUCTS.formula("_addmm_activation", "as addmm, + n for ReLU or 5 n for GELU, n: elements of the result")
def addmm_activation(call: Call) -> Count | None:
    """addmm with ReLU or GELU behind."""
    done = macs(call.tensor(1, "mat1"), call.tensor(2, "mat2"), call.out)
    activation = 5 if call.option("use_gelu", False) else 1
    return None if done is None else products(done, combination(call) + activation * elements(call.out))


@PRODUCTS.formula(
    "linear mkldnn_linear",
    "MACs: rows x inner x columns (rows x stored non-zeros of a sparse weight); + elements of the result for a bias",
)
def linear(call: Call) -> Count | None:
    """``input @ weight.T + bias``."""
    done = macs(call.first, call.tensor(1, "weight"), call.out)
    bias = call.argument(2, "bias")
    return None if done is None else products(done, additions(call.out) if bias else 0)


@PRODUCTS.formula(
    "sparse_sampled_addmm", "MACs: stored non-zeros x inner; + stored non-zeros for the sum, alpha and beta as addmm"
)
def sampled_addmm(call: Call) -> Count | None:
    """Products at the stored places only."""
    stored = call.first.nnz
    if stored is None:
        return None
    beta, alpha = call.option("beta", 1), call.option("alpha", 1)
    used = scaled(beta, by=0)
    return products(stored * call.tensor(1, "mat1").shape[-1], stored * (used + scaled(alpha) + used * scaled(beta)))


@PRODUCTS.formula(
    "_grouped_mm _scaled_grouped_mm",
    "MACs: rows x inner x columns, each row meeting the one matrix of its group; FLOPs: 2 MACs, + elements of the "
    "result for a bias and for each scale",
)
def grouped_mm(call: Call) -> Count:
    """Products of groups of rows (experts). Two flat operands share the inner axis among the groups."""
    a, b = call.first, call.tensor(1, "mat2")
    flat = len(a.shape) == len(b.shape) == 2
    done = prod(a.shape) * b.shape[-1] if flat else prod(call.out.shape) * a.shape[-1]
    scales = 2 if call.name.startswith("_scaled") else 0
    bias = call.argument(5 if scales else 3, "bias")
    return products(done, elements(call.out) * (scales + (bias is not None)))


@PRODUCTS.formula(
    "_scaled_mm", "MACs as mm; + 2 n for the scales of both operands, + n for a bias, + n for a scale of the result"
)
def scaled_mm(call: Call) -> Count:
    """Eight-bit floating point product."""
    further = [call.argument(4, "bias"), call.argument(5, "scale_result")]
    steps = 2 + sum(item is not None for item in further)
    return products(prod(call.out.shape) * call.first.shape[-1], steps * elements(call.out))


@PRODUCTS.formula("outer ger kron", "elements of the result (products; no sums, so no MACs)")
def outer(call: Call) -> Count:
    """Every pair multiplied."""
    both = is_complex(call.first) and is_complex(call.tensor(1, "other"))
    return work(elements(call.out) * (6 if both else 2 if is_complex(call.out) else 1))


@PRODUCTS.formula("addr addr_", "2 n (product, sum), + n for alpha not 1, + elements of self for beta not 1")
def addr(call: Call) -> Count | None:
    """``beta * self + alpha * outer(a, b)``."""
    if is_complex(call.out):
        return None
    return work(elements(call.out) + combination(call))


@PRODUCTS.formula("inner", "MACs: every row of one with every row of the other; FLOPs: 2 MACs")
def inner(call: Call) -> Count:
    """Products along the last axes; of a scalar it is a scaling."""
    a, b = call.first, call.tensor(1, "other")
    if not a.shape or not b.shape:
        return outer(call) or work(0)
    factor = 4 if is_complex(a) and is_complex(b) else 1
    return products(factor * prod(call.out.shape) * a.shape[-1])


@PRODUCTS.formula("tensordot", "MACs: elements of the result x contracted sizes; FLOPs: 2 MACs")
def tensordot(call: Call) -> Count:
    """Products summed over the named axes."""
    a = call.first
    contracted = prod(a.shape[dim] for dim in call.argument(2, "dims_self"))
    factor = 4 if is_complex(a) else 1
    return products(factor * prod(call.out.shape) * contracted)
