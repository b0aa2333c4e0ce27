"""DRONE: low rank where the data are (Chen, Yu, Dhillon and Hsieh, NeurIPS 2021).

**Matrices.** W [m, n] meets inputs X [n, t] that fill no whole space. The best of rank k is not that for W, but ::

    min_M ||WX - WMX||_F,  rank M <= k;   WM = Q Q^T W              (1, Algorithm 1)

with Q the top-k eigenvectors of W C W^T and C = X X^T (``factoring.py`` says why this is the paper's closed form).
What is left out is the tail of the singular values of WX. The factors Q and Q^T W are kept, k (m + n) MACs a token.

**Attention scores.** A rank-k matrix M = U V^T between the queries and keys of a head ::

    min_M ||Q^T (I - M) K||_F                                       (2)

shortens the inner dimension from d_h to k: U and V are folded into the projections of queries and keys.

**Calibration.** Inputs are those of training examples, a tenth of them (500 to 2,000), padding excluded. Layers are
compressed in order, and in a layer its modules: self-attention, attention output, FFN in, FFN out, each for
the inputs that the compressed modules before it give.

**Points.** ``rank-P`` has the ranks of SVD's ``rank-P``, and so its cost; ``rank-P-tuned`` is trained on as there.
``rank-P-scores``: scores of P % of d_h too, which makes query and key cheaper than factors would, so these stay
whole. ``flops-R`` and ``time-R``: ranks searched module by module (``rank_search.py``, Algorithm 2), for a loss of
at most R times the dense model's, shared out by the modules' FLOPs or by their measured time. ``small``, ``medium``
and ``int-expanded``: attention output and FFN only, at 25 %, 50 % and 25 % of the hidden size, the last with
50 % for FFN in (a replication on TinyBERT has these, github.com/alyfjanmohamed/CS6741_replication).
A matrix that reaches break-even, k >= m n / (m + n), stays dense: with ``medium``, the attention output.
"""

import copy
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch

from baselines.backbone import Backbone
from baselines.calibration import HiddenStates, calibration_rows
from baselines.layers.classifier import LINEARS, Classifier
from baselines.layerwise import Site, at_ranks, compress
from baselines.low_rank_points import (
    UNIFORM,
    LowRank,
    in_every_layer,
    percent_of,
    settings_of,
    share_of,
    uniform_ranks,
)
from baselines.methods.dense import Teacher
from baselines.rank_search import RankSearch, allowances, module_costs
from baselines.recipe import Request

SEARCHED = re.compile(r"(flops|time)-(\d+(?:\.\d+)?)")

REPLICATED = {"small": (25, 25), "medium": (50, 50), "int-expanded": (25, 50)}
"""Percent of the hidden size: the rank of attention output and FFN out, and that of FFN in."""


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """SVD's points, one with shorter scores, and two searches."""
    return (*UNIFORM, "rank-30-scores", "flops-1.2", "time-1.2")


def build(request: Request, backbone: Backbone) -> Path:
    """Compress the dense model of every dataset for its own inputs and publish the submission."""
    settings = settings_of(
        request.points or default_points(backbone),
        _is_architecture,
        "rank-1 to rank-99, also with -tuned or -scores; flops-R or time-R with R above 1, as flops-1.2; "
        + ", ".join(REPLICATED),
    )
    return LowRank("drone", partial(_compress, seed=request.seed), request, backbone).build(
        settings,
        title=f"DRONE on fine-tuned {request.backbone_name}",
        description="The matrices of the encoder's layers have the low rank that is best for the inputs that they "
        "meet on training examples: P % of their own (rank-P), fine-tuned from there (-tuned), with shorter "
        "attention scores (-scores), or searched for a tolerated ratio of the loss (flops-R, time-R).",
        paper="DRONE: Data-aware Low-rank Compression for Large NLP Models (NeurIPS 2021)",
    )


def _is_architecture(name: str) -> bool:
    searched = SEARCHED.fullmatch(name)
    if searched:
        return float(searched[2]) > 1
    return name in REPLICATED or percent_of(name.removesuffix("-scores")) is not None


@torch.no_grad()
def _compress(dense: Teacher, architecture: str, say: Callable[[str], None], *, seed: int) -> Classifier:
    """The compressed model: at the ranks that the architecture's name says, or at those that a search finds."""
    model = copy.deepcopy(dense.model).to("cuda" if torch.cuda.is_available() else "cpu").eval()
    calibrated, searched = calibration_rows(len(dense.lesson.train), seed)
    train, pad_token = dense.lesson.train, dense.lesson.pad_token
    settle: Callable[[Site], None]
    if match := SEARCHED.fullmatch(architecture):
        costs = module_costs(model, int(np.median(train.lengths)), match[1])
        allowed = allowances(costs, len(model.layers), float(match[2]))
        settle = RankSearch(model, HiddenStates(model, train, searched, pad_token), allowed)
    else:
        settle = at_ranks(ranks_by_name(model, architecture))
    say(f"calibrated on {len(calibrated):,} examples")
    return compress(model, HiddenStates(model, train, calibrated, pad_token), settle, say)


def ranks_by_name(model: Classifier, architecture: str) -> dict[str, int]:
    """The ranks of an architecture that is not searched, as ``layers.low_rank.shrink`` takes them."""
    layers = range(len(model.layers))
    if architecture in REPLICATED:
        hidden = model.encoder.config.hidden_size
        narrow, wide = (share_of(hidden, percent) for percent in REPLICATED[architecture])
        output, ffn_in, ffn_out = LINEARS[3:]
        return in_every_layer(model, {output: narrow, ffn_in: wide, ffn_out: narrow})
    ranks = uniform_ranks(model, percent := percent_of(architecture.removesuffix("-scores")))
    if not architecture.endswith("-scores"):
        return ranks
    attention = model.layers[0].attention.self
    head = attention.query.out_features // attention.num_attention_heads
    if (scores := share_of(head, percent)) == head:
        return ranks
    # P % of the rows of query and key are left: cheaper than factors of P % of the rank
    whole = {f"layer.{number}.{name}" for number in layers for name in LINEARS[:2]}
    shorter = {f"layer.{number}.scores": scores for number in layers}
    return {name: rank for name, rank in ranks.items() if name not in whole} | shorter
