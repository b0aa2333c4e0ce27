"""What evaluating a submission has to do, and what is done already."""

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.findings import fail
from harness.report import Report, Versions
from harness.submission import Point, Submission, content_key
from harness.tasks.types import Split, Task

Load = Callable[[Task], Split]


@dataclass(frozen=True, slots=True)
class Work:
    """One result to be made: a point's predictions on a task."""

    point: Point
    task: Task
    predictions: Path
    key: str
    """sha256 of all that the result depends on."""
    done: bool
    """Whether the report holds it already, with this key."""


def plan(
    submission: Submission,
    tasks: Sequence[Task],
    load: Load,
    before: Report | None = None,
    *,
    limit: int | None = None,
) -> list[Work]:
    """What evaluating a submission on tasks has to do, and what is done already.

    Raises:
        ParetoNLPError: the submission has no predictions for any of the tasks.
    """
    known = {(result.point, result.task_id): result.key for result in before.results} if before else {}
    work = []
    for point in submission.manifest.points:
        for task in tasks:
            path = submission.predictions_file(point.name, task)
            if path is not None:
                key = _key(submission, point.name, task, load(task), limit)
                work.append(Work(point, task, path, key, known.get((point.name, task.id)) == key))
    if not work:
        raise _no_predictions(submission, tasks)
    return work


def versions() -> Versions:
    """What computes results here; read from package metadata, since importing torch takes a second."""
    return Versions(paretonlp=version("paretonlp"), python=platform.python_version(), torch=version("torch"))


def _key(submission: Submission, point: str, task: Task, split: Split, limit: int | None) -> str:
    here = versions()
    parts = [content_key(submission, point, task), split.fingerprint, task.metric, here.paretonlp, here.torch, limit]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _no_predictions(submission: Submission, tasks: Sequence[Task]) -> Exception:
    there = sorted({f"{file.suite}/{file.task}" for file in submission.predictions})
    return fail(
        "no-predictions",
        f"{submission.manifest.name} has no predictions for {', '.join(task.id for task in tasks)}",
        expected=f"predictions/<point>/{tasks[0].id}.tsv",
        remedy=f"It has {', '.join(there)}." if there else "Write them: paretonlp predict FOLDER.",
    )
