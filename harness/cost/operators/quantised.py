"""Quantised operators: integer products, and the arithmetic of going to integers and back."""

from harness.cost.operators.call import (
    Call,
    Count,
    elements,
    positive,
    prod,
    products,
    tensors,
    work,
)
from harness.cost.operators.family import Family

QUANTISED = Family(
    "Quantisation",
    "n: elements of the input, m: of the result. To integers: 5 (divide, round, add zero point, two bounds); back: 2 "
    "(subtract zero point, multiply). Packed weights do not show on a tape: a linear layer's columns come from its "
    "result and its bias is taken to be there; a quantised convolution is unpriced, as its kernel does not show.",
    on_integers=True,
)
TO_INTEGERS = 5
BACK = 2


@QUANTISED.formula("quantize_per_tensor quantize_per_channel", "5 n")
def quantize(call: Call) -> Count:
    """To integers, with scales that are given."""
    return work(TO_INTEGERS * sum(elements(value) for value in tensors(call.args[:1])))


@QUANTISED.formula("quantize_per_tensor_dynamic", "7 n - 2 (smallest, largest, to integers)")
def quantize_dynamic(call: Call) -> Count:
    """To integers, with a scale from the range of the numbers."""
    return work(dynamic(elements(call.first)))


def dynamic(n: int) -> int:
    """Range, then to integers."""
    return 2 * positive(n - 1) + TO_INTEGERS * n


@QUANTISED.formula("_choose_qparams_per_tensor", "2 (n - 1) (smallest, largest)")
def choose_parameters(call: Call) -> Count:
    """The range of the numbers."""
    return work(2 * positive(elements(call.first) - 1))


@QUANTISED.formula("dequantize", "2 n")
def dequantize(call: Call) -> Count:
    """Back to floating point."""
    return work(BACK * sum(elements(value) for value in tensors(call.args[:1])))


@QUANTISED.formula(
    "fake_quantize_per_tensor_affine fake_quantize_per_tensor_affine_cachemask fake_quantize_per_channel_affine "
    "fake_quantize_per_channel_affine_cachemask _fake_quantize_per_tensor_affine_cachemask_tensor_qparams",
    "7 n (to integers and back)",
)
def fake_quantize(call: Call) -> Count:
    """Rounded to what the integers can hold."""
    return work((TO_INTEGERS + BACK) * elements(call.first))


@QUANTISED.formula(
    "linear_dynamic linear_relu_dynamic",
    "MACs: n x columns; + 7 n - 2 for the input, + 2 m (scale, bias), + m for ReLU",
    namespace="quantized",
)
def linear_dynamic(call: Call) -> Count:
    """Floating point in and out, the input quantised on the way."""
    n, m = elements(call.first), elements(call.out)
    return products(n * call.out.shape[-1], dynamic(n) + m * (2 + ("relu" in call.name)))


@QUANTISED.formula(
    "linear_dynamic_fp16 linear_relu_dynamic_fp16 linear_dynamic_fp16_unpacked_weight",
    "MACs: n x columns; + m (bias), + m for ReLU",
    namespace="quantized",
)
def linear_fp16(call: Call) -> Count:
    """Weights stored in half precision."""
    n, m = elements(call.first), elements(call.out)
    return products(n * call.out.shape[-1], m * (1 + ("relu" in call.name)))


FURTHER_STEPS = {"linear": 0, "linear_relu": 1, "linear_leaky_relu": 2, "linear_tanh": 1}


@QUANTISED.formula(
    " ".join(FURTHER_STEPS),
    "MACs: n x columns; + 6 m (bias, to integers), + m for ReLU and tanh, + 2 m for leaky ReLU",
    namespace="quantized",
)
def linear(call: Call) -> Count:
    """Integers in and out."""
    n, m = elements(call.first), elements(call.out)
    return products(n * call.out.shape[-1], m * (1 + TO_INTEGERS + FURTHER_STEPS[call.name]))


@QUANTISED.formula("matmul", "MACs: n x columns; + 5 m (to integers)", namespace="quantized")
def matmul(call: Call) -> Count:
    """Two quantised operands."""
    return products(prod(call.out.shape) * call.first.shape[-1], TO_INTEGERS * elements(call.out))


@QUANTISED.formula(
    "add add_relu mul mul_relu",
    "6 m, + 2 m for each quantised operand, + m for ReLU (operands back, one operation, to integers)",
    namespace="quantized",
)
def arithmetic(call: Call) -> Count:
    """Both operands back (2 each), one operation (and ReLU), to integers."""
    operands = tensors(call.args[:2])
    steps = BACK * len(operands) + 1 + ("relu" in call.name) + TO_INTEGERS
    return work(steps * elements(call.out))


@QUANTISED.formula("_weight_int8pack_mm", "MACs: rows x inner x columns; + m (scale of each column)")
def weight_int8(call: Call) -> Count:
    """Eight-bit weights, floating point activations."""
    return products(elements(call.first) * call.out.shape[-1], elements(call.out))


@QUANTISED.formula(
    "_weight_int4pack_mm _weight_int4pack_mm_for_cpu _weight_int4pack_mm_with_scales_and_zeros",
    "MACs: rows x inner x columns; + 2 inner x columns (weights back to floating point)",
)
def weight_int4(call: Call) -> Count:
    """Four-bit weights in groups with a scale and a zero point."""
    columns, inner = call.out.shape[-1], call.first.shape[-1]
    return products(elements(call.first) * columns, BACK * inner * columns)


@QUANTISED.formula(
    "_dyn_quant_matmul_4bit", "MACs: rows x inner x columns; + 7 n - 2 for the input, + 2 m (scale, bias)"
)
def dynamic_4bit(call: Call) -> Count:
    """Four-bit weights, the input quantised on the way."""
    n, m = elements(call.first), elements(call.out)
    return products(n * call.out.shape[-1], dynamic(n) + 2 * m)


@QUANTISED.formula(
    "embedding_byte embedding_4bit", "2 m (the rows looked up, back to floating point)", namespace="quantized"
)
def embedding(call: Call) -> Count:
    """A look-up in a table of integers."""
    return work(BACK * elements(call.out))
