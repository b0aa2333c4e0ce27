"""A submission as it is now, against what is expected of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.board import AXES
from harness.quality.intervals import paired_difference
from harness.regression.causes import (
    cause_of_answers,
    cause_of_cost,
    cause_of_model,
    changed_files,
    folder_change,
)
from harness.regression.drift import SAME, Drift, Value
from harness.regression.expectation import ExpectedResult, ExpectedSuite
from harness.regression.row_checks import suspects
from harness.store import Replicates

DIGITS = 1e-9
"""Equal scores of equal predictions agree relatively within this: sums of floats differ by processor."""
OF_WEIGHTS = ("effective_flops", "nonzero", "predictions")
"""What is known of the weights alone: not comparable where they are on one side only."""
STRENGTH = {"unknown": 0, "declared": 1, "measured": 2, "confirmed": 2, "reproduced": 2}
_ROWS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Pair:
    """One result, as expected and as it is."""

    submission: str
    suite: str
    old: ExpectedResult
    new: ExpectedResult
    before: ExpectedSuite
    now: ExpectedSuite

    @property
    def key(self) -> str:
        """Name of its replicates."""
        return f"{self.old.point}/{self.suite}/{self.old.task}"

    def drift(self, what: str, old: Value, new: Value, allowed: str, cause: str, *, fails: bool = True) -> Drift:
        """A drift of this result."""
        place = self.old.point, f"{self.suite}/{self.old.task}"
        return Drift(self.submission, what, old, new, allowed, cause, *place, fails=fails)

    @property
    def without_weights(self) -> bool:
        """Whether the weights are on one side only."""
        return self.old.weights_here != self.new.weights_here

    @property
    def changed_rows(self) -> list[int]:
        """The samples whose answers, sizes or exits may have changed."""
        old, new = self.old.answers, self.new.answers
        rows = max(self.old.rows, self.new.rows)
        return suspects((old.lines, old.columns), (new.lines, new.columns), rows)


def compare_suites(
    submission: str, suite: str, before: ExpectedSuite, now: ExpectedSuite, old: Replicates, new: Replicates
) -> list[Drift]:
    """Everything of a submission that is not as expected.

    Args:
        submission: its name.
        suite: of all results.
        before: what is expected.
        now: what it is.
        old: replicates of the expected scores, where they are known.
        new: replicates now.
    """
    files = changed_files(before, now)
    drifts = []
    if files:
        cause = "; ".join(folder_change(files))
        drifts.append(
            Drift(submission, "folder", before.folder_sha256[:12], now.folder_sha256[:12], "any", cause, fails=False)
        )
    expected = {(r.task, r.point): r for r in before.results}
    found = {(r.task, r.point): r for r in now.results}
    for task, point in sorted(expected.keys() | found.keys()):
        was, is_ = expected.get((task, point)), found.get((task, point))
        if was is None or is_ is None:
            old_, new_ = ("none", "a result") if was is None else ("a result", "none")
            cause = "; ".join(folder_change(files)) or "the expectation is of another folder"
            drifts.append(Drift(submission, "result", old_, new_, SAME, cause, point, f"{suite}/{task}"))
        else:
            drifts += _compare(Pair(submission, suite, was, is_, before, now), old, new)
    return drifts


def _compare(pair: Pair, old: Replicates, new: Replicates) -> Iterator[Drift]:
    yield from _inputs(pair)
    yield from _costs(pair)
    yield from _answers(pair)
    yield from _score(pair, old, new)
    yield from _provenance(pair)


def _inputs(pair: Pair) -> Iterator[Drift]:
    """Options, data, and rows."""
    old, new = pair.old, pair.new
    if old.options != new.options:
        before, after = (json.dumps(each.options, sort_keys=True) for each in (old, new))
        drift = pair.drift("options", before, after, SAME, "the folder changed: submission.yaml")
        yield replace(drift, file="submission.yaml")
    if old.fingerprint != new.fingerprint:
        before, after = (f"{each.fingerprint[:12]}, {each.rows:,} rows" for each in (old, new))
        yield pair.drift("data", before, after, SAME, "the task's data changed")


def _costs(pair: Pair) -> Iterator[Drift]:
    """Work and sizes, exactly."""
    cause = cause_of_cost(pair.before, pair.now, pair.old, pair.new)
    size_cause = cause_of_model(pair.before, pair.now, pair.old, pair.new)
    for name, axis in AXES.items():
        old, new = pair.old.costs.get(name), pair.new.costs.get(name)
        if old != new and not (name in OF_WEIGHTS and pair.without_weights):
            yield pair.drift(name, old, new, SAME, cause if axis.is_work else size_cause)
    if pair.without_weights:
        there = ("there", "not there") if pair.old.weights_here else ("not there", "there")
        yield pair.drift("weights", *there, "any", f"{', '.join(OF_WEIGHTS)} are not compared", fails=False)
    if pair.old.unpriced != pair.new.unpriced:
        before, after = (", ".join(each.unpriced) or "none" for each in (pair.old, pair.new))
        yield pair.drift("operators without a formula", before, after, SAME, cause)


def _answers(pair: Pair) -> Iterator[Drift]:
    """The file of predictions, and which of its rows."""
    old, new = pair.old.answers, pair.new.answers
    if old.sha256 == new.sha256:
        return
    rows = pair.changed_rows
    if pair.old.rows != pair.new.rows:
        told = f"{pair.old.rows:,} rows -> {pair.new.rows:,}"
    elif not rows:
        told = "the same answers, written otherwise"
    elif len(rows) == 1:
        told = f"sample {rows[0]} changed"
    else:
        more = f" and {len(rows) - _ROWS_SHOWN:,} more" if len(rows) > _ROWS_SHOWN else ""
        told = f"changes among samples {', '.join(map(str, rows[:_ROWS_SHOWN]))}{more}"
    cause = f"the folder changed: {new.file}"
    drift = pair.drift("predictions", old.sha256[:12], f"{new.sha256[:12]}, {told}", SAME, cause)
    yield replace(drift, file=new.file, row=rows[0] + 2 if rows else None)


def _score(pair: Pair, old: Replicates, new: Replicates) -> Iterator[Drift]:
    """Exactly where the predictions are the same, else within the paired interval."""
    before, after = pair.old.score, pair.new.score
    if abs(after - before) <= DIGITS * max(abs(before), abs(after)):
        return
    cause = cause_of_answers(pair.before, pair.now, pair.old, pair.new)
    same_data = pair.old.fingerprint == pair.new.fingerprint and pair.old.metric == pair.new.metric
    if not pair.changed_rows or not same_data or not _paired(pair.key, old, new):
        yield pair.drift("score", before, after, SAME, cause)
        return
    interval = paired_difference(new[pair.key], old[pair.key]).interval
    within = interval.low <= 0 <= interval.high
    allowed = f"paired difference {interval.low:+.4f} to {interval.high:+.4f} to hold 0"
    yield pair.drift("score", before, after, allowed, cause, fails=not within)


def _paired(key: str, old: Replicates, new: Replicates) -> bool:
    return key in old and key in new and old[key].shape == new[key].shape


def _provenance(pair: Pair) -> Iterator[Drift]:
    """Not lowered; raised is worth knowing."""
    for name, old in pair.old.provenance.items():
        new = pair.new.provenance.get(name, "unknown")
        if old != new and not (name in OF_WEIGHTS and pair.without_weights):
            cause = cause_of_model(pair.before, pair.now, pair.old, pair.new)
            lowered = STRENGTH.get(new, 0) < STRENGTH.get(old, 0)
            yield pair.drift(f"provenance of {name}", old, new, "not lowered", cause, fails=lowered)
