"""Costs that no graph can hold: is the processor busy for longer than they explain?

Where the control flow depends on values, the model's own process says what it did, and nobody can run that again. Such
a cost is ``self-reported``. What can be seen from outside is how long the process works: far more than the claimed work
takes on this machine means that more was done than was said.
"""

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from harness.cost.pricing import price
from harness.cost.tape import Tape, Value
from harness.findings import fail
from harness.reproducing import Attempt
from harness.sandbox.levels import Level
from harness.sandbox.policy import Limits
from harness.sandbox.runner import Message, sandboxed
from harness.submission import Submission

MOST = 2.0
"""Honest models take 0.15 to 0.82 of the estimate, hidden work of numpy 45 and more, loops of Python 3 and more."""
BUILD_SECONDS = 2.0
"""Beside the samples: building the model and reading its weights."""
_BYTES = {"float64": 8, "int64": 8, "complex64": 8, "complex128": 16, "float16": 2, "bfloat16": 2, "bool": 1, "int8": 1}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one thread of this machine is."""

    flops: float
    """A second."""
    bytes: float
    """A second, read and written."""
    call: float
    """Seconds of a call from Python."""

    def seconds(self, tape: Tape) -> float:
        """What a forward should take: its arithmetic, its traffic and its calls, one after the other."""
        moved = sum(map(_nbytes, tape.values))
        return price(tape).flops / self.flops + 2 * moved / self.bytes + len(tape.nodes) * self.call


def _nbytes(value: Value) -> int:
    return math.prod(value.shape) * _BYTES.get(value.dtype, 4)


def observe(submission: Submission, attempts: Sequence[Attempt], level: Level, rows: int) -> list[float | None]:
    """For every attempt whose control flow depends on values: processor time over what its claimed cost explains.

    None for all others, where the weights are not there, and where nobody can tell the processor time of a child.

    Raises:
        ParetoNLPError: ``cost-beyond-time``: the process works for more than ``MOST`` times as long.
    """
    seen = [_observable(attempt) and rows > 0 for attempt in attempts]
    if not any(seen):
        return [None] * len(attempts)
    pace = _pace(level)
    return [
        _ratio(submission, attempt, level, rows, pace) if one else None
        for attempt, one in zip(attempts, seen, strict=True)
    ]


def _observable(attempt: Attempt) -> bool:
    return attempt.model.tracing == "values" and attempt.weights is not None and attempt.digests is not None


def _pace(level: Level) -> Pace:
    with (
        TemporaryDirectory(prefix="paretonlp-") as empty,
        sandboxed(Path(empty), [{"verb": "calibrate"}], Limits(threads=1), level) as child,
    ):
        (answer,) = child.answers()
    return Pace(answer["flops"], answer["bytes"], answer["call"])


def _ratio(submission: Submission, attempt: Attempt, level: Level, rows: int, pace: Pace) -> float | None:
    """Of one attempt, on some rows: the time of a process that encodes is taken from that of one that answers too."""
    chosen = np.random.default_rng(secrets.randbits(63)).permutation(len(attempt.given.answers))[:rows]
    texts = attempt.split.examples()
    common = {
        "dataset": attempt.task.dataset.name,
        "options": attempt.point.options,
        "examples": [texts[row] for row in chosen],
    }
    encodes: Message = {"verb": "inputs", **common}
    answers: Message = {
        "verb": "predict",
        "weights": str(attempt.weights),
        "sizes": list(attempt.given.sizes),
        "classes": len(attempt.task.dataset.labels),
        **common,
    }
    encoding, answering = (_cpu(submission, job, attempt, level) for job in (encodes, answers))
    if not encoding or not answering:
        return None
    explained = _explained(attempt, chosen.tolist(), pace)
    ratio = max(0.0, answering - encoding) / (explained + BUILD_SECONDS / MOST)
    if ratio > MOST:
        raise fail(
            "cost-beyond-time",
            f"{attempt.point.name} on {attempt.task.id} works for {answering - encoding:.1f} seconds on {len(chosen)} "
            f"samples; the cost that it reports explains {explained:.1f}",
            file="model.py",
            expected=f"at most {MOST:.0f} times as long",
            remedy="Do all work in operators of torch, where it is counted.",
        )
    return ratio


def _cpu(submission: Submission, job: Message, attempt: Attempt, level: Level) -> float:
    reads = [attempt.weights] if attempt.weights is not None else []
    with sandboxed(submission.root, [job], Limits(seconds=24 * 3600.0, threads=1), level, reads=reads) as child:
        list(child.answers())
    return child.cpu_seconds


def _explained(attempt: Attempt, rows: Sequence[int], pace: Pace) -> float:
    """Seconds that the claimed cost of some samples takes."""
    total, known = 0.0, dict[tuple[int, ...], float]()
    for row in rows:
        sizes: Mapping[str, int] = {name: int(column[row]) for name, column in attempt.given.sizes.items()}
        key = tuple(sizes.values())
        if key not in known:
            known[key] = pace.seconds(attempt.model.tape_at(dict(sizes)))
        total += known[key]
    return total
