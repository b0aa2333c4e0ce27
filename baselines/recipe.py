"""What every recipe is asked, and how it comes by its examples."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from baselines.examples import Encode, Lesson, draw_rows, encode_split
from harness.quality.metrics import METRICS
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
    data_dir: Path | None = None
    max_train: int | None = None
    """Most training examples of a dataset; None: all."""
    max_length: int | None = None
    """Longest input in tokens; None: the recipe's own."""
    bf16: bool = False
    """Train with matrix products in bfloat16."""
    seed: int = 0
    say: Callable[[str], None] = print

    @property
    def trained_tasks(self) -> tuple[Task, ...]:
        """The first task of each dataset."""
        return tuple({task.dataset.name: task for task in reversed(self.tasks)}.values())[::-1]


def load_lesson(task: Task, encode: Encode, pad_token: int, request: Request) -> Lesson:
    """The training examples of a task's dataset, and others to choose the best epoch by.

    These are the validation split; where that is what the task is scored on, a tenth of the training
    split is held out instead.
    """
    train = load_split(task.dataset, "train", request.data_dir)
    rows = draw_rows(train.rows, request.max_train, request.seed)
    if task.split.startswith("validation"):
        held_out = rows[9::10]
        validation = encode_split(train, encode, held_out)
        rows = rows[~np.isin(rows, held_out)]
    else:
        validation = encode_split(load_split(task.dataset, "validation", request.data_dir), encode)
    return Lesson(encode_split(train, encode, rows), validation, METRICS[task.metric], pad_token)
