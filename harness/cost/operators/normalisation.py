"""Normalisations: statistics of a row, then scale and shift."""

from harness.cost.operators.call import Call, Count, elements, prod, work
from harness.cost.operators.family import Family
from harness.cost.tape import Value

NORMALISATION = Family(
    "Normalisation",
    "n: elements, r: rows that are normalised together (channels for batch norm). A weight and a bias add n each.",
)


def normalised(n: int, r: int, weight: Value | None, bias: Value | None) -> Count:
    """mean n, subtract n, square n, mean n, plus eps r, sqrt r, divide n."""
    return work(5 * n + 2 * r + affine(n, weight, bias))


def affine(n: int, weight: Value | None, bias: Value | None) -> int:
    """Scale and shift."""
    return n * ((weight is not None) + (bias is not None))


def rows(call: Call) -> int:
    """Rows of a normalisation over the last axes, given as ``normalized_shape``."""
    return prod(call.first.shape[: len(call.first.shape) - len(call.argument(1, "normalized_shape"))])


@NORMALISATION.formula(
    "layer_norm native_layer_norm",
    "5 n + 2 r (mean n, subtract n, square n, mean n, plus eps r, sqrt r, divide n), + n weight, + n bias",
)
def layer_norm(call: Call) -> Count:
    """Over the last axes."""
    return normalised(elements(call.first), rows(call), call.argument(2, "weight"), call.argument(3, "bias"))


@NORMALISATION.formula(
    "rms_norm _fused_rms_norm", "3 n + 2 r (square n, mean n, plus eps r, rsqrt r, scale n), + n weight"
)
def rms_norm(call: Call) -> Count:
    """Without mean and bias."""
    n = elements(call.first)
    return work(3 * n + 2 * rows(call) + affine(n, call.argument(2, "weight"), None))


@NORMALISATION.formula("group_norm", "as layer norm, r: batch x groups")
def group_norm(call: Call) -> Count:
    """Over channels of a group and space."""
    r = call.first.shape[0] * call.number(1, "num_groups")
    return normalised(elements(call.first), r, call.argument(2, "weight"), call.argument(3, "bias"))


@NORMALISATION.formula("native_group_norm", "as layer norm, r: batch x groups")
def native_group_norm(call: Call) -> Count:
    """As group norm; the arguments are input, weight, bias, N, C, HxW, group."""
    r = call.number(3, "N") * call.number(6, "group")
    return normalised(elements(call.first), r, call.argument(1, "weight"), call.argument(2, "bias"))


def batch_norm_work(call: Call, training: bool) -> Count:
    """With stored statistics: subtract n, plus eps r, sqrt r, divide n. With those of the batch: as layer norm."""
    n, channels = elements(call.first), call.first.shape[1]
    weight, bias = call.argument(1, "weight"), call.argument(2, "bias")
    if training:
        return normalised(n, channels, weight, bias)
    return work(2 * n + 2 * channels + affine(n, weight, bias))


@NORMALISATION.formula(
    "batch_norm native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_functional cudnn_batch_norm "
    "_batch_norm_impl_index",
    "with stored statistics 2 n + 2 r (subtract n, plus eps r, sqrt r, divide n), else as layer norm (running "
    "averages are not counted), + n weight, + n bias",
)
def batch_norm(call: Call) -> Count:
    """A channel at a time; ``training`` says whose statistics are used."""
    return batch_norm_work(call, bool(call.argument(5, "training")))


@NORMALISATION.formula("_native_batch_norm_legit_no_training _batch_norm_no_update", "2 n + 2 r, + n weight, + n bias")
def batch_norm_stored(call: Call) -> Count:
    """With stored statistics."""
    return batch_norm_work(call, training=False)


@NORMALISATION.formula(
    "_native_batch_norm_legit.no_stats _batch_norm_with_update _batch_norm_with_update_functional",
    "as layer norm, r: channels",
)
def batch_norm_training(call: Call) -> Count:
    """With the statistics of the batch."""
    return batch_norm_work(call, training=True)


@NORMALISATION.formula("instance_norm", "as layer norm, r: batch x channels; as batch norm with stored statistics")
def instance_norm(call: Call) -> Count:
    """Each channel of each sample by itself."""
    n, r = elements(call.first), call.first.shape[0] * call.first.shape[1]
    weight, bias = call.argument(1, "weight"), call.argument(2, "bias")
    if call.argument(5, "use_input_stats"):
        return normalised(n, r, weight, bias)
    return work(2 * n + 2 * r + affine(n, weight, bias))
