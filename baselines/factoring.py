"""Dense modules to low-rank ones: what to keep of a matrix, or of attention scores, for the inputs it meets.

**A matrix** W [m, n] on inputs X [n, t], columns the tokens. The best M of rank k for ||WX - WMX||_F gives
WM = Q Q^T W, where Q [m, k] are the top-k left singular vectors of WX: the outputs that there are, cut to
their principal directions. What is left out is the tail of the singular values of WX. X itself is not needed,
only C = X X^T: the Q are the top-k eigenvectors of W C W^T. The paper writes the same product with
W = U S V^T and X = U_X S_X V_X^T as M = V S^-1 Z_k S_X^-1 U_X^T, Z_k the truncated S V^T U_X S_X; here
nothing is inverted. Plain SVD is the case C = I.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from baselines.layers.low_rank import LowRankLinear, LowRankSelfAttention

ATTENTION = "attention.self"
PROJECTIONS = ("query", "key", "value")


def break_even(linear: nn.Linear) -> float:
    """The rank at which two factors cost what the matrix does: m n / (m + n)."""
    return linear.in_features * linear.out_features / (linear.in_features + linear.out_features)


def singular_outputs(weight: Tensor) -> Tensor:
    """Left singular vectors of W [m, n], strongest first: [m, min(m, n)], float64. The outputs that plain SVD keeps."""
    return torch.linalg.svd(weight.double(), full_matrices=False).U


def narrower(linear: nn.Linear, inputs: Tensor) -> Tensor:
    """Inputs [tokens, n] where n <= m, else what W makes of them, [tokens, m]: the smaller moment says as much."""
    return inputs if linear.in_features <= linear.out_features else inputs @ linear.weight.T


def principal_outputs(weight: Tensor, moment: Tensor) -> Tensor:
    """Left singular vectors of WX, strongest first: [m, min(m, n)], float64.

    Args:
        weight: W [m, n].
        moment: C = X X^T [n, n] where n <= m, else W C W^T [m, m], float64: the second moment of ``narrower``.

    """
    strengths, directions = torch.linalg.eigh(moment)
    if len(moment) < weight.shape[1]:
        return directions.flip(1)
    # with C = E L E^T, W E L^1/2 has the left singular vectors of WX, and n columns only
    return singular_outputs(weight.double() @ directions * strengths.clamp(min=0).sqrt())


def projected(linear: nn.Linear, outputs: Tensor, rank: int) -> LowRankLinear:
    """W as Q times Q^T W, with Q the first ``rank`` of ``outputs`` [m, >= rank]; the bias is kept.

    Q has orthonormal columns, and the rows of Q^T W are combinations of W's: neither factor leaves the range
    in which weights usually are, so both do well in fp16 and at the learning rate of a dense layer.
    """
    kept = outputs[:, :rank].to(linear.weight.dtype)
    module = LowRankLinear(linear.in_features, linear.out_features, rank).to(linear.weight.device)
    with torch.no_grad():
        module.first.weight.copy_(kept.T @ linear.weight)
        module.second.weight.copy_(kept)
        module.second.bias.copy_(linear.bias)
    return module


def score_factors(queries: Tensor, keys: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """U and V, each [d_h, rank], of the M = U V^T that changes the scores least: min ||Q^T (I - M) K||_F.

    Q and K are the queries and keys of all calibration tokens. With A = C_Q^1/2 and B = C_K^1/2 the norm is
    ||A (I - M) B||_F, so the best A M B is AB cut to rank k, P_k S_k R_k^T, and
    M = A^-1 P_k S_k R_k^T B^-1 = (B R_k S_k^-1/2) (S_k^-1/2 P_k^T A): only singular values that are kept are
    inverted, and directions in which there are no queries or no keys do no harm.
    Every query counts with every key, also those of other texts: within texts the sum would not
    split into one moment of queries and one of keys.

    Args:
        queries: C_Q = sum q q^T of one head [d_h, d_h], float64.
        keys: C_K = sum k k^T.
        rank: k.

    """
    of_queries, of_keys = _root(queries), _root(keys)
    P, S, R = torch.linalg.svd(of_queries @ of_keys)
    kept = S[:rank]
    scale = torch.where(kept > 1e-12 * S[0], kept.rsqrt(), 0.0)
    return of_keys @ R.T[:, :rank] * scale, of_queries @ P[:, :rank] * scale


def compressed(module: nn.Module, moment: Tensor, ranks: Mapping[str, int]) -> nn.Module:
    """A module of a layer at the ranks given, best for the inputs seen.

    Args:
        module: an ``nn.Linear``, or a layer's ``attention.self``; left as it is.
        moment: of a linear, that of ``narrower``; of attention, that of its inputs with a 1 after
            them, [d + 1, d + 1], so that biases are counted.
        ranks: names within the layer to ranks; for attention ``scores`` and ``attention.self.query``, key, value.

    """
    if isinstance(module, nn.Linear):
        (rank,) = ranks.values()
        return projected(module, principal_outputs(module.weight, moment), rank)
    attention = shortened(module, moment, ranks["scores"]) if "scores" in ranks else copy.deepcopy(module)
    for name in PROJECTIONS:
        if rank := ranks.get(f"{ATTENTION}.{name}"):
            linear = attention.get_submodule(name)
            C = moment[:-1, :-1]
            if linear.out_features < linear.in_features:
                C = linear.weight.double() @ C @ linear.weight.double().T
            attention.set_submodule(name, projected(linear, principal_outputs(linear.weight, C), rank))
    return attention


def shortened(attention: nn.Module, moment: Tensor, rank: int) -> LowRankSelfAttention:
    """Attention with queries and keys of ``rank`` features a head; ``moment`` as in ``compressed``."""
    heads, value = attention.num_attention_heads, attention.value
    module = LowRankSelfAttention(value.in_features, heads, rank, attention.dropout.p).to(value.weight.device)
    module.train(attention.training).value.load_state_dict(value.state_dict())
    by_head = list(zip(_affine(attention.query, heads), _affine(attention.key, heads), strict=True))
    # q = [W b] [x; 1], so that sum q q^T = [W b] C [W b]^T
    factors = [score_factors(q @ moment @ q.T, k @ moment @ k.T, rank) for q, k in by_head]
    _set_affine(module.query, [U.T @ q for (q, _), (U, _) in zip(by_head, factors, strict=True)])
    _set_affine(module.key, [V.T @ k for (_, k), (_, V) in zip(by_head, factors, strict=True)])
    return module


def _affine(linear: nn.Linear, heads: int) -> tuple[Tensor, ...]:
    """[W b] of each head, [d_h, d + 1], float64."""
    return torch.cat([linear.weight, linear.bias[:, None]], 1).double().chunk(heads)


def _set_affine(linear: nn.Linear, of_heads: list[Tensor]) -> None:
    """W and b from [W b] of each head."""
    together = torch.cat(of_heads).to(linear.weight.dtype)
    with torch.no_grad():
        linear.weight.copy_(together[:, :-1])
        linear.bias.copy_(together[:, -1])


def _root(moment: Tensor) -> Tensor:
    """The symmetric square root."""
    strengths, directions = torch.linalg.eigh(moment)
    return directions * strengths.clamp(min=0).sqrt() @ directions.T
