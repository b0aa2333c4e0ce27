"""The models of a submission, run again on some of the rows: do they still answer what was handed in?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.findings import ParetoNLPError
from harness.planning import Load
from harness.predicting import PREDICTING, predict
from harness.regression.drift import Drift
from harness.regression.expectation import weights_here
from harness.submission import (
    Point,
    Predictions,
    Submission,
    read_predictions,
)
from harness.submission.model_source import defines
from harness.tasks.types import Split, Task

ROWS = 100
"""Samples of each file that the model is run on again, spread over the split."""
AGREE = 1e-3
"""Scores of a second run agree within this; classes, exits and sizes are equal."""
_ROWS_SHOWN = 3
_ONE_THREAD = replace(PREDICTING, threads=1)
"""The models are small and several run side by side: more threads would wait for each other."""


@dataclass(frozen=True, slots=True)
class Run:
    """A point's answers on some rows of a task."""

    point: Point
    task: Task
    rows: NDArray[np.int64]
    """Their numbers, from 0."""
    answers: Predictions | ParetoNLPError
    """Of these rows; the error where the model gave none."""

    @property
    def key(self) -> str:
        """``point/suite/task``."""
        return f"{self.point.name}/{self.task.id}"


def run_again(copy: Path, submission: Submission, tasks: Sequence[Task], load: Load) -> Iterator[Run]:
    """Run every point whose weights are there, in the folder ``copy``, whose predictions are written over."""
    if not (submission.root / "model.py").is_file() or not defines(submission.root / "model.py", "encode"):
        return

    def few(task: Task) -> Split:
        split = load(task)
        chosen = some_rows(split.rows)
        texts = {name: column[chosen] for name, column in split.texts.items()}
        return replace(split, texts=texts, gold=split.gold[chosen])

    def run(point: Point, task: Task, answers: Predictions | ParetoNLPError) -> Run:
        rows = load(task).rows
        return Run(point, task, np.arange(rows)[some_rows(rows)], answers)

    for chosen, points in _groups(submission, tasks).items():
        left = {(point.name, task.id): (point, task) for point in points for task in chosen}
        last = points[-1], chosen[-1]
        names = [point.name for point in points]
        try:
            for made in predict(copy, chosen, few, points=names, force=True, limits=_ONE_THREAD):
                answers = read_predictions(made.path, made.task, made.rows, submission.manifest.sizes)
                yield run(*left.pop((made.point, made.task.id)), answers)
        except ParetoNLPError as error:  # of the first of those that gave no answer
            yield run(*next(iter(left.values()), last), error)


def some_rows(rows: int) -> slice:
    """About ``ROWS`` rows, spread evenly."""
    return slice(0, rows, max(1, rows // ROWS))


def _groups(submission: Submission, tasks: Sequence[Task]) -> dict[tuple[Task, ...], list[Point]]:
    """Points by the tasks that they have predictions and weights for: each group is one process."""
    groups: dict[tuple[Task, ...], list[Point]] = {}
    for point in submission.manifest.points:
        runnable = tuple(
            task
            for task in tasks
            if submission.predictions_file(point.name, task) and weights_here(submission, point, task.dataset.name)
        )
        if runnable:
            groups.setdefault(runnable, []).append(point)
    return groups


def unlike(submission: Submission, run: Run, given: Predictions) -> list[Drift]:
    """The rows that a second run answers otherwise than the file says; their cause is not known here."""
    name = submission.predictions_file(run.point.name, run.task)
    file = None if name is None else name.relative_to(submission.root).as_posix()
    place = run.point.name, run.task.id, file

    def drift(old: str, new: str, row: int | None = None) -> Drift:
        return Drift(submission.root.name, "answers of a second run", old, new, allowed, "", *place, row)

    allowed = f"within {AGREE}" if run.task.dataset.is_regression else "equal"
    if isinstance(run.answers, ParetoNLPError):
        return [drift("answers", str(run.answers))]
    old, new = _picked(given, run.rows), run.answers
    wrong = np.flatnonzero(_differ(old, new, run.task)).tolist()
    told = [drift(_said(old, at), _said(new, at), int(run.rows[at]) + 2) for at in wrong[:_ROWS_SHOWN]]
    if len(wrong) > _ROWS_SHOWN:
        told.append(drift("equal", f"{len(wrong)} of {len(run.rows)} rows differ"))
    return told


def _picked(given: Predictions, rows: NDArray[np.int64]) -> Predictions:
    """Some rows of a file, as a second run has them."""
    return replace(
        given,
        answers=given.answers[rows],
        sizes={name: sizes[rows] for name, sizes in given.sizes.items()},
        exit_stage=None if given.exit_stage is None else given.exit_stage[rows],
        modules=None,
    )


def _differ(old: Predictions, new: Predictions, task: Task) -> NDArray[np.bool_]:
    """Which rows differ, in answer, sizes or exit."""
    differ = np.abs(old.answers - new.answers) > AGREE if task.dataset.is_regression else old.answers != new.answers
    for before, after in zip(_counts(old).values(), _counts(new).values(), strict=False):
        differ = differ | (before != after)
    return np.asarray(differ, np.bool_)


def _counts(given: Predictions) -> Mapping[str, NDArray[np.int64]]:
    return given.sizes if given.exit_stage is None else {**given.sizes, "exit_stage": given.exit_stage}


def _said(given: Predictions, at: int) -> str:
    """``1, num_tokens 17``."""
    return ", ".join([f"{given.answers[at]:.6g}", *(f"{name} {each[at]}" for name, each in _counts(given).items())])
