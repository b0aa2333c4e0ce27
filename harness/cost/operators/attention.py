"""Attention: two products and a softmax, whichever kernel computes them."""

from typing import Any

from harness.cost.operators.activations import GELU_ERF
from harness.cost.operators.call import Call, Count, elements, prod, products, scaled, total, work
from harness.cost.operators.family import Family
from harness.cost.operators.normalisation import normalised
from harness.cost.operators.softmax import softmax_work
from harness.cost.tape import Value

ATTENTION = Family(
    "Attention",
    "B: batch x query heads (keys and values of grouped queries are counted for every query head), L queries, S keys, "
    "E and V the widths of a query and of a value. A causal mask, a sliding window or a block mask does not reduce the "
    "count: it is the nominal one. Dropout of the weights is not counted. `flex_attention` is a higher-order "
    "operator, not an ATen one: it is listed as unpriced.",
)
SAYS = (
    "MACs: B L S (E + V); + scale B L S (where it is not 1), + mask B L S (where one is given), "
    "+ softmax 5 B L S - 2 B L"
)


def attention(*, heads: int, queries: int, keys: int, widths: int, scale: Any, masked: bool) -> Count:
    """The work of ``heads`` (batch included) attention maps; ``widths`` is that of a query plus that of a value."""
    scores = heads * queries * keys
    scaling = 1 if scale is None else scaled(scale)
    softmax = softmax_work(scores, heads * queries)
    return total(products(scores * widths, scores * (scaling + masked)), softmax)


def attend(call: Call, mask: Any) -> Count:
    """Attention over [..., heads, tokens, width]."""
    query, key, value = (call.tensor(at, name) for at, name in enumerate(("query", "key", "value")))
    return attention(
        heads=prod(call.out.shape[:-2]),
        queries=query.shape[-2],
        keys=key.shape[-2],
        widths=query.shape[-1] + value.shape[-1],
        scale=call.option("scale"),
        masked=mask is not None,
    )


@ATTENTION.formula(
    "scaled_dot_product_attention _scaled_dot_product_attention_math _scaled_dot_product_attention_math_for_mps",
    SAYS,
)
def sdpa(call: Call) -> Count:
    """The operator that models call."""
    return attend(call, call.argument(3, "attn_mask"))


@ATTENTION.formula("_scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_flash_attention", SAYS)
def flash_attention(call: Call) -> Count:
    """The mask, where there is one, goes by name."""
    return attend(call, call.option("attn_mask"))


@ATTENTION.formula(
    "_scaled_dot_product_efficient_attention _scaled_dot_product_cudnn_attention "
    "_scaled_dot_product_fused_attention_overrideable",
    SAYS,
)
def biased_attention(call: Call) -> Count:
    """The mask is called a bias."""
    return attend(call, call.argument(3, "attn_bias"))


@ATTENTION.formula(
    "_flash_attention_forward _efficient_attention_forward",
    SAYS + "; unpriced where sequences of several lengths are packed",
)
def packed_attention(call: Call) -> Count | None:
    """Attention over [batch, tokens, heads, width]."""
    query, key, value = (call.tensor(at, name) for at, name in enumerate(("query", "key", "value")))
    efficient = call.name.startswith("_efficient")
    if call.argument(4 if efficient else 3, "cu_seqlens_q" if efficient else "cum_seq_q") is not None:
        return None
    return attention(
        heads=query.shape[0] * query.shape[2],
        queries=query.shape[1],
        keys=key.shape[1],
        widths=query.shape[-1] + value.shape[-1],
        scale=call.option("scale"),
        masked=efficient and call.argument(3, "bias") is not None,
    )


def projection(rows: int, inputs: int, outputs: int) -> Count:
    """A linear layer with bias."""
    return products(rows * inputs * outputs, rows * outputs)


def self_attention(query: Value, key: Value, embedding: int, heads: int, masked: bool) -> Count:
    """Projections of query, key, value and answer around attention; operands [batch, tokens, width]."""
    batch, queries, keys = query.shape[0], query.shape[1], key.shape[1]
    width = embedding // heads
    return total(
        projection(batch * queries, query.shape[-1], embedding),
        projection(batch * keys, key.shape[-1], 2 * embedding),
        attention(heads=batch * heads, queries=queries, keys=keys, widths=2 * width, scale=None, masked=masked),
        projection(batch * queries, embedding, embedding),
    )


@ATTENTION.formula(
    "_native_multi_head_attention",
    "projections with bias, attention, and B L S where the weights are averaged over heads",
)
def native_multi_head_attention(call: Call) -> Count:
    """The fast path of nn.MultiheadAttention."""
    query, key, heads = call.first, call.tensor(1, "key"), call.number(4, "num_head")
    averaged = call.argument(10, "need_weights", True) and call.argument(11, "average_attn_weights", True)
    weights = query.shape[0] * heads * query.shape[1] * key.shape[1]
    masked = call.argument(9, "mask") is not None
    return total(
        self_attention(query, key, call.number(3, "embed_dim"), heads, masked),
        work(weights if averaged else 0),
    )


@ATTENTION.formula(
    "_transformer_encoder_layer_fwd",
    "self-attention with projections, two layer norms, two residual sums, feed-forward with ReLU or GELU",
)
def transformer_encoder_layer(call: Call) -> Count:
    """The fast path of nn.TransformerEncoderLayer."""
    source, inner = call.first, call.tensor(14, "ffn_weight_1").shape[0]
    n, width, masked = elements(source), source.shape[-1], call.argument(18, "mask") is not None
    rows = prod(source.shape[:-1])
    norm = normalised(n, rows, call.tensor(10, "norm_weight_1"), call.tensor(11, "norm_bias_1"))
    activation = GELU_ERF if call.argument(7, "use_gelu") else 1
    return total(
        self_attention(source, source, call.number(1, "embed_dim"), call.number(2, "num_heads"), masked),
        projection(rows, width, inner),
        work(activation * rows * inner),
        projection(rows, inner, width),
        work(2 * n),
        norm,
        norm,
    )


@ATTENTION.formula("_transform_bias_rescale_qkv", "elements of qkv for the bias, a third of them for the scale")
def rescale_qkv(call: Call) -> Count:
    """A step of the fast path."""
    return work(elements(call.first) + elements(call.first) // 3)
