"""SVD: every matrix of a fine-tuned encoder is cut to its strongest singular directions.

**Model.** The six matrices of every layer, W [m, n], become two::

    W = U S V^T,   W_k = U_k (U_k^T W) = U_k S_k V_k^T              (1)

the best of rank k in the Frobenius norm, off by the root of the sum of the singular values squared that are left
out (Eckart and Young, 1936). Both factors are kept, k (m + n) MACs a token; the bias stays, on the second. They
are split as U_k and U_k^T W, as DRONE's are, so that both methods go on training alike.
The point ``rank-P`` has k = P % of min(m, n); a matrix for which that reaches break-even, k >= m n / (m + n), stays
dense: a square one from 50 % on. ``rank-P-tuned`` has the same ranks, and its factors are fine-tuned.

**Training.** None for ``rank-P``: the dense model of ``dense.py`` is cut, every matrix for itself. ``rank-P-tuned``
goes on from there on the labels, a third of the dense model's passes at the same learning rate.
"""

import copy
import time
from collections.abc import Callable
from pathlib import Path

from torch import nn

from baselines.backbone import Backbone
from baselines.factoring import projected, singular_outputs
from baselines.layers.classifier import LINEARS
from baselines.low_rank_points import UNIFORM, LowRank, percent_of, settings_of, uniform_ranks
from baselines.methods.dense import Teacher
from baselines.recipe import Request


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """Five ranks as they are cut, three of them trained on."""
    return UNIFORM


def build(request: Request, backbone: Backbone) -> Path:
    """Cut the dense model of every dataset to every rank and publish the submission."""
    settings = settings_of(
        request.points or default_points(backbone),
        lambda architecture: percent_of(architecture) is not None,
        "rank-1 to rank-99, or with -tuned, as rank-40-tuned",
    )
    return LowRank("svd", _compress, request, backbone).build(
        settings,
        title=f"Truncated SVD of fine-tuned {request.backbone_name}",
        description="Every matrix of the encoder's layers is cut to P % of its rank by its own singular values "
        "(rank-P); where that would not be cheaper, it stays dense. rank-P-tuned is fine-tuned from there.",
    )


def _compress(dense: Teacher, architecture: str, say: Callable[[str], None]) -> nn.Module:
    """Equation 1 on every matrix that has a rank."""
    model = copy.deepcopy(dense.model)
    ranks = uniform_ranks(model, percent_of(architecture))
    begun, total = time.monotonic(), len(model.layers)
    for number, layer in enumerate(model.layers):
        for name in LINEARS:
            if rank := ranks.get(f"layer.{number}.{name}"):
                linear = layer.get_submodule(name)
                layer.set_submodule(name, projected(linear, singular_outputs(linear.weight.detach()), rank))
        say(f"layer {number + 1} of {total} cut, {(time.monotonic() - begun) / 60:.1f} min")
    return model
