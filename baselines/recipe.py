"""What every recipe is asked, and how it comes by its examples.

A recipe is a file of ``methods/`` with two functions::

    default_points(backbone) -> tuple[str, ...]     the operating points built when none are named
    build(request, backbone) -> Path                trains, and publishes the submission folder

Points are named as people write them, ``rank-25-tuned``; a recipe reads its settings from the name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from baselines.examples import Encode, Lesson, draw_rows, encode_split
from baselines.schedule import max_length
from harness.findings import ParetoNLPError, fail
from harness.quality.metrics import METRICS
from harness.submission import Manifest, Point
from harness.tasks import suite as find_suite
from harness.tasks.loading import load_split
from harness.tasks.types import Task


@dataclass(frozen=True, slots=True)
class Request:
    """What a recipe is asked to build. ``tasks`` are of one suite; a dataset is trained on once."""

    name: str
    """Of the submission."""
    backbone_name: str
    """The backbone as people know it."""
    tasks: tuple[Task, ...]
    out: Path
    cache: Path
    points: tuple[str, ...] = ()
    """Names of operating points; none: the recipe's own."""
    data_dir: Path | None = None
    max_train: Mapping[str, int] = field(default_factory=dict)
    """Most training examples of a dataset; under ``""`` for datasets that are not named. Absent: all."""
    max_length: int | None = None
    """Longest input in tokens; None: the recipe's own."""
    bf16: bool = False
    """Train with matrix products in bfloat16."""
    seed: int = 0
    say: Callable[[str], None] = print

    @property
    def trained_tasks(self) -> tuple[Task, ...]:
        """The first task of each dataset."""
        first: dict[str, Task] = {}
        for task in self.tasks:
            first.setdefault(task.dataset.name, task)
        return tuple(first.values())

    def most_examples(self, dataset: str) -> int | None:
        """The cap on a dataset's training examples."""
        return self.max_train.get(dataset, self.max_train.get(""))


def load_lesson(task: Task, encode: Encode, pad_token: int, request: Request) -> Lesson:
    """The training examples of a task's dataset, and others to choose the best epoch by.

    These are the validation split; where that is what the task is scored on, a tenth of the training
    split is held out instead.
    """
    train = load_split(task.dataset, "train", request.data_dir)
    rows = draw_rows(train.rows, request.most_examples(task.dataset.name), request.seed)
    if task.split.startswith("validation"):
        if len(rows) < 10:
            raise fail(
                "too-few-examples",
                f"{task.dataset.name} has {len(rows)} training examples, of which a tenth is to be held out.",
                expected="10 at least",
            )
        held_out = rows[9::10]
        validation = encode_split(train, encode, held_out)
        rows = rows[~np.isin(rows, held_out)]
    else:
        validation = encode_split(load_split(task.dataset, "validation", request.data_dir), encode)
    return Lesson(encode_split(train, encode, rows), validation, METRICS[task.metric], pad_token)


def describe(
    request: Request, method: str, points: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, int | None], **card: Any
) -> Manifest:
    """The manifest of a recipe's folder: points with their options, and ``title``, ``description``, ``paper``.

    The description goes on to say where texts are cut, and on how many examples the models were trained.
    """
    description = f"{card.pop('description')}{_cuts(request, sizes.get('num_tokens'))}{_caps(request)}"
    return Manifest(
        name=request.name,
        method=method,
        description=description,
        authors=("ParetoNLP",),
        backbone=request.backbone_name,
        licence="Apache-2.0",
        sizes=dict(sizes),
        points=tuple(Point(name=name, options=dict(options)) for name, options in points.items()),
        **card,
    )


def _cuts(request: Request, most: int | None) -> str:
    """A sentence on the longest input of the suite's datasets, whichever of them are trained on; of words, none."""
    if most is None:
        return ""
    usual = max_length("", request.max_length, most)
    of_suite = dict.fromkeys(task.dataset.name for task in find_suite(request.tasks[0].suite).tasks)
    longest = {dataset: max_length(dataset, request.max_length, most) for dataset in of_suite}
    others = [f", those of {dataset} at {length}" for dataset, length in longest.items() if length != usual]
    return f" Inputs are cut at {usual} tokens{''.join(others)}."


def _caps(request: Request) -> str:
    """A sentence on how many examples with their labels are trained on, where that is limited."""
    caps = [f"{most:,} of {dataset or 'each dataset'}" for dataset, most in sorted(request.max_train.items())]
    return f" Training examples: at most {', '.join(caps)}." if caps else ""


def no_such_point(name: str, expected: str) -> ParetoNLPError:
    """The error for a point that a recipe cannot build; ``expected`` says which it can."""
    return fail(
        "no-such-point", f"This method has no operating point {name!r}.", expected=expected, remedy="Change --points."
    )
