"""FNet: Fourier transforms take the place of self-attention (Lee-Thorp et al., arXiv 2105.03824, NAACL 2022).

**Model.** A layer mixes its tokens without parameters and keeps the feed-forward part of the backbone
(section 3.2)::

    y = LN(x + Re(F_seq(F_hid(x))))         (1)
    z = LN(y + FFN(y))                      (2)

The point ``fourier-D`` has D such layers; ``hybrid-D-A`` has D layers of which the top A attend (FNet-Hybrid).
The paper pretrains from nothing. Here all that a student has in common with the dense model fine-tuned on the
same dataset, the teacher of L layers, is inherited: embeddings, pooler, answer layer and, for layer i of D (from
1), the feed-forward part, the norms and, where it attends, the attention of the teacher's layer ::

    s(i) = floor(i L / D)                   (3)

so that the layers are evenly spaced and the last stands for the last.

**Training.** Without its attention a teacher's layer computes something else. One pass over the examples
brings each layer back to what it stands for, by the squared error to the teacher's hidden states::

    sum_i mean((h_i - h'_s(i))^2)           (4)

Then the student learns the teacher's logits and the labels, half and half. AdamW, as many passes as the dense model
took; pretrained backbones: 1e-4, as there is more to learn; from scratch: as a dense model of D layers. Batches are of
samples of one length, as Fourier mixing has no mask (``layers/fourier.py``).
"""

import re
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.distillation import from_stored_logits, hidden_states
from baselines.drafting import Draft, drafting
from baselines.methods import dense
from baselines.methods.dense import Teacher
from baselines.objective import Batch, Objective
from baselines.publishing import publish
from baselines.recipe import Request, describe, no_such_point
from baselines.schedule import fine_tuning, prior_task
from baselines.states import load_state, take_over
from baselines.teaching import stored_logits
from baselines.training import FineTuning, fine_tune
from harness.tasks.types import Task

LABEL_WEIGHT = 0.5
"""Of the labels against the teacher's logits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many layers a student has, and how many at the top attend: the options of a point."""

    num_layers: int
    attention: int

    def sources(self, depth: int) -> list[int]:
        """The teacher's layer that each layer stands for, counted from 0: equation (3)."""
        return [place * depth // self.num_layers - 1 for place in range(1, self.num_layers + 1)]


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """All layers Fourier; half as many; all layers with attention in the top two, or as many as leave one Fourier."""
    depth = backbone.config.num_hidden_layers
    points = [f"fourier-{depth}", f"fourier-{(depth + 1) // 2}"]
    if depth > 1:
        points.append(f"hybrid-{depth}-{min(2, depth - 1)}")
    return tuple(dict.fromkeys(points))


def build(request: Request, backbone: Backbone) -> Path:
    """Train every point on every dataset and publish the submission."""
    shapes = {name: _shape(name, backbone) for name in request.points or default_points(backbone)}
    with drafting(request, backbone, "fnet") as draft:
        weights = {}
        for task in request.trained_tasks:
            teacher = _teacher(task, backbone, request)
            for point, shape in shapes.items():
                weights[point, task.dataset.name] = _train(task, shape, teacher, draft, backbone, request)
        manifest = describe(
            request,
            "fnet",
            {point: asdict(shape) for point, shape in shapes.items()},
            {"num_tokens": backbone.max_tokens},
            title=f"FNet of {request.backbone_name}",
            description="Fourier transforms in the place of attention, distilled from the fine-tuned model; "
            "fourier-D has D such layers, hybrid-D-A has D layers and attention in the top A.",
            paper="https://arxiv.org/abs/2105.03824",
        )
        return publish(draft.folder, manifest, weights, request.out)


def inherited(student: nn.Module, teacher: nn.Module, sources: list[int]) -> dict[str, Tensor]:
    """The student's state: each tensor is the teacher's, those of a layer of the layer that it stands for.

    The norm behind the mixing is the one behind the teacher's attention.
    """
    learned = teacher.state_dict()

    def source(name: str) -> str:
        name = re.sub(r"\.layer\.(\d+)\.", lambda layer: f".layer.{sources[int(layer[1])]}.", name)
        return name.replace(".attention.norm.", ".attention.output.LayerNorm.")

    return {name: learned[source(name)] for name in student.state_dict()}


def alignment(teacher: Teacher, sources: list[int]) -> Objective:
    """Equation (4): each layer's output against that of the teacher's layer that it stands for."""

    def loss(student: nn.Module, batch: Batch) -> Tensor:
        ids = {name: batch.inputs[name] for name in ("input_ids", "token_type_ids")}  # of one length: no mask
        guide = teacher.model.to(ids["input_ids"].device)
        with torch.no_grad():
            wanted = hidden_states(guide, ids)
        pairs = zip(hidden_states(student, ids), (wanted[source] for source in sources), strict=True)
        return torch.stack([nn.functional.mse_loss(mine.float(), theirs.float()) for mine, theirs in pairs]).sum()

    return Objective(f"hidden states of {teacher.state.parent.name}, layers {sources}", loss)


def _train(task: Task, shape: Shape, teacher: Teacher, draft: Draft, backbone: Backbone, request: Request) -> Path:
    """The state of one point on one dataset: aligned, then distilled."""
    dataset = task.dataset.name
    sources = shape.sources(backbone.config.num_hidden_layers)
    student = draft.model.build_model(dataset, **asdict(shape))
    student.load_state_dict(_first_state(task, shape, student, teacher, backbone, request))
    name = f"fnet-{dataset}-{shape.num_layers}-{shape.attention}"
    config = _tuning(dataset, shape, backbone, request)
    train = partial(fine_tune, definition=draft.definition, cache=request.cache, say=request.say)
    aligned = train(
        f"{name}-aligned", student, teacher.lesson, replace(config, epochs=1), objective=alignment(teacher, sources)
    )
    load_state(student, aligned)
    return train(name, student, teacher.lesson, config, objective=from_stored_logits(LABEL_WEIGHT))


def _first_state(
    task: Task, shape: Shape, student: nn.Module, teacher: Teacher, backbone: Backbone, request: Request
) -> dict[str, Tensor]:
    """What is inherited; for a dataset that comes after another, what the same point learned on that one."""
    state = inherited(student, teacher.model, shape.sources(backbone.config.num_hidden_layers))
    prior = prior_task(task.dataset.name, backbone)
    if prior is None:
        return state
    with drafting(replace(request, tasks=(prior,)), backbone, "fnet") as draft:
        before = _train(prior, shape, _teacher(prior, backbone, request), draft, backbone, request)
    return take_over(state, load_file(before))


def _tuning(dataset: str, shape: Shape, backbone: Backbone, request: Request) -> FineTuning:
    """As for a dense model of this depth; faster where pretrained attention is to be made up for."""
    config = fine_tuning(dataset, shape.num_layers, backbone, bf16=request.bf16, seed=request.seed)
    config = replace(config, equal_lengths=True)
    if backbone.is_pretrained:
        config = replace(config, learning_rate=1e-4)
    return config


def _teacher(task: Task, backbone: Backbone, request: Request) -> Teacher:
    """The dense model of a dataset, whose lesson brings what it answers: student and teacher read the same."""
    teacher = dense.teacher(task, backbone, request)
    lesson = teacher.lesson
    logits = stored_logits(
        f"logits-{task.dataset.name}",
        teacher.model,
        teacher.state,
        lesson.train.inputs,
        pad_token=lesson.pad_token,
        bf16=request.bf16,
        cache=request.cache,
        say=request.say,
    )
    return replace(teacher, lesson=replace(lesson, train=replace(lesson.train, teacher_logits=logits)))


def _shape(point: str, backbone: Backbone) -> Shape:
    """``fourier-6`` to (6, 0), ``hybrid-12-2`` to (12, 2)."""
    deepest = backbone.config.num_hidden_layers
    named = re.fullmatch(r"fourier-([1-9]\d*)|hybrid-([1-9]\d*)-([1-9]\d*)", point)
    shape = Shape(int(named[1] or named[2]), int(named[3] or 0)) if named else None
    if shape is None or shape.num_layers > deepest or shape.attention >= shape.num_layers:
        raise no_such_point(
            point,
            f"fourier-D, or hybrid-D-A with A below D, where D is 1 to {deepest}, the layers of this backbone",
        )
    return shape
