"""Activation functions: each costs what its textbook definition costs when written out."""

from harness.cost.operators.call import Call, Count, elements, scaled, work
from harness.cost.operators.elementwise import results
from harness.cost.operators.family import Family

ACTIVATIONS = Family(
    "Activation functions",
    "n: elements of the result. Primitives: add, multiply, divide, negate, compare, maximum, exp, log, tanh, erf; "
    "choosing one of two values (`where`) is free. So sigmoid(x) = 1 / (1 + exp(-x)) costs 4, and SiLU 5.",
)
SIGMOID = 4
GELU_ERF = 5
GELU_TANH = 8
SOFTPLUS = 3


@ACTIVATIONS.formula("relu relu_ threshold threshold_", "n (maximum; comparison)")
def relu(call: Call) -> Count:
    """max(x, 0)."""
    return work(results(call))


@ACTIVATIONS.formula(
    "hardtanh hardtanh_ relu6 relu6_ leaky_relu leaky_relu_ prelu _prelu_kernel rrelu rrelu_ rrelu_with_noise "
    "rrelu_with_noise_ hardshrink _add_relu _add_relu_",
    "2 n (two bounds; comparison and product; abs and comparison; sum and maximum)",
)
def two_steps(call: Call) -> Count:
    """Bounded and leaky rectifiers."""
    return work(2 * results(call))


@ACTIVATIONS.formula("softshrink", "4 n (two comparisons, x - lambda, x + lambda)")
def softshrink(call: Call) -> Count:
    """x - lambda above lambda, x + lambda below -lambda, else 0."""
    return work(4 * results(call))


@ACTIVATIONS.formula("hardsigmoid hardsigmoid_", "4 n (add 3, two bounds, divide by 6)")
def hardsigmoid(call: Call) -> Count:
    """relu6(x + 3) / 6."""
    return work(4 * results(call))


@ACTIVATIONS.formula("hardswish hardswish_", "5 n (hardsigmoid, times x)")
def hardswish(call: Call) -> Count:
    """x relu6(x + 3) / 6."""
    return work(5 * results(call))


@ACTIVATIONS.formula(
    "sigmoid sigmoid_ special_expit _foreach_sigmoid _foreach_sigmoid_", "4 n (negate, exp, add 1, divide)"
)
def sigmoid(call: Call) -> Count:
    """1 / (1 + exp(-x))."""
    return work(SIGMOID * results(call))


@ACTIVATIONS.formula("silu silu_", "5 n (sigmoid, times x)")
def silu(call: Call) -> Count:
    """x sigmoid(x)."""
    return work((SIGMOID + 1) * results(call))


@ACTIVATIONS.formula("glu", "5 n (sigmoid of one half, times the other)")
def glu(call: Call) -> Count:
    """a sigmoid(b)."""
    return work((SIGMOID + 1) * elements(call.out))


@ACTIVATIONS.formula("log_sigmoid log_sigmoid_forward", "5 n (sigmoid, log)")
def log_sigmoid(call: Call) -> Count:
    """log(1 / (1 + exp(-x)))."""
    return work((SIGMOID + 1) * elements(call.out))


@ACTIVATIONS.formula("logit logit_ special_logit", "3 n (1 - x, divide, log), and 2 n where x is bounded by eps")
def logit(call: Call) -> Count:
    """log(x / (1 - x))."""
    return work((3 + 2 * (call.argument(1, "eps") is not None)) * results(call))


@ACTIVATIONS.formula(
    "gelu gelu_",
    "erf form 5 n (x / sqrt 2, erf, add 1, halve, times x); tanh form 8 n (cube, times 0.044715, plus x, "
    "times sqrt(2 / pi), tanh, add 1, halve, times x)",
)
def gelu(call: Call) -> Count:
    """x Phi(x), exact or by tanh."""
    by_tanh = call.argument(1, "approximate", "none") == "tanh"
    return work((GELU_TANH if by_tanh else GELU_ERF) * results(call))


@ACTIVATIONS.formula("softplus", "3 n (exp, add 1, log), and 2 n where beta is not 1")
def softplus(call: Call) -> Count:
    """log(1 + exp(beta x)) / beta; the switch to the identity for large x is not counted."""
    return work((SOFTPLUS + 2 * scaled(call.argument(1, "beta", 1))) * results(call))


@ACTIVATIONS.formula("mish mish_", "5 n (softplus, tanh, times x)")
def mish(call: Call) -> Count:
    """x tanh(log(1 + exp(x)))."""
    return work((SOFTPLUS + 2) * results(call))


@ACTIVATIONS.formula("elu elu_", "3 n (compare, exp, subtract 1), and n for each of alpha, scale, input_scale not 1")
def elu(call: Call) -> Count:
    """x above 0, alpha (exp(x) - 1) below."""
    options = enumerate(("alpha", "scale", "input_scale"), start=1)
    return work(results(call) * (3 + sum(scaled(call.argument(at, name, 1)) for at, name in options)))


@ACTIVATIONS.formula("celu celu_", "3 n (compare, exp, subtract 1), and 2 n where alpha is not 1")
def celu(call: Call) -> Count:
    """x above 0, alpha (exp(x / alpha) - 1) below."""
    return work(results(call) * (3 + 2 * scaled(call.argument(1, "alpha", 1))))


@ACTIVATIONS.formula("selu selu_", "5 n (elu with alpha and scale)")
def selu(call: Call) -> Count:
    """scale (x above 0, alpha (exp(x) - 1) below)."""
    return work(5 * results(call))
