"""Pruned: weights of least magnitude become zero, or whole heads and neurons go.

The papers prune the pretrained encoder and fine-tune it afterwards. Here an encoder that is fine-tuned for a
dataset (``dense``) becomes points, so masks are drawn on its weights. S is the share that goes, in per cent.
Prunable are the word embeddings, the six matrices of every layer, and the dense layer on the first token (BERT's
pooler); the answer layer, norms and biases never are, and shares are of the prunable matrices.

**Unstructured.** W' = W * M with a mask M of zeros and ones (i).

- ``global-S``: all matrices are ranked together by |w|, the smallest S % become 0. Takes more from matrices of
  small weights.
- ``omp-S``: one-shot magnitude pruning; the same, S % of each matrix (Chen et al., arXiv 2007.12223).
- ``imp-S``: iterative magnitude pruning. S rises in steps of ten; after each, the model trains on a tenth of its
  fine-tuning's passes, and the next mask is drawn on what that leaves. The papers train on the masked language
  model's text between the steps; this is the task itself. At S it is fine-tuned as below.
- ``tamt-S``: task-agnostic mask training (Liu et al., arXiv 2204.11218). W is frozen; each weight has a real score
  m, and M = 1[m > phi] (ii), where m starts at 2 phi on what ``omp-S`` keeps and at 0 elsewhere. The gradient goes
  straight through: dL/dm = dL/dM (iii). phi is reset to each matrix's k-th largest score, so S stays. The loss is
  the cosine distance of all layers' hidden states to the dense model's (TAMT-KD), on the task's own texts in place
  of WikiText. The weights found are fine-tuned as below.

**Structured.** ``structured-S``: S % of all attention heads and S % of all inner neurons go, the least important
first: |sum over tokens of a . dL/da| of what each gives, the mean over a sample of training examples, relative to
its layer (``structured.py``). The matrices really are smaller, so nominal FLOPs go down; those of the others
stay as they are, and effective FLOPs go down. Each layer keeps at least one head and a sixteenth of its neurons.

**Fine-tuning.** ``-tuned``, and always ``imp`` and ``tamt``: all parameters that are left, the mask fixed, for a
third of the passes that the dense model took (``schedule.py``).
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.torch import load_file
from torch import nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.examples import Lesson
from baselines.masked_training import (
    attach,
    attach_learned,
    folded,
    from_hidden_states,
    learning_scores,
    masks_in,
    step_lesson,
)
from baselines.masks import Masks, State, global_masks, local_masks, masked, prunable
from baselines.methods.dense import Teacher, teacher
from baselines.objective import SUPERVISED, Objective
from baselines.publishing import publish
from baselines.recipe import Request, describe, no_such_point
from baselines.schedule import fine_tuning, mending
from baselines.states import kept_state
from baselines.structured import SAMPLE, choose_both, importance, narrowed
from baselines.training import FineTuning, fine_tune

POINT = re.compile(r"(global|omp|structured)-([1-9]\d?)(-tuned)?|(imp|tamt)-([1-9]\d?)")
POINTS = "global-S, omp-S, structured-S, each also with -tuned, imp-S, tamt-S, where S is 1 to 99 per cent"
DRAW = {"global": global_masks, "omp": local_masks}
STEP = 10
"""Per cent by which iterative pruning goes on."""


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a point's name says."""

    point: str
    kind: str
    share: int
    """Per cent."""
    tuned: bool

    @property
    def options(self) -> dict[str, str]:
        """Of the point: where a model is narrower, whose widths it has."""
        return {"widths": self.point} if self.kind == "structured" else {}


@dataclass(frozen=True, slots=True)
class Work:
    """A dataset's dense model, and how its pruned ones are trained."""

    dataset: str
    dense: Teacher
    draft: Draft
    config: FineTuning
    """As the dense model was trained."""
    request: Request

    @property
    def matrices(self) -> tuple[str, ...]:
        """Names of the weights that are pruned."""
        return prunable(self.dense.model)

    def model(self, state: State, **options: str) -> nn.Module:
        """The draft's own, in evaluation mode."""
        model: nn.Module = self.draft.model.build_model(self.dataset, **options)
        model.load_state_dict(state)
        return model.eval()

    def train(
        self,
        name: str,
        model: nn.Module,
        objective: Objective = SUPERVISED,
        lesson: Lesson | None = None,
        config: FineTuning | None = None,
    ) -> Path:
        """The training's state; by default on the labels of the whole lesson, to mend what was pruned."""
        return fine_tune(
            f"pruned-{self.dataset}-{name}",
            model,
            lesson or self.dense.lesson,
            config or mending(self.config),
            definition=self.draft.definition,
            cache=self.request.cache,
            say=self.request.say,
            objective=objective,
        )


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """Magnitude at six shares; what other rankings, fine-tuning and smaller matrices make of some of them."""
    together = (f"global-{share}" for share in (10, 50, 70, 90, 95, 99))
    by_matrix = (*(f"omp-{share}" for share in (50, 70, 90)), "omp-70-tuned")
    return (*together, *by_matrix, "structured-50", "structured-25-tuned", "structured-50-tuned")


def build(request: Request, backbone: Backbone) -> Path:
    """Prune every dataset's dense model to every point and publish the submission."""
    prunings = {name: _pruning(name) for name in request.points or default_points(backbone)}
    weights = {}
    with drafting(request, backbone, "pruned") as draft:
        for task in request.trained_tasks:
            dataset, depth = task.dataset.name, backbone.config.num_hidden_layers
            config = fine_tuning(dataset, depth, backbone, bf16=request.bf16, seed=request.seed)
            work = Work(dataset, teacher(task, backbone, request), draft, config, request)
            for point, pruning in prunings.items():
                prune = _structured if pruning.kind == "structured" else _unstructured
                weights[point, dataset] = prune(pruning, work)
        manifest = describe(
            request,
            "pruned",
            {point: pruning.options for point, pruning in prunings.items()},
            {"num_tokens": backbone.max_tokens},
            title=f"Pruned {request.backbone_name}",
            paper="https://arxiv.org/abs/2204.11218",
            description="Of the fine-tuned dense model, S % of the weights of embeddings, layers and pooler become 0: "
            "global-S by magnitude over all matrices, omp-S in each, imp-S in steps with training between, tamt-S by "
            "masks learned from the dense model's hidden states. structured-S: S % of heads and neurons go. "
            "tuned, imp, tamt: fine-tuned afterwards.",
        )
        return publish(draft.folder, manifest, weights, request.out)


def _pruning(point: str) -> Pruning:
    """``omp-70-tuned`` to its meaning."""
    match = POINT.fullmatch(point)
    if match is None:
        raise no_such_point(point, POINTS)
    kind, share, tuned, trained_kind, trained_share = match.groups()
    return Pruning(point, kind or trained_kind, int(share or trained_share), tuned is not None or kind is None)


def _unstructured(pruning: Pruning, work: Work) -> Path:
    """The state of a model with zeros in its matrices."""
    kind, share, cache = pruning.kind, pruning.share, work.request.cache
    kept_as, dense = f"pruned-{work.dataset}-{kind}-{share}", work.dense.state
    if not pruning.tuned:
        return kept_state(cache, kept_as, [str(dense), kind, str(share)], lambda: _zeroed(pruning, work))
    state, masks = _start(pruning, work)
    trained = work.train(f"{kind}-{share}-tuned", attach(work.model(state), masks))
    return kept_state(cache, f"{kept_as}-tuned", [str(trained)], lambda: folded(load_file(trained)))


def _zeroed(pruning: Pruning, work: Work) -> State:
    """The dense state without its smallest weights."""
    state = load_file(work.dense.state)
    return masked(state, DRAW[pruning.kind](state, work.matrices, pruning.share))


def _start(pruning: Pruning, work: Work) -> tuple[State, Masks]:
    """The weights and the mask that fine-tuning starts from."""
    if pruning.kind == "imp":
        return _iterated(pruning.share, work)
    state = load_file(work.dense.state)
    if pruning.kind == "tamt":
        return state, _learned(state, pruning.share, work)
    return state, DRAW[pruning.kind](state, work.matrices, pruning.share)


def _iterated(share: int, work: Work) -> tuple[State, Masks]:
    """IMP: 10 %, a little training, 20 %, a little training, ... up to the share. Points share their first steps."""
    state = load_file(work.dense.state)
    for step, level in enumerate(range(STEP, share, STEP)):
        trained = work.train(
            f"imp-step-{level}",
            attach(work.model(state), local_masks(state, work.matrices, level)),
            lesson=step_lesson(work.dense.lesson, step, work.config),
            config=replace(work.config, epochs=1),
        )
        state = folded(load_file(trained))  # what was pruned is 0, so it is the first to go again
    return state, local_masks(state, work.matrices, share)


def _learned(state: State, share: int, work: Work) -> Masks:
    """TAMT-KD. The epoch kept is the one whose hidden states serve the dense model's answer layer best."""
    dense = work.dense
    trained = work.train(
        f"tamt-{share}",
        attach_learned(work.model(state), local_masks(state, work.matrices, share)),
        objective=from_hidden_states(dense.model, dense.state.parent.name, work.config.bf16),
        config=learning_scores(work.config, len(dense.lesson.train)),
    )
    return masks_in(load_file(trained))


def _structured(pruning: Pruning, work: Work) -> Path:
    """The state of a model with fewer heads and neurons; their numbers become an asset of the draft."""
    dense, request, point = work.dense, work.request, pruning.point
    measured = kept_state(
        request.cache,
        f"importance-{work.dataset}",
        [str(dense.state), f"{SAMPLE} examples, seed {request.seed}"],
        lambda: importance(dense.model, dense.lesson.train, dense.lesson.pad_token, request.seed),
    )
    kept = choose_both(load_file(measured), pruning.share)
    # a file for each dataset and point: a submission that is added to keeps those of the others
    work.draft.add_asset(f"widths/{point}/{work.dataset}.json", [layer.widths for layer in kept])
    state = kept_state(
        request.cache,
        f"pruned-{work.dataset}-structured-{pruning.share}",
        [str(dense.state), *(str((layer.heads.tolist(), layer.neurons.tolist())) for layer in kept)],
        lambda: narrowed(dense.model, kept),
    )
    if not pruning.tuned:
        return state
    return work.train(point, work.model(load_file(state), **pruning.options))
