"""Pooling and interpolation."""

from functools import partial

from harness.cost.operators.call import Call, Count, elements, greatest_divisor, prod, work
from harness.cost.operators.family import Family

POOLING = Family(
    "Pooling and interpolation",
    "m: elements of the result, k: elements of the window (padding included). The weights of an interpolation and "
    "the places that it reads are index arithmetic and not counted.",
)


def rank(call: Call) -> int:
    """How many axes are pooled: the digit in the operator's name."""
    return int(next(character for character in call.name if character.isdigit()))


def window(call: Call) -> int:
    """Elements of the window; a single number stands for every axis."""
    size = call.argument(1, "kernel_size")
    sides = size if isinstance(size, tuple) else (size,)
    return prod(sides) if len(sides) > 1 else prod(sides * rank(call))


@POOLING.formula("avg_pool1d avg_pool2d avg_pool3d", "k m (sum, divide)")
def avg_pool(call: Call) -> Count:
    """The mean of a window."""
    return work(window(call) * elements(call.out))


@POOLING.formula(
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices "
    "mkldnn_max_pool2d mkldnn_max_pool3d quantized_max_pool1d quantized_max_pool2d quantized_max_pool3d",
    "(k - 1) m",
)
def max_pool(call: Call) -> Count:
    """The largest of a window."""
    return work((window(call) - 1) * elements(call.out))


def read_by_windows(call: Call) -> int:
    """Elements that all windows of an adaptive pooling read.

    Window i of b over a numbers reaches from floor(i a / b) to ceil((i + 1) a / b): in sum a + b - gcd(a, b).
    """
    axes = rank(call)
    pairs = zip(call.first.shape[-axes:], call.out.shape[-axes:], strict=True)
    return prod(call.out.shape[:-axes]) * prod(a + b - greatest_divisor(a, b) for a, b in pairs)


@POOLING.formula(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d "
    "mkldnn_adaptive_avg_pool2d",
    "elements read by all windows (a + b - gcd(a, b) from a to b numbers along an axis)",
)
def adaptive_avg_pool(call: Call) -> Count:
    """The mean of windows that share the input out."""
    return work(read_by_windows(call))


@POOLING.formula("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d", "elements read by all windows - m")
def adaptive_max_pool(call: Call) -> Count:
    """The largest of windows that share the input out."""
    return work(read_by_windows(call) - elements(call.out))


def interpolation(steps: int, call: Call) -> Count:
    """A fixed number of operations for each element of the result."""
    return work(steps * elements(call.out))


INTERPOLATIONS: tuple[tuple[str, int, str], ...] = (
    ("upsample_linear1d", 3, "3 m (a + w (b - a))"),
    ("upsample_bilinear2d", 9, "9 m (three linear interpolations)"),
    ("upsample_trilinear3d", 21, "21 m (seven linear interpolations)"),
    ("upsample_bicubic2d", 35, "35 m (five weighted sums of four)"),
)
for name, steps, says in INTERPOLATIONS:
    POOLING.formula(name, says)(partial(interpolation, steps))
