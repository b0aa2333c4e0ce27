"""Attention in every dress, against the same attention written out, and against torch's counter."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from harness.cost.operators import Call, Count
from tests.cost.operators.calls import cost, count, made, parts, priced, value

HEADS, L, S, E, V = 3, 5, 7, 4, 6
Q, K, VALUES = torch.randn(2, HEADS, L, E), torch.randn(2, HEADS, S, E), torch.randn(2, HEADS, S, V)
MASK = torch.zeros(L, S)


def by_hand(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None) -> Tensor:
    scores = q @ k.transpose(-1, -2)
    if scale != 1:
        scores = scores * (scale or 1 / math.sqrt(E))
    if mask is not None:
        scores = scores + mask
    scores = scores - scores.amax(-1, keepdim=True)
    weights = scores.exp()
    return (weights / weights.sum(-1, keepdim=True)) @ v


@pytest.mark.parametrize("options", [{}, {"mask": MASK}, {"scale": 0.3}, {"scale": 1.0}, {"mask": MASK, "scale": 0.3}])
def test_fused_costs_what_it_costs_by_hand(options: dict[str, object]) -> None:
    renamed = {{"mask": "attn_mask"}.get(name, name): given for name, given in options.items()}
    fused = cost(lambda: F.scaled_dot_product_attention(Q, K, VALUES, **renamed))
    assert fused == cost(lambda: by_hand(Q, K, VALUES, **options))
    assert fused.macs == 2 * HEADS * L * S * (E + V)


def test_a_kernel_costs_what_the_operator_costs() -> None:
    for options in ({}, {"attn_mask": MASK}, {"is_causal": True}):
        run = lambda options=options: F.scaled_dot_product_attention(Q, K, VALUES[..., :E], **options)  # noqa: E731
        calls = parts(run)
        assert "_scaled_dot_product_flash_attention_for_cpu" in {call.name for call in calls}
        assert priced(calls) == cost(run)


def test_macs_are_those_of_torch_for_the_products() -> None:
    with FlopCounterMode(display=False) as counter:
        by_hand(Q, K, VALUES)
    assert counter.get_total_flops() == 2 * cost(lambda: F.scaled_dot_product_attention(Q, K, VALUES)).macs


def test_a_causal_mask_does_not_reduce_the_count() -> None:
    square = K[..., :L, :]
    causal = cost(lambda: F.scaled_dot_product_attention(Q, square, square, is_causal=True))
    assert causal == cost(lambda: F.scaled_dot_product_attention(Q, square, square))


def test_grouped_queries_count_every_query_head() -> None:
    q, k = torch.randn(1, 6, L, E), torch.randn(1, 2, S, E)
    grouped = cost(lambda: F.scaled_dot_product_attention(q, k, k, enable_gqa=True))
    heads = k.repeat_interleave(3, 1)
    assert grouped == cost(lambda: F.scaled_dot_product_attention(q, heads, heads))


KERNELS = [
    "_scaled_dot_product_flash_attention",
    "_scaled_dot_product_efficient_attention",
    "_scaled_dot_product_cudnn_attention",
    "_scaled_dot_product_fused_attention_overrideable",
    "_scaled_dot_product_attention_math",
]


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_of_other_machines(kernel: str) -> None:
    q, k, v = value(2, HEADS, L, E), value(2, HEADS, S, E), value(2, HEADS, S, V)
    scores = 2 * HEADS * L * S
    expected = Count(scores * 10, 2 * scores * 10 + scores + 5 * scores - 2 * 2 * HEADS * L)
    call = made(f"aten.{kernel}.default", q, k, v, None, False, out=(value(2, HEADS, L, V),))
    assert count(call) == expected
    if kernel != "_scaled_dot_product_flash_attention":
        masked = Call(call.op, (*call.args[:3], value(L, S), *call.args[4:]), {}, call.outputs)
        assert count(masked) == expected._replace(flops=expected.flops + scores)


PACKED = (value(2, L, HEADS, E), value(2, S, HEADS, E), value(2, S, HEADS, V))


@pytest.mark.parametrize(("op", "lengths_at"), [("_flash_attention_forward", 3), ("_efficient_attention_forward", 4)])
def test_packed_kernels_have_tokens_before_heads(op: str, lengths_at: int) -> None:
    out = (value(2, L, HEADS, V),)
    call = made(f"aten.{op}.default", *PACKED, *[None] * 4, out=out)
    assert count(call) == cost(lambda: F.scaled_dot_product_attention(Q, K, VALUES))
    lengths = [value(3) if at == lengths_at else None for at in range(3, 7)]
    assert count(made(f"aten.{op}.default", *PACKED, *lengths, out=out)) is None


def test_a_packed_kernel_adds_its_bias() -> None:
    call = made(
        "aten._efficient_attention_forward.default", *PACKED, value(L, S), None, None, out=(value(2, L, HEADS, V),)
    )
    assert count(call) == cost(lambda: F.scaled_dot_product_attention(Q, K, VALUES, attn_mask=MASK))


def layer(norm_first: bool, activation: str) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(8, 2, 12, norm_first=norm_first, activation=activation, batch_first=True).eval()


def layer_by_hand(model: nn.TransformerEncoderLayer, x: Tensor, activation: str, mask: Tensor | None = None) -> Tensor:
    """The layer of the textbook, norms behind (their place does not change the cost)."""
    attention = model.self_attn
    q, k, v = F.linear(x, attention.in_proj_weight, attention.in_proj_bias).unflatten(-1, (3, 2, 4)).unbind(-3)
    heads = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), mask)
    x = model.norm1(x + attention.out_proj(heads.transpose(1, 2).flatten(2)))
    inner = model.linear1(x)
    return model.norm2(x + model.linear2(F.gelu(inner) if activation == "gelu" else F.relu(inner)))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_fast_path_costs_what_the_layer_costs_by_hand(norm_first: bool, activation: str, masked: bool) -> None:
    model, x = layer(norm_first, activation), torch.randn(3, L, 8)
    mask = torch.zeros(L, L) if masked else None
    calls = parts(lambda: model(x, mask))
    assert "_transformer_encoder_layer_fwd" in {call.name for call in calls}
    assert priced(calls) == cost(lambda: layer_by_hand(model, x, activation, mask))


def multi_head(batch: int, queries: int, keys: int) -> Count:
    """Eight wide, two heads, without averaging of the weights."""
    rows, scores = batch * (queries + 2 * keys + queries), batch * 2 * queries * keys
    macs = rows * 64 + scores * 8
    return Count(macs, 2 * macs + rows * 8 + scores + 5 * scores - 2 * batch * 2 * queries)


def test_multi_head_attention_costs_what_it_costs_by_hand() -> None:
    model, x = nn.MultiheadAttention(8, 2, batch_first=True).eval(), torch.randn(3, L, 8)
    fast = parts(lambda: model(x, x, x, need_weights=False))
    expected, scores = multi_head(3, L, L), 3 * 2 * L * L
    assert "_native_multi_head_attention" in {call.name for call in fast}
    assert priced(fast) == expected
    assert priced(parts(lambda: model(x, x, x, average_attn_weights=False))) == expected
    assert priced(parts(lambda: model(x, x, x))) == expected._replace(flops=expected.flops + scores)
    masked = parts(lambda: model(x, x, x, need_weights=False, attn_mask=torch.zeros(L, L)))
    assert priced(masked) == expected._replace(flops=expected.flops + scores)


def test_multi_head_attention_over_other_keys() -> None:
    x, keys = value(3, L, 8), value(3, S, 8)
    weights = (value(24, 8), value(24), value(8, 8), value(8))
    call = made("aten._native_multi_head_attention.default", x, keys, keys, 8, 2, *weights, None, False, out=(x,))
    assert count(call) == multi_head(3, L, S)


def test_bias_and_scale_of_the_fast_path() -> None:
    qkv, bias = torch.randn(2, L, 24), torch.randn(24)
    assert cost(lambda: torch._transform_bias_rescale_qkv(qkv, bias, 2)) == Count(0, 2 * L * 24 + 2 * L * 8)
