"""PABEE: every layer answers, and a sample leaves when the answers have stopped changing.

Zhou, Xu, Ge, McAuley, Xu and Wei, "BERT Loses Patience: Fast and Robust Inference with Early Exit",
NeurIPS 2020, arXiv 2006.04152.

**Model.** Behind each of the L layers sits an exit: a pooler of the first token and a linear answer. In the authors'
BERT the exits share one pooler; here each has its own, as in DeeBERT, so that the two methods differ in how they
learn and when they stop, and in nothing else. An exit costs the same either way; L - 1 further
poolers of d^2 weights are stored.

**Training.** All parameters at once, from the pretrained encoder, every exit a copy of its head. With L_j
the loss of exit j,

    L = sum_j j L_j / sum_j j                                                                              (1)

``schedule.py`` has rates and passes. Scores start at their mean, as those of ``dense`` do; at 0, six exits
at once push the encoder out of its shape. The epoch whose last exit scores best on held-out examples is handed in.

**Inference.** A counter c is 0 at first. After layer i, c becomes c + 1 if the answer held, else 0, where

    classes hold if argmax y_i = argmax y_(i-1),    scores if |y_i - y_(i-1)| < tau                        (2)

and the sample leaves when c = t, the patience: behind layer t + 1 at the earliest. tau is 2 % of the range of the
scores, 0.1 on STS-B.

**Points.** ``patience-t``; all share one set of weights. ``patience-(L-1)`` can only leave at the end, so that
the points built by default stop at L - 2. ``full`` never leaves early: the curve's right end. ``confidence-p``, for
classes alone, leaves as soon as the most probable class has a probability over p: the rule that patience
is held against.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.layers.classifier import Classifier
from baselines.layers.multi_exit import MultiExit, split
from baselines.objective import Batch, Objective, label_loss
from baselines.publishing import publish
from baselines.recipe import Request, describe, load_lesson, no_such_point
from baselines.schedule import fine_tuning, prior_task
from baselines.states import about_the_mean, take_over
from baselines.training import fine_tune
from harness.findings import fail
from harness.tasks.types import Dataset, Task

TOLERANCE = 0.02
"""tau as a share of the range of the scores."""

CONFIDENCES = ("confidence-0.7", "confidence-0.9", "confidence-0.99")


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """Every patience that can leave early, confidences, and the whole model."""
    patiences = (f"patience-{patience}" for patience in range(1, backbone.config.num_hidden_layers - 1))
    return (*patiences, *CONFIDENCES, "full")


def build(request: Request, backbone: Backbone) -> Path:
    """Train one model a dataset and publish it under every rule."""
    points = _points(request, backbone)
    with drafting(request, backbone, "multi_exit") as draft:
        _state_tolerances(request, draft)
        weights = {}
        for task in request.trained_tasks:
            state = _train(task, draft, backbone, request)
            weights |= {
                (point, task.dataset.name): state for point, options in points.items() if _fits(options, task.dataset)
            }
        manifest = describe(
            request,
            "pabee",
            points,
            {"num_tokens": backbone.max_tokens},
            title=f"Early exit by patience, {request.backbone_name}",
            description="Every layer has an exit; all are trained together. patience-t leaves when t answers in a row "
            "held, confidence-p when a class has a probability over p, full never.",
            paper="https://arxiv.org/abs/2006.04152",
        )
        return publish(draft.folder, manifest, weights, request.out)


def joint_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Equation 1 of logits [batch, exits, outputs]: later exits weigh more."""
    losses = torch.stack([label_loss(answer, labels) for answer in logits.unbind(dim=1)])
    weights = torch.arange(1, len(losses) + 1, device=losses.device, dtype=losses.dtype)
    return (weights * losses).sum() / weights.sum()


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return joint_loss(model(**batch.inputs).float(), batch.labels)


def _last_answer(model: nn.Module, batch: Batch) -> Tensor:
    logits: Tensor = model(**batch.inputs)[:, -1].float()
    return logits


JOINT = Objective("labels of all exits, weighted by depth", _loss, _last_answer)


def _train(task: Task, draft: Draft, backbone: Backbone, request: Request) -> Path:
    """The state of one model, all its exits trained together."""
    dataset = task.dataset
    network = MultiExit(draft.model.build_stages(dataset.name))
    lesson = load_lesson(task, draft.encode(dataset.name), backbone.config.pad_token_id, request)
    state = first_state(dataset, draft, backbone, request)
    network.load_state_dict(about_the_mean(state, lesson.train.gold) if backbone.is_pretrained else state)
    return fine_tune(
        f"pabee-{dataset.name}",
        network,
        lesson,
        fine_tuning(dataset.name, len(network), backbone, bf16=request.bf16, seed=request.seed),
        definition=draft.definition,
        cache=request.cache,
        say=request.say,
        objective=JOINT,
    )


def first_state(dataset: Dataset, draft: Draft, backbone: Backbone, request: Request) -> dict[str, Tensor]:
    """The pretrained encoder with its head at every exit, or what was learned on the dataset that comes before."""
    encoder = Classifier(dataset.num_outputs, assets=draft.folder / "assets").encoder
    depth = backbone.config.num_hidden_layers
    encoder.load_state_dict(backbone.initial_state(depth, dataset.num_outputs, request.seed))
    state: dict[str, Tensor] = MultiExit(split(encoder)).state_dict()
    prior = prior_task(dataset.name, backbone)
    if prior is None:
        return state
    with drafting(replace(request, tasks=(prior,)), backbone, "multi_exit") as earlier:
        return take_over(state, load_file(_train(prior, earlier, backbone, request)))


def _state_tolerances(request: Request, draft: Draft) -> None:
    """tau of each dataset of scores, for ``model.py``."""
    for dataset in {task.dataset.name: task.dataset for task in request.tasks}.values():
        if dataset.is_regression:
            low, high = dataset.score_range
            draft.add_asset(f"exits/{dataset.name}.json", {"tolerance": TOLERANCE * (high - low)})


def _points(request: Request, backbone: Backbone) -> dict[str, dict[str, Any]]:
    """Points to options: those that at least one dataset can be answered by."""
    points = {name: _options(name, backbone) for name in request.points or default_points(backbone)}
    datasets = [task.dataset for task in request.trained_tasks]
    idle = [name for name, options in points.items() if not any(_fits(options, dataset) for dataset in datasets)]
    if idle and request.points:
        names = ", ".join(dataset.name for dataset in datasets)
        raise fail(
            "no-such-point",
            f"{', '.join(idle)}: confidence is a probability of classes, and {names} has scores.",
            remedy="Change --points, or name a task with classes.",
        )
    return {name: options for name, options in points.items() if name not in idle}


def _options(point: str, backbone: Backbone) -> dict[str, Any]:
    """``patience-3`` and its like to arguments of ``build_stages``."""
    deepest = backbone.config.num_hidden_layers
    if point == "full":
        return {"rule": "full"}
    rule, _, number = point.partition("-")
    if rule == "patience" and re.fullmatch(r"[1-9]\d*", number) and int(number) < deepest:
        return {"rule": rule, "threshold": int(number)}
    if rule == "confidence" and re.fullmatch(r"0\.\d*[1-9]", number):
        return {"rule": rule, "threshold": float(number)}
    raise no_such_point(point, f"patience-1 to patience-{deepest - 1}, confidence-0.9 and its like, or full")


def _fits(options: dict[str, Any], dataset: Dataset) -> bool:
    return not (dataset.is_regression and options["rule"] == "confidence")
