"""Convolutions."""

from harness.cost.operators.call import Call, Count, elements, is_complex, prod, products
from harness.cost.operators.family import Family

CONVOLUTION = Family(
    "Convolutions",
    "Padding does not reduce the count. The weight is [outputs, inputs / groups, kernel...], of a transposed "
    "convolution [inputs, outputs / groups, kernel...].",
    on_integers=True,
)
SAYS = "MACs: elements of the result x inputs / groups x kernel; + elements of the result for a bias"
SAYS_TRANSPOSED = "MACs: elements of the input x outputs / groups x kernel; + elements of the result for a bias"


def convolved(call: Call, has_bias: bool, transposed: bool = False, further: int = 0) -> Count:
    """Every output element is a sum over the kernel; every input element of a transposed one is spread by it."""
    weight = call.tensor(1, "weight")
    spread = elements(call.first if transposed else call.out)
    factor, part = (4, 2) if is_complex(weight) else (1, 1)
    steps = part * has_bias + further
    return products(factor * spread * prod(weight.shape[1:]), steps * elements(call.out))


@CONVOLUTION.formula("conv1d conv2d conv3d mkldnn_convolution _convolution_mode _nnpack_spatial_convolution", SAYS)
def convolution(call: Call) -> Count:
    """The plain forms."""
    return convolved(call, call.argument(2, "bias") is not None)


@CONVOLUTION.formula("conv_transpose1d conv_transpose2d conv_transpose3d", SAYS_TRANSPOSED)
def conv_transpose(call: Call) -> Count:
    """The transposed forms."""
    return convolved(call, call.argument(2, "bias") is not None, transposed=True)


@CONVOLUTION.formula(
    "convolution _convolution convolution_overrideable", "as conv or conv_transpose, as the argument `transposed` says"
)
def either_convolution(call: Call) -> Count:
    """The form that the others come to."""
    return convolved(call, call.argument(2, "bias") is not None, bool(call.argument(6, "transposed")))


@CONVOLUTION.formula(
    "thnn_conv2d _slow_conv2d_forward slow_conv3d slow_conv3d_forward slow_conv_dilated2d slow_conv_dilated3d "
    "_conv_depthwise2d conv_depthwise3d",
    SAYS,
)
def slow_convolution(call: Call) -> Count:
    """Kernels that are told the kernel size before the bias."""
    return convolved(call, call.argument(3, "bias") is not None)


@CONVOLUTION.formula("slow_conv_transpose2d slow_conv_transpose3d", SAYS_TRANSPOSED)
def slow_conv_transpose(call: Call) -> Count:
    """The transposed forms of these."""
    return convolved(call, call.argument(3, "bias") is not None, transposed=True)


@CONVOLUTION.formula("cudnn_convolution", "as conv, without bias")
def cudnn_convolution(call: Call) -> Count:
    """The bias is added by another operator."""
    return convolved(call, has_bias=False)


@CONVOLUTION.formula("cudnn_convolution_transpose", "as conv_transpose, without bias")
def cudnn_convolution_transpose(call: Call) -> Count:
    """The bias is added by another operator."""
    return convolved(call, has_bias=False, transposed=True)


@CONVOLUTION.formula("cudnn_convolution_relu", "as conv, + elements of the result for ReLU")
def cudnn_convolution_relu(call: Call) -> Count:
    """With ReLU behind."""
    return convolved(call, call.argument(2, "bias") is not None, further=1)


@CONVOLUTION.formula("conv_tbc", "MACs: elements of the result x inputs x kernel; + elements of the result for a bias")
def conv_tbc(call: Call) -> Count:
    """Time first; the weight is [kernel, inputs, outputs]."""
    return products(elements(call.out) * prod(call.tensor(1, "weight").shape[:2]), elements(call.out))
