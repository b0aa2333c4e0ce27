"""Runs the graph that was priced on the weights that were handed in, and compares with the predictions.

Three processes, so that no part can help another to lie: one traced the model and saw no text; one encodes the texts,
in a copy of the folder without weights and predictions; one runs the graph, and in it there is no submitted code.
"""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.cost.tape_json import to_json
from harness.findings import Finding, ParetoNLPError, fail
from harness.measuring import MeasuredModel
from harness.report import Reproduction
from harness.sandbox.digests import input_digest
from harness.sandbox.levels import Level
from harness.sandbox.policy import Limits
from harness.sandbox.runner import Child, Message, sandboxed
from harness.submission import Point, Predictions, Submission
from harness.tasks.types import Split, Task

ROWS = 500
"""Samples of a prediction file that are run again, drawn anew each time; all where there are no more."""
AGREE = 0.99
"""The share of answers, and of exits, that must be the same, but for one: other processors break ties otherwise."""
CLOSE = 1e-3
"""Scores are the same within this, absolutely or relatively."""
ENCODE_SECONDS, ENCODE_SECONDS_A_CHARACTER = 1e-3, 1e-5
"""Processor time that ``encode`` may take of a text: it makes numbers of texts, and does not answer. About ten times
what the tokenizers of BERT and n-grams hashed in Python take."""
ENCODE_SLACK = 0.1
"""Seconds more for all texts of a prediction file: the kernel counts in hundredths."""
_ROWS_SHOWN = 5

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """A prediction file, and what it takes to make it again."""

    point: Point
    task: Task
    split: Split
    given: Predictions
    model: MeasuredModel
    weights: Path | None
    digests: Sequence[str] | None
    """Of what ``encode`` made of every sample when the sizes were confirmed; None: the model has no ``encode``."""

    @property
    def obstacle(self) -> str:
        """Why the graph can not be run again; empty where it can."""
        if self.given.modules is not None:
            return "predictions that name modules leave open how these are joined"
        if self.digests is None:
            return "model.py has no encode, or the submission no sizes"
        if self.weights is None:
            return "the weights are not there"
        if self.model.tracing == "values":
            return "the control flow depends on values, so one graph does not hold it"
        return ""


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """An attempt with the samples that it is tried on, in the order in which they are run."""

    attempt: Attempt
    rows: NDArray[np.int64]

    def encode_job(self, rows: int) -> Message:
        """What the process that encodes is given, of the first rows."""
        texts = self.attempt.split.examples()
        return {
            "verb": "inputs",
            "dataset": self.attempt.task.dataset.name,
            "options": self.attempt.point.options,
            "examples": [texts[row] for row in self.rows[:rows]],
        }

    @property
    def encode_seconds(self) -> float:
        """What encoding may take."""
        texts = self.attempt.split.examples()
        characters = sum(len(text) for row in self.rows for text in texts[row].values())
        return ENCODE_SLACK + ENCODE_SECONDS * len(self.rows) + ENCODE_SECONDS_A_CHARACTER * characters

    def replay_job(self, inputs: Sequence[Mapping[str, Any]]) -> Message:
        """What the process without submitted code is given."""
        sizes = {name: column[self.rows].tolist() for name, column in self.attempt.given.sizes.items()}
        each = [tuple(row) for row in zip(*sizes.values(), strict=True)] if sizes else [()] * len(self.rows)
        places = {row: place for place, row in enumerate(dict.fromkeys(each))}
        tapes = [self.attempt.model.tape_at(dict(zip(sizes, row, strict=True))) for row in places]
        return {
            "verb": "replay",
            "tapes": to_json(tapes),
            "weights": str(self.attempt.weights),
            "stages": self.attempt.model.stages,
            "classes": len(self.attempt.task.dataset.labels),
            "samples": [[places[row], dict(given)] for row, given in zip(each, inputs, strict=True)],
        }


@dataclass(frozen=True, slots=True)
class _Encoded:
    """Inputs of the drawn samples of an attempt, and what making them took of each."""

    inputs: list[dict[str, Any]]
    milliseconds: float | None
    """None where nobody can tell."""


def reproduce(
    submission: Submission,
    attempts: Sequence[Attempt],
    level: Level,
    rows: int,
    progress: Progress = lambda _what, _done, _total: None,
) -> list[Reproduction]:
    """Try every attempt, on so many ``rows`` of it; what came of each, in their order.

    Raises:
        ParetoNLPError: the graph gives other answers or exits than were handed in; ``encode`` makes other inputs
            when it is asked again, or works as long as a model would; the submitted code failed.
    """
    obstacles = [each.obstacle if rows else "it was not asked for" for each in attempts]
    drawn = [_Drawn(each, _draw(each, rows)) for each, why in zip(attempts, obstacles, strict=True) if not why]
    made = iter(_run(submission, drawn, level, progress) if drawn else ())
    return [Reproduction(reason=why) if why else next(made) for why in obstacles]


def _draw(attempt: Attempt, rows: int) -> NDArray[np.int64]:
    """Which samples, and in which order: the submission can not know."""
    order = np.random.default_rng(secrets.randbits(63)).permutation(len(attempt.given.answers))
    return order[:rows].astype(np.int64)


def _run(submission: Submission, drawn: Sequence[_Drawn], level: Level, progress: Progress) -> Iterator[Reproduction]:
    encoded = _encoded(submission, drawn, level)
    jobs = [each.replay_job(given.inputs) for each, given in zip(drawn, encoded, strict=True)]
    weights = list(dict.fromkeys(each.attempt.weights for each in drawn if each.attempt.weights))
    seconds = Limits(seconds=600.0 + sum(len(each.rows) for each in drawn) * 10.0)
    done = 0

    def report(_job: int, samples: int) -> None:
        progress(f"running {submission.manifest.name} again", done + samples, sum(len(each.rows) for each in drawn))

    with (
        TemporaryDirectory(prefix="paretonlp-") as empty,
        sandboxed(Path(empty), jobs, seconds, level, reads=weights) as child,
    ):
        for each, given, answer in zip(drawn, encoded, child.answers(report), strict=True):
            done += len(each.rows)
            yield _compared(submission, each, answer).model_copy(update={"encode_ms": given.milliseconds})


def _encoded(submission: Submission, drawn: Sequence[_Drawn], level: Level) -> list[_Encoded]:
    """What ``encode`` makes of the drawn samples, in another process and another order than before.

    It gets no text before it has started, but one: what it does then is not timed.
    """
    with TemporaryDirectory(prefix="paretonlp-") as scratch:
        folder = Path(scratch) / submission.root.name
        for name in submission.code_and_assets:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(submission.root / name, folder / name)
        first = [each.encode_job(1) for each in drawn]  # loads whatever it needs
        jobs = [*first, *(each.encode_job(len(each.rows)) for each in drawn)]
        with sandboxed(folder, jobs, level=level, in_step=True) as child:
            answers = child.answers()
            for _ in first:
                next(answers)
            return [_timed(each, answers, child) for each in drawn]


def _timed(drawn: _Drawn, answers: Iterator[Message], child: Child) -> _Encoded:
    """The next answer of a child that does nothing else meanwhile, and what it takes."""
    before = child.cpu_seconds
    inputs = _inputs(drawn, next(answers))
    seconds = child.cpu_seconds - before
    if seconds > drawn.encode_seconds:
        raise fail(
            "encode-computes",
            f"encode took {seconds:.1f} seconds of processor time of {len(drawn.rows):,} texts of "
            f"{drawn.attempt.task.id}, more than {drawn.encode_seconds:.1f}",
            file="model.py",
            remedy="What answers belongs into the model, where it is counted.",
        )
    return _Encoded(inputs, 1000 * seconds / len(drawn.rows) if before else None)


def _inputs(drawn: _Drawn, answer: Message) -> list[dict[str, Any]]:
    """The inputs of an answer, checked: they are those that were confirmed."""
    inputs, digests = answer.get("inputs"), drawn.attempt.digests
    if not isinstance(inputs, list) or len(inputs) != len(drawn.rows):
        raise fail("no-answer", f"the submitted code did not answer with the inputs of {len(drawn.rows):,} samples")
    for row, given in zip(drawn.rows.tolist(), inputs, strict=True):
        if not isinstance(given, dict) or digests is None or input_digest(given) != digests[row]:
            raise fail(
                "encode-differs",
                "encode makes other inputs of this text when it is asked again, in another order",
                file=f"predictions/{drawn.attempt.point.name}/{drawn.attempt.task.id}",
                row=row + 2,
                remedy="Let encode depend on the text alone: no counter, no cache, no random number.",
            )
        if wrong := [kind for kind, *_ in given.values() if kind not in ("int64", "float32", "float64", "bool")]:
            raise fail("no-answer", f"the submitted code encoded a sample as {wrong[0]!r}")
    return inputs


def _compared(submission: Submission, drawn: _Drawn, answer: Message) -> Reproduction:
    """How much of what was handed in the graph gives too."""
    if isinstance(answer.get("refused"), str):
        return Reproduction(reason=answer["refused"][:1000])
    given, task = drawn.attempt.given, drawn.attempt.task
    found = np.array(answer["answers"], np.float64)
    stated = given.answers[drawn.rows]
    close = CLOSE * np.maximum(1.0, np.abs(stated)) if task.dataset.is_regression else 0.0
    same = np.abs(found - stated) <= close
    shares = {"answers": float(same.mean())}
    worst, differs = np.count_nonzero(~same), ~same
    if given.exit_stage is not None:
        same_exit = np.array(answer["exit_stage"], np.int64) == given.exit_stage[drawn.rows]
        shares["exits"] = float(same_exit.mean())
        worst, differs = max(worst, np.count_nonzero(~same_exit)), differs | ~same_exit
    if worst > max(1, (1 - AGREE) * len(drawn.rows)):
        raise _unlike(submission, drawn, answer, np.flatnonzero(differs))
    return Reproduction(rows=len(drawn.rows), **shares)


def _unlike(submission: Submission, drawn: _Drawn, answer: Message, wrong: NDArray[np.int64]) -> ParetoNLPError:
    """The rows that the graph answers otherwise."""
    given, exits = drawn.attempt.given, answer["exit_stage"]
    name = submission.predictions_file(drawn.attempt.point.name, drawn.attempt.task)
    file = None if name is None else name.relative_to(submission.root).as_posix()
    findings = []
    for place in sorted(wrong.tolist(), key=lambda place: drawn.rows[place])[:_ROWS_SHOWN]:
        row = int(drawn.rows[place])
        stated, found = f"{given.answers[row]:.6g}", f"{answer['answers'][place]:.6g}"
        if given.exit_stage is not None:
            stated += f" at stage {given.exit_stage[row]}"
            found += f" at stage {exits[place]}"
        findings.append(
            Finding(
                "not-reproduced",
                f"the prediction is {stated}; the model gives {found}",
                file=file,
                row=row + 2,
            )
        )
    rows = len(drawn.rows)
    return ParetoNLPError(
        *findings,
        Finding(
            "not-reproduced",
            f"{len(wrong):,} of {rows:,} rows that were run again differ",
            file=file,
            expected=f"at most {1 - AGREE:.0%}, for ties",
            remedy="Hand in the predictions of these weights: paretonlp predict writes them.",
        ),
    )
