"""Elementwise arithmetic: one FLOP for each primitive operation on each element of the result."""

from harness.cost.operators.call import (
    NOTHING,
    Call,
    Count,
    elements,
    is_complex,
    scaled,
    tensors,
    work,
)
from harness.cost.operators.family import Family
from harness.cost.tape import Value

ELEMENTWISE = Family(
    "Elementwise arithmetic",
    "n: elements of the result after broadcasting (stored entries where it is sparse). A multiplier of 1 (`alpha`, "
    "`value`) is not counted. On complex numbers addition costs 2, multiplication 6 (2 by a real number), division "
    "11 (2 by a real number), absolute value 4, exponential 5; other complex functions are unpriced.",
)

PRIMITIVES = """
abs absolute acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh ceil
clamp_max clamp_min copysign cos cosh deg2rad digamma eq erf erfc erfinv exp exp2 expm1 fix float_power floor fmax
fmin fmod ge greater greater_equal gt heaviside i0 isfinite isinf isnan isneginf isposinf le less less_equal lgamma
log log10 log1p log2 lt max.other maximum min.other minimum ne neg negative not_equal pow rad2deg reciprocal
remainder round rsqrt sgn sign signbit sin sinh special_digamma special_erf special_erfc special_erfinv special_exp2
special_expm1 special_gammaln special_i0 special_log1p special_round sqrt square tan tanh trunc
"""
NOT_IN_PLACE = """
angle fmax fmin isfinite isinf isnan isneginf isposinf logaddexp logaddexp2 max.other maximum min.other minimum
polar rsub signbit special_digamma special_entr special_erf special_erfc special_erfinv special_exp2 special_expm1
special_gammaln special_i0 special_log1p special_log_ndtr special_logit special_ndtr special_round special_sinc
special_xlog1py special_xlogy
"""
ON_LISTS = """
abs acos add addcdiv addcmul asin atan ceil clamp_max clamp_min cos cosh div erf erfc exp expm1 floor frac lerp lgamma
log log10 log1p log2 maximum minimum mul neg pow reciprocal round rsqrt sign sin sinh sqrt sub tan tanh trunc
"""
COMPLEX_COST = {"abs": 4, "absolute": 4, "exp": 5, "neg": 2, "negative": 2, "eq": 2, "ne": 2}


def forms(names: str) -> str:
    """The names with their in-place form (``exp_``) and the forms on lists of tensors (``_foreach_exp``)."""
    not_in_place, on_lists, found = set(NOT_IN_PLACE.split()), set(ON_LISTS.split()), []
    for name in names.split():
        found += [name] if name in not_in_place else [name, f"{name}_"]
        if name in on_lists:
            found += [f"_foreach_{name}", f"_foreach_{name}_"]
    return " ".join(found)


def results(call: Call) -> int:
    """n: how many elements are computed."""
    if call.name.startswith("_foreach"):
        return sum(elements(value) for value in call.outputs or tensors(call.args[:1]))
    return elements(call.out)


def second(call: Call) -> Value | None:
    """The second operand where it is a tensor."""
    operand = call.argument(1, "other")
    return operand if isinstance(operand, Value) else None


def has_complex(call: Call) -> bool:
    """Whether a complex tensor is read or written."""
    return any(is_complex(value) for value in (*tensors(call.args), *call.outputs))


def simple_name(call: Call) -> str:
    """``exp`` of ``_foreach_exp_``."""
    return call.name.removeprefix("_foreach_").removesuffix("_")


@ELEMENTWISE.formula(forms(PRIMITIVES), "n")
def primitive(call: Call) -> Count | None:
    """One operation an element."""
    if not has_complex(call):
        return work(results(call))
    cost = COMPLEX_COST.get(simple_name(call))
    return None if cost is None else work(cost * results(call))


@ELEMENTWISE.formula(forms("add sub subtract"), "n, and the elements of `other` where alpha is not 1")
def add(call: Call) -> Count:
    """``self + alpha * other``."""
    part = 2 if is_complex(call.outputs[0] if call.outputs else tensors(call.args)[0]) else 1
    other = second(call)
    extra = elements(other) * scaled(call.argument(2, "alpha", 1)) if other else 0
    return work(part * (results(call) + extra))


@ELEMENTWISE.formula(forms("rsub"), "n, and n where alpha is not 1")
def rsub(call: Call) -> Count:
    """``other - alpha * self``."""
    part = 2 if is_complex(call.out) else 1
    return work(part * (results(call) + elements(call.first) * scaled(call.argument(2, "alpha", 1))))


@ELEMENTWISE.formula(forms("mul multiply"), "n")
def mul(call: Call) -> Count:
    """The product."""
    return work(results(call) * complex_factor(call, both=6))


@ELEMENTWISE.formula(forms("div divide true_divide"), "n, and n where the quotient is rounded")
def div(call: Call) -> Count:
    """The quotient, perhaps rounded."""
    rounded = call.option("rounding_mode") is not None
    return work(results(call) * (complex_factor(call, both=11) + rounded))


def complex_factor(call: Call, both: int) -> int:
    """Real operations of one product or quotient: ``both`` of two complex numbers, 2 of a complex and a real."""
    operands = [is_complex(value) for value in tensors(call.args[:2])]
    if not any(operands):
        return 1
    return both if len(operands) > 1 and all(operands) else 2


@ELEMENTWISE.formula(forms("floor_divide frac ldexp special_xlogy special_xlog1py xlogy"), "2 n (two steps)")
def two_steps(call: Call) -> Count:
    """Divide, round down; truncate, subtract; power of two, multiply; logarithm, multiply."""
    return work(2 * results(call))


@ELEMENTWISE.formula(
    forms("special_entr sinc special_sinc nan_to_num"),
    "3 n (log, multiply, negate; pi x, sin, divide; three comparisons)",
)
def three_steps(call: Call) -> Count:
    """-x log x; sin(pi x) / (pi x); comparison with nan, inf and -inf."""
    return work(3 * results(call))


@ELEMENTWISE.formula(
    forms("hypot logaddexp logaddexp2 special_ndtr"),
    "4 n (square, square, add, sqrt; exp, exp, add, log; divide, erf, add 1, halve)",
)
def four_steps(call: Call) -> Count:
    """sqrt(a^2 + b^2); log(exp a + exp b); (1 + erf(x / sqrt 2)) / 2."""
    return work(4 * results(call))


@ELEMENTWISE.formula(forms("special_log_ndtr"), "5 n (ndtr, log)")
def log_ndtr(call: Call) -> Count:
    """The logarithm of the normal distribution function."""
    return work(5 * results(call))


@ELEMENTWISE.formula("equal", "elements of the first tensor (comparisons)")
def equal(call: Call) -> Count:
    """Whether two tensors are the same: its result is one truth value."""
    return work(elements(call.first))


@ELEMENTWISE.formula(forms("addcmul addcdiv"), "2 n, and n where value is not 1")
def addcmul(call: Call) -> Count | None:
    """``self + value * tensor1 * tensor2`` (or ``/``)."""
    if has_complex(call):
        return None
    return work(results(call) * (2 + scaled(call.argument(3, "value", 1))))


@ELEMENTWISE.formula(forms("lerp"), "3 n (end - start, times weight, plus start)")
def lerp(call: Call) -> Count | None:
    """``start + weight * (end - start)``."""
    return None if has_complex(call) else work(3 * results(call))


@ELEMENTWISE.formula(forms("clamp clip"), "n for each bound that is given")
def clamp(call: Call) -> Count:
    """Minimum and maximum with the bounds."""
    bounds = (call.argument(1, "min"), call.argument(2, "max"))
    return work(results(call) * sum(bound is not None for bound in bounds))


@ELEMENTWISE.formula("cross linalg_cross", "3 n (two products, one difference)")
def cross(call: Call) -> Count:
    """The vector product in three dimensions."""
    return work(3 * elements(call.out))


@ELEMENTWISE.formula("polar", "4 n (cos, sin, two products)")
def polar(call: Call) -> Count:
    """A complex number from length and angle."""
    return work(4 * elements(call.out))


@ELEMENTWISE.formula("angle", "n (atan2)")
def angle(call: Call) -> Count:
    """The angle of a complex number."""
    return work(elements(call.out))


@ELEMENTWISE.formula("dropout dropout_ feature_dropout feature_dropout_", "2 n in training (mask, scale); 0 else")
def dropout(call: Call) -> Count:
    """Dropout does nothing in a model that answers."""
    return work(2 * elements(call.out)) if call.argument(2, "train") else NOTHING


@ELEMENTWISE.formula("native_dropout", "2 n in training (mask, scale); 0 else")
def native_dropout(call: Call) -> Count:
    """As dropout; ``train`` may be None, which means True."""
    return NOTHING if call.argument(2, "train") is False else work(2 * elements(call.out))
