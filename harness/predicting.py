"""Writes prediction files from a submission's ``encode`` and weights, so that nobody writes them by hand."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.findings import did_you_mean, fail
from harness.sandbox.levels import Level
from harness.sandbox.policy import Limits
from harness.sandbox.runner import Message, sandboxed
from harness.submission import Point, Submission, load_submission, write_prediction_file
from harness.tasks.choosing import split_loader, tasks_of
from harness.tasks.types import Split, Task
from harness.weights_at_hand import weights_file

Load = Callable[[Task], Split]
Progress = Callable[[str, int, int], None]
PREDICTING = Limits(seconds=24 * 3600.0)


@dataclass(frozen=True, slots=True)
class Predicted:
    """One prediction file: just written, or there before."""

    point: str
    task: Task
    path: Path
    rows: int
    """Rows written; 0 where the file was there before."""


def predict(
    folder: Path,
    tasks: Sequence[Task],
    load: Load,
    *,
    points: Sequence[str] = (),
    force: bool = False,
    limits: Limits = PREDICTING,
    level: Level | None = None,
    progress: Progress = lambda _what, _done, _total: None,
) -> Iterator[Predicted]:
    """Run a submission on tasks, in the sandbox, and write a file for every point and task that has weights.

    A file that is there is kept unless ``force``: an interrupted run goes on where it stopped.

    Args:
        folder: the submission; must hold ``model.py`` with ``encode``.
        tasks: what to predict.
        load: gives a task's split. The labels stay here.
        points: names of the operating points; all of them by default.
        force: write files anew that are there.
        limits: what the model's process may use.
        level: how it is kept apart; by default, the best that is there without set-up.
        progress: called with a label, samples done, and samples in all.

    Raises:
        ParetoNLPError: the folder has errors, a point or weights are missing, or the submitted code failed.
    """
    submission = load_submission(folder)
    if folder.is_file():
        raise fail(
            "zip-is-read-only", f"{folder} is a zip, and predictions go into the folder", remedy="Unpack it first."
        )
    todo, there = [], 0
    for point in _points(submission, points):
        for task in tasks:
            path = folder / "predictions" / point.name / task.suite / f"{task.name}.tsv"
            if submission.predictions_file(point.name, task) and not force:
                there += 1
                yield Predicted(point.name, task, path, 0)
            elif task.dataset.name in point.weights:
                todo.append((point, task, path))
    if not todo and not there:
        datasets = ", ".join(dict.fromkeys(task.dataset.name for task in tasks))
        raise fail(
            "no-weights",
            f"no operating point that is asked for names weights for {datasets}, and predicting needs them",
            file="submission.yaml",
            remedy="Name them: weights: {<dataset>: weights/<file>.safetensors}.",
        )
    yield from _run(submission, todo, load, limits, level, progress)


def _points(submission: Submission, names: Sequence[str]) -> list[Point]:
    known = {point.name: point for point in submission.manifest.points}
    for name in names:
        if name not in known:
            raise fail("no-such-point", f"there is no operating point {name!r}", remedy=did_you_mean(name, known))
    return [known[name] for name in names] or list(known.values())


def _run(
    submission: Submission,
    todo: Sequence[tuple[Point, Task, Path]],
    load: Load,
    limits: Limits,
    level: Level | None,
    progress: Progress,
) -> Iterator[Predicted]:
    if not todo:
        return
    jobs = [_job(submission, point, load(task)) for point, task, _ in todo]

    def report(job: int, done: int) -> None:
        point, task, _ = todo[job]
        progress(f"{point.name} {task.id}", done, load(task).rows)

    reads = [Path(path) for path in dict.fromkeys(job["weights"] for job in jobs)]
    with sandboxed(submission.root, jobs, limits, level, reads=reads) as child:
        for (point, task, path), answer in zip(todo, child.answers(report), strict=True):
            rows = load(task).rows
            _write(path, answer, task, rows, tuple(submission.manifest.sizes))
            progress(f"{point.name} {task.id}", rows, rows)
            yield Predicted(point.name, task, path, rows)


def _job(submission: Submission, point: Point, split: Split) -> Message:
    """What the child is told: texts, never labels or row numbers."""
    return {
        "verb": "predict",
        "dataset": split.dataset.name,
        "options": point.options,
        "weights": str(weights_file(submission, point, split.dataset.name)),
        "sizes": list(submission.manifest.sizes),
        "classes": len(split.dataset.labels),
        "examples": split.examples(),
    }


def _write(path: Path, message: Message, task: Task, rows: int, sizes: Sequence[str]) -> None:
    """Check an answer, column by column, and write it."""
    classes = len(task.dataset.labels)
    answers = _column(message.get("answers"), rows, "answers", int if classes else float)
    by_name = message.get("sizes")
    if not isinstance(by_name, dict) or not set(by_name) <= set(sizes) or bool(by_name) != bool(sizes):
        raise fail("no-answer", "the submitted code answered with other sizes than submission.yaml names")
    columns = {name: _column(by_name[name], rows, name, int) for name in sizes if name in by_name}
    exits = message.get("exit_stage")
    exit_stage = None if exits is None else _column(exits, rows, "exit_stage", int)
    write_prediction_file(path, answers, columns, exit_stage)


def _column(values: Any, rows: int, name: str, kind: type) -> np.ndarray[Any, Any]:
    if not isinstance(values, list) or len(values) != rows or not all(type(value) is kind for value in values):
        raise fail("no-answer", f"the submitted code did not answer with {rows:,} {kind.__name__}s as {name}")
    return np.array(values, np.int64 if kind is int else np.float64)


def write_predictions(
    folder: Path | str,
    suite: str = "probe",
    tasks: Sequence[str] = (),
    *,
    data_dir: Path | str | None = None,
    points: Sequence[str] = (),
    force: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
) -> list[Path]:
    """Write the prediction files of a submission from its ``encode`` and weights; their paths, in order.

    Args:
        folder: the submission.
        suite: whose tasks.
        tasks: names of tasks of the suite; all of them by default.
        data_dir: directory of ``<dataset>/<split>.parquet``; else data come from the Hub.
        points: names of operating points; all of them by default.
        force: write files anew that are there.
        progress: called with a label, samples done, and samples in all.

    Raises:
        ParetoNLPError: as ``predict``.
    """
    chosen, load = tasks_of(suite, tasks), split_loader(None if data_dir is None else Path(data_dir))
    return [done.path for done in predict(Path(folder), chosen, load, points=points, force=force, progress=progress)]
