"""Dense: the whole encoder is fine-tuned. The reference that compressed models are held against.

**Model.** A BERT-like encoder and a linear layer on the pooled first token. The point ``layers-d`` keeps
embeddings and the first d layers of the backbone; its pooler and answer layer are the backbone's and new.
Points are trained apart: each is the best that its depth can do, not a cut through one model.

**Training.** All parameters, AdamW (weight decay 0.01), 6 % linear warm-up and linear decay, dropout as in
the backbone; ``schedule.py`` has rates and passes. Cross-entropy for classes, squared error for scores, which a
pretrained encoder starts to answer at their mean. The epoch that scores best on held-out examples is handed in.
SciTail, of which there is too little to learn from alone, goes on from the model of SNLI.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.examples import Lesson
from baselines.publishing import publish
from baselines.recipe import Request, describe, load_lesson, no_such_point
from baselines.schedule import fine_tuning, prior_task
from baselines.states import about_the_mean, load_state, take_over
from baselines.training import fine_tune
from harness.tasks.types import Dataset, Task


@dataclass(frozen=True, slots=True)
class Teacher:
    """The dense model of a dataset at full depth, which methods start from and learn from."""

    state: Path
    model: nn.Module
    """A ``layers.classifier.Classifier`` in evaluation mode."""
    lesson: Lesson
    """What it was trained on; ``inputs`` are token ids."""


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """The full depth alone."""
    return (f"layers-{backbone.config.num_hidden_layers}",)


def build(request: Request, backbone: Backbone) -> Path:
    """Fine-tune every dataset at every depth and publish the submission."""
    depths = {name: _depth(name, backbone) for name in request.points or default_points(backbone)}
    with drafting(request, backbone, "dense") as draft:
        weights = {
            (point, task.dataset.name): _train(task, depth, draft, backbone, request)
            for task in request.trained_tasks
            for point, depth in depths.items()
        }
        manifest = describe(
            request,
            "dense",
            {point: {"num_layers": depth} for point, depth in depths.items()},
            {"num_tokens": backbone.max_tokens},
            title=f"Fine-tuned {request.backbone_name}",
            description="All parameters are fine-tuned, each dataset and depth on its own; "
            "layers-d keeps the first d layers of the backbone.",
        )
        return publish(draft.folder, manifest, weights, request.out)


def teacher(task: Task, backbone: Backbone, request: Request) -> Teacher:
    """The dense model of a task's dataset, trained now unless the cache has it."""
    depth = backbone.config.num_hidden_layers
    with drafting(replace(request, tasks=(task,)), backbone, "dense") as draft:
        state = _train(task, depth, draft, backbone, request)
        model = load_state(draft.model.build_model(task.dataset.name), state)
        lesson = load_lesson(task, draft.encode(task.dataset.name), backbone.config.pad_token_id, request)
    return Teacher(state, model, lesson)


def _train(task: Task, depth: int, draft: Draft, backbone: Backbone, request: Request) -> Path:
    """The state of one model, fine-tuned."""
    dataset = task.dataset
    network = draft.model.build_model(dataset.name, num_layers=depth)
    lesson = load_lesson(task, draft.encode(dataset.name), backbone.config.pad_token_id, request)
    state = _first_state(dataset, depth, backbone, request)
    network.encoder.load_state_dict(about_the_mean(state, lesson.train.gold) if backbone.is_pretrained else state)
    return fine_tune(
        f"dense-{dataset.name}-layers-{depth}",
        network,
        lesson,
        fine_tuning(dataset.name, depth, backbone, bf16=request.bf16, seed=request.seed),
        definition=draft.definition,
        cache=request.cache,
        say=request.say,
    )


def _first_state(dataset: Dataset, depth: int, backbone: Backbone, request: Request) -> dict[str, Tensor]:
    """The pretrained state; for a dataset that comes after another, the state that was trained on that one."""
    state = backbone.initial_state(depth, dataset.num_outputs, request.seed)
    prior = prior_task(dataset.name, backbone)
    if prior is None:
        return state
    with drafting(replace(request, tasks=(prior,)), backbone, "dense") as draft:
        learned = load_file(_train(prior, depth, draft, backbone, request))
    return take_over(state, {name.removeprefix("encoder."): tensor for name, tensor in learned.items()})


def _depth(point: str, backbone: Backbone) -> int:
    """``layers-2`` to 2."""
    depth = point.removeprefix("layers-")
    deepest = backbone.config.num_hidden_layers
    if point != f"layers-{depth}" or not depth.isdecimal() or not 1 <= int(depth) <= deepest:
        raise no_such_point(point, f"layers-1 to layers-{deepest}, the layers of this backbone")
    return int(depth)
