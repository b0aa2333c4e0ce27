"""KroneckerBERT: matrices become Kronecker products, which learn from the dense model what it computes inside.

Tahaei, Charlaix, Partovi Nia, Ghodsi, Rezagholizadeh: KroneckerBERT, NAACL 2022, arXiv 2109.06243.

**Model.** Every matrix of the encoder, W [m1 m2, n1 n2], is A (x) B with A [m1, n1] and B [m2, n2] (``k5``: a
sum of four such products), and so is the word embedding. ``layers/kronecker_shapes.py`` has the shapes of
``k5``, ``k8`` and ``k21``, named after their compression of BERT-base; its n for the word embedding is taken
as the largest divisor of the width that is no larger. The rest stays dense.

**Start.** The dense model fine-tuned on the task, each matrix replaced by its nearest sum of Kronecker
products: min ||W - sum_i A_i (x) B_i||_F, equation (3) of a sum. ``k8-initial`` is this start, untrained.

**Training.** Two stages with the dense model as teacher. The paper's first stage takes a tenth of Wikipedia;
here it is one pass over the texts of the task, with the hidden losses alone: embeddings, attention scores and
feed-forward outputs. The second adds the teacher's logits and the labels, all with equal weights, for half as many
passes as dense models are trained, as each costs twice as much. Rates are the paper's, 1e-4 and for ``k21`` 5e-4
(it lowers them for CoLA, RTE and QQP; here they are the same for all datasets); for small encoders trained from
scratch 1e-3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.hidden_distillation import from_teacher
from baselines.layers.kronecker_shapes import SHAPES
from baselines.methods import dense
from baselines.publishing import publish
from baselines.recipe import Request, describe, no_such_point
from baselines.schedule import fine_tuning
from baselines.states import kept_state, load_state
from baselines.training import FineTuning, fine_tune
from harness.findings import fail
from harness.tasks.types import Task

LEARNING_RATE = {"k5": 1e-4, "k8": 1e-4, "k21": 5e-4}
"""Of pretrained encoders."""
FROM_SCRATCH = 1e-3


@dataclass(frozen=True, slots=True)
class Kronecker:
    """An operating point."""

    shape: str
    """One of ``SHAPES``."""
    is_trained: bool


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """The paper's three sizes."""
    return tuple(SHAPES)


def build(request: Request, backbone: Backbone) -> Path:
    """Factorise and distil the dense model of every dataset at every size, and publish the submission."""
    points = {name: _point(name) for name in request.points or default_points(backbone)}
    with drafting(request, backbone, "kronecker") as draft:
        for point in points.values():
            _check_widths(request.tasks[0], point.shape, draft)
        weights = {}
        for task in request.trained_tasks:
            teacher = dense.teacher(task, backbone, request)
            for name, point in points.items():
                weights[name, task.dataset.name] = _state(point, task, teacher, draft, backbone, request)
        manifest = describe(
            request,
            "kronecker",
            {name: {"shape": point.shape} for name, point in points.items()},
            {"num_tokens": backbone.max_tokens},
            title=f"KroneckerBERT of {request.backbone_name}",
            description="The matrices and the word embedding of the fine-tuned model become (k5: sums of four) "
            "Kronecker products, which learn its hidden states and answers on the task's own texts; "
            "k8-initial is k8 untrained.",
            paper="Tahaei et al., KroneckerBERT, NAACL 2022, arXiv 2109.06243",
        )
        return publish(draft.folder, manifest, weights, request.out)


def nearest_kronecker(
    W: Tensor, a_shape: tuple[int, int], b_shape: tuple[int, int], terms: int
) -> tuple[Tensor, Tensor]:
    """The sum of Kronecker products that is nearest to W in the Frobenius norm (Van Loan and Pitsianis, 1993).

    Args:
        W: [m1 m2, n1 n2].
        a_shape: (m1, n1).
        b_shape: (m2, n2).
        terms: r, at most min(m1 n1, m2 n2).

    Returns:
        A [r, m1, n1] and B [r, m2, n2].

    """
    (m1, n1), (m2, n2) = a_shape, b_shape
    # equations (3) to (5), which lay out R in two ways; here R(W) [m1 n1, m2 n2] has a block of W as each row, so that
    # ||W - A (x) B|| = ||R(W) - vec A vec B^T||
    R = W.reshape(m1, m2, n1, n2).transpose(1, 2).reshape(m1 * n1, m2 * n2)
    U, S, Vh = torch.linalg.svd(R, full_matrices=False)
    # A = mat(sqrt(sigma) u), B = mat(sqrt(sigma) v), of each of the r leading triples
    root = S[:terms, None].sqrt()
    return (root * U.T[:terms]).reshape(terms, m1, n1), (root * Vh[:terms]).reshape(terms, m2, n2)


def nearest_state(student: nn.Module, dense_state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The student's state that is nearest to a dense one: products are fitted, all else is taken over."""
    wanted = student.state_dict()
    state = {name: dense_state[name] for name in wanted if name in dense_state}
    for module in (name.removesuffix(".A") for name in wanted if name.endswith(".A")):
        A, B = wanted[f"{module}.A"], wanted[f"{module}.B"]
        terms = A.shape[0] if A.dim() == 3 else 1  # an embedding is one product, without an axis for terms
        near = nearest_kronecker(dense_state[f"{module}.weight"], A.shape[-2:], B.shape[-2:], terms)
        state[f"{module}.A"], state[f"{module}.B"] = near[0].reshape(A.shape), near[1].reshape(B.shape)
    return state


def optimisation(shape: str, dataset: str, backbone: Backbone, request: Request) -> FineTuning:
    """The second stage's; the first does one pass of it."""
    depth = backbone.config.num_hidden_layers
    full = fine_tuning(dataset, depth, backbone, bf16=request.bf16, seed=request.seed)
    return replace(
        full,
        epochs=max(1, round(full.epochs / 2)),
        learning_rate=LEARNING_RATE[shape] if backbone.is_pretrained else FROM_SCRATCH,
    )


def _state(
    point: Kronecker, task: Task, teacher: dense.Teacher, draft: Draft, backbone: Backbone, request: Request
) -> Path:
    """The state of one model: the nearest to its teacher, then trained in two stages unless it is to stay so."""
    dataset, origin = task.dataset.name, teacher.state.parent.name
    student = draft.model.build_model(dataset, shape=point.shape)
    state = kept_state(
        request.cache,
        f"kronecker-{dataset}-{point.shape}",
        [draft.definition, origin, point.shape],
        lambda: nearest_state(student, teacher.model.state_dict()),
    )
    if not point.is_trained:
        return state
    settings = optimisation(point.shape, dataset, backbone, request)
    for stage, (epochs, answers) in enumerate([(1, False), (settings.epochs, True)], start=1):
        state = fine_tune(
            f"kronecker-{dataset}-{point.shape}-stage-{stage}",
            load_state(student, state),
            teacher.lesson,
            replace(settings, epochs=epochs),
            definition=draft.definition,
            cache=request.cache,
            say=request.say,
            objective=from_teacher(teacher.model, origin, answers=answers),
        )
    return state


def _point(name: str) -> Kronecker:
    """``k8`` or ``k8-initial``."""
    shape = name.removesuffix("-initial")
    if shape not in SHAPES:
        raise no_such_point(name, f"{', '.join(SHAPES)}, each also untrained: {next(iter(SHAPES))}-initial")
    return Kronecker(shape, is_trained=shape == name)


def _check_widths(task: Task, shape: str, draft: Draft) -> None:
    """Whether this backbone's matrices can be cut so, before anything is trained."""
    try:
        with torch.device("meta"):
            draft.model.build_model(task.dataset.name, shape=shape)
    except ValueError as error:
        raise fail(
            "width-does-not-divide",
            f"This backbone cannot be factorised as {shape}: {error}.",
            expected="a width that 16 divides (k8: 2), and an inner width that 8 divides (k21: 16)",
            remedy="Choose other --points, or another backbone.",
        ) from error
