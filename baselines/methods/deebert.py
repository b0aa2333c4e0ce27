"""DeeBERT: ramps beside a finished encoder, and a sample leaves by the first that is sure.

Xin, Tang, Lee, Yu and Lin, "DeeBERT: Dynamic Early Exiting for Accelerating BERT Inference", ACL 2020.

**Model.** Behind each layer sits an off-ramp: a pooler of the first token and a linear answer.

**Training.** In two stages. First, the encoder is fine-tuned with the last ramp alone: that is the dense baseline.
Then it is frozen, last ramp and all, and the other ramps, which start as copies of the last, are trained with
the sum of their losses,

    L = sum_(j < L) L_j                                                                                    (1)

in as many passes as the first stage took, at 1e-3: new layers on fixed features bear more than an encoder does. Nothing
flows back into the encoder, so that a pass costs little more than a forward. The epoch whose ramps together
(the mean of their log-probabilities) score best on held-out examples is handed in.

**Inference.** A sample leaves by the first ramp whose answer has an entropy under the threshold, in nats:
with logits x,

    H = log sum e^x - sum x e^x / sum e^x                                                                  (2)

**Points.** ``entropy-h``; all share one set of weights. An even choice between two classes has 0.69 nats.
``full`` never leaves early: the curve's right end. Datasets of scores have no entropy, and are left out.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.layers.multi_exit import MultiExit, split
from baselines.methods.dense import teacher
from baselines.objective import Batch, Objective, label_loss
from baselines.publishing import publish
from baselines.recipe import Request, describe, no_such_point
from baselines.schedule import fine_tuning
from baselines.training import fine_tune
from harness.findings import fail
from harness.tasks.types import Task

RAMP_LEARNING_RATE = 1e-3


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """From nearly certain to nearly undecided, and the whole model."""
    return ("entropy-0.05", "entropy-0.2", "entropy-0.4", "entropy-0.6", "full")


def build(request: Request, backbone: Backbone) -> Path:
    """Fine-tune, freeze, train the ramps, and publish them under every threshold."""
    points = {name: _options(name) for name in request.points or default_points(backbone)}
    request = _with_classes(request)
    if backbone.config.num_hidden_layers < 2:
        raise fail("backbone-unsupported", "An encoder of one layer has no ramp before its end.")
    with drafting(request, backbone, "multi_exit") as draft:
        weights = {}
        for task in request.trained_tasks:
            state = _train_ramps(task, draft, backbone, request)
            weights |= {(point, task.dataset.name): state for point in points}
        manifest = describe(
            request,
            "deebert",
            points,
            {"num_tokens": backbone.max_tokens},
            title=f"Early exit by entropy, {request.backbone_name}",
            description="A ramp behind every layer of a fine-tuned, frozen encoder. entropy-h leaves by the first "
            "ramp whose answer has an entropy under h nats, full never.",
            paper="https://aclanthology.org/2020.acl-main.204",
        )
        return publish(draft.folder, manifest, weights, request.out)


def _train_ramps(task: Task, draft: Draft, backbone: Backbone, request: Request) -> Path:
    """Stage two: the state of a model whose encoder and last ramp are the dense model's."""
    dense = teacher(task, backbone, request)
    network = MultiExit(draft.model.build_stages(task.dataset.name))
    network.load_state_dict(MultiExit(split(dense.model.encoder)).state_dict())
    freeze_all_but_ramps(network)
    schedule = fine_tuning(task.dataset.name, len(network), backbone, bf16=request.bf16, seed=request.seed)
    return fine_tune(
        f"deebert-{task.dataset.name}",
        network,
        dense.lesson,
        replace(schedule, learning_rate=RAMP_LEARNING_RATE),
        definition=draft.definition,
        cache=request.cache,
        say=request.say,
        objective=RAMPS,
    )


def freeze_all_but_ramps(network: MultiExit) -> None:
    """No gradient but in the exits before the last; then autograd keeps no graph of the encoder either."""
    network.requires_grad_(False)
    for stage in list(network)[:-1]:
        stage.head.requires_grad_(True)


def ramp_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Equation 1 of logits [batch, exits, classes]; the last exit has no part in it."""
    return torch.stack([label_loss(answer, labels) for answer in logits[:, :-1].unbind(dim=1)]).sum()


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return ramp_loss(model(**batch.inputs).float(), batch.labels)


def _answer_together(model: nn.Module, batch: Batch) -> Tensor:
    """The last exit says nothing about an epoch: it is frozen."""
    logits: Tensor = model(**batch.inputs)[:, :-1].float()
    return logits.log_softmax(dim=2).mean(dim=1)


RAMPS = Objective("labels of all exits but the last", _loss, _answer_together)


def _with_classes(request: Request) -> Request:
    """The request without datasets of scores."""
    scores = [task.dataset.name for task in request.trained_tasks if task.dataset.is_regression]
    tasks = tuple(task for task in request.tasks if not task.dataset.is_regression)
    if not tasks:
        raise fail(
            "no-classes",
            f"DeeBERT leaves by the entropy of classes, and {', '.join(scores)} has scores.",
            remedy="Name a task with classes.",
        )
    if scores:
        request.say(f"{', '.join(scores)}: left out, for scores have no entropy")
    return replace(request, tasks=tasks)


def _options(point: str) -> dict[str, Any]:
    """``entropy-0.2`` to arguments of ``build_stages``."""
    if point == "full":
        return {"rule": "full"}
    number = point.removeprefix("entropy-")
    if point != f"entropy-{number}" or not re.fullmatch(r"\d+(\.\d+)?", number) or float(number) == 0:
        raise no_such_point(point, "entropy-0.2 and its like, in nats, or full")
    return {"rule": "entropy", "threshold": float(number)}
