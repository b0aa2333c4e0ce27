"""Why a figure is likely to have drifted: what changed of all that is recorded."""

from collections.abc import Mapping

from harness.regression.expectation import ExpectedResult, ExpectedSuite
from harness.report import Work

PREDICTIONS = "predictions/"
NOTHING = "nothing recorded changed: the harness's own code"
_SHOWN = 4


def changed_files(before: ExpectedSuite, now: ExpectedSuite) -> list[str]:
    """The files of the folder that changed, came or went."""
    names = sorted(before.files.keys() | now.files.keys())
    return [name for name in names if before.files.get(name) != now.files.get(name)]


def folder_change(files: list[str]) -> list[str]:
    """``the folder changed: model.py, assets/ranks.json``, where it did."""
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return [f"the folder changed: {', '.join(files[:_SHOWN])}{more}"] if files else []


def changed_versions(before: ExpectedSuite, now: ExpectedSuite) -> list[str]:
    """``torch 2.13.0 -> 2.14.0`` for each library."""
    return [
        f"{name} {old} -> {now.versions.get(name)}"
        for name, old in before.versions.items()
        if now.versions.get(name) != old
    ]


def changed_data(old: ExpectedResult, new: ExpectedResult) -> list[str]:
    """Whether the task's texts or gold are others."""
    if old.fingerprint == new.fingerprint:
        return []
    return [f"the task's data changed: fingerprint {old.fingerprint[:12]} -> {new.fingerprint[:12]}"]


def changed_operators(old: Mapping[str, Work], new: Mapping[str, Work]) -> list[str]:
    """Whose formula changed (as many calls, other work), or which are called more or less often."""
    formulas: list[str] = []
    calls: list[str] = []
    for name in sorted(old.keys() | new.keys()):
        before, after = old.get(name), new.get(name)
        if before != after:
            alike = before is not None and after is not None and before.calls == after.calls
            (formulas if alike else calls).append(name)
    told = [f"the formula of {name}" for name in formulas]
    return told + [f"calls of {name}" for name in calls]


def cause_of_answers(before: ExpectedSuite, now: ExpectedSuite, old: ExpectedResult, new: ExpectedResult) -> str:
    """Why a score drifted: its predictions, the gold, or what scores."""
    files = [name for name in changed_files(before, now) if name == new.answers.file]
    return _joined(folder_change(files) + changed_data(old, new) + changed_versions(before, now))


def cause_of_model(before: ExpectedSuite, now: ExpectedSuite, old: ExpectedResult, new: ExpectedResult) -> str:
    """Why something that the model decides drifted: a cost, a size, a provenance, answers of a second run."""
    files = [
        name for name in changed_files(before, now) if not name.startswith(PREDICTIONS) or name == new.answers.file
    ]
    return _joined(folder_change(files) + changed_data(old, new) + changed_versions(before, now))


def cause_of_cost(before: ExpectedSuite, now: ExpectedSuite, old: ExpectedResult, new: ExpectedResult) -> str:
    """Why a cost drifted; where neither folder nor data did, the operators whose work is another are named."""
    cause = cause_of_model(before, now, old, new)
    if "the folder changed" in cause or "the task's data changed" in cause:
        return cause
    operators = changed_operators(old.operators, new.operators)
    return f"{cause}, {', '.join(operators[:_SHOWN])}" if operators else cause


def _joined(changes: list[str]) -> str:
    return "; ".join(changes) or NOTHING
