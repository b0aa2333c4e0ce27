"""Submissions evaluated anew side by side, and all that drifted."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from harness.findings import ParetoNLPError, fail, from_os_error
from harness.planning import Load
from harness.regression.causes import cause_of_model, changed_files, folder_change
from harness.regression.comparing import compare_suites
from harness.regression.drift import Drift, failures
from harness.regression.expectation import Expectation, ExpectedSuite, expectation_file, read_expectation
from harness.regression.formats import Checked
from harness.regression.fronts import compare_fronts
from harness.regression.rerun import Rerun, rerun
from harness.regression.spread import Spread
from harness.tasks.types import Split, Task

AT_ONCE = 4
"""Submissions at a time, where there are as many processors: each takes a process of torch."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What checking came to."""

    drifts: tuple[Drift, ...]
    checked: tuple[Checked, ...]

    @property
    def fails(self) -> bool:
        """Whether any drift is more than is allowed."""
        return any(drift.fails for drift in self.drifts)


def name_of(folder: Path) -> str:
    """A submission is called as its folder is."""
    return folder.resolve().name


def expected_spread(expected: Path, suite: str, folder: Path) -> Spread:
    """The spread of seeds that is recorded of a submission.

    Raises:
        ParetoNLPError: none is.
    """
    known = read_expectations(expected, suite).get(name_of(folder))
    spread = known.suites[suite].spread if known else None
    if spread is None:
        raise fail(
            "no-spread",
            f"No spread of seeds is recorded for {name_of(folder)} on {suite}.",
            remedy=f'Record it: paretonlp regress {folder} --retrain --update --reason "..."',
        )
    return spread


def read_expectations(expected: Path, suite: str) -> dict[str, Expectation]:
    """All expectations of a folder that say something of a suite, by submission."""
    found = (read_expectation(path) for path in sorted(expected.glob("*.json")))
    return {each.submission: each for each in found if suite in each.suites}


def check(folders: Sequence[Path], suite: str, tasks: Sequence[Task], load: Load, expected: Path, say: Say) -> Outcome:
    """Evaluate submissions anew and compare with what is expected of them. Nothing is written.

    Raises:
        ParetoNLPError: nothing is expected of one of them, or an expectation is broken.
    """
    known = read_expectations(expected, suite)
    for folder in folders:
        if name_of(folder) not in known:
            raise nothing_expected(folder, suite, expected)
    reruns = rerun_all(folders, tasks, load, say)
    before = {name: expectation.suites[suite] for name, expectation in known.items()}
    now = dict(before)
    drifts: list[Drift] = []
    for folder, outcome in zip(folders, reruns, strict=True):
        name = name_of(folder)
        if isinstance(outcome, ParetoNLPError):
            drifts += failures(name, outcome)
        else:
            now[name] = outcome.suite
            drifts += compare(name, suite, before[name], outcome)
    drifts += compare_fronts(suite, before, now)
    return Outcome(tuple(drifts), tuple(_checked(folders, suite, before)))


def nothing_expected(folder: Path, suite: str, expected: Path) -> ParetoNLPError:
    """What to raise where an expectation is missing."""
    return fail(
        "no-expectation",
        f"Nothing is expected of {name_of(folder)} on {suite}.",
        file=str(expectation_file(expected, name_of(folder))),
        remedy=f'Record what it is now: paretonlp regress {folder} --suite {suite} --update --reason "..."',
    )


def _checked(folders: Sequence[Path], suite: str, before: Mapping[str, ExpectedSuite]) -> list[Checked]:
    """The folders, and each of their results."""
    found = []
    for folder in folders:
        name = name_of(folder)
        found.append(Checked(name, folder.as_posix()))
        found += [Checked(name, folder.as_posix(), r.point, f"{suite}/{r.task}") for r in before[name].results]
    return found


def compare(name: str, suite: str, before: ExpectedSuite, outcome: Rerun) -> list[Drift]:
    """What a submission is now against what is expected of it, and what a second run answers otherwise."""
    old = outcome.replicates_of(before, suite)
    drifts = compare_suites(name, suite, before, outcome.suite, old, outcome.replicates)
    return [*drifts, *(replace(drift, cause=_cause(drift, suite, before, outcome)) for drift in outcome.differing)]


def _cause(drift: Drift, suite: str, before: ExpectedSuite, outcome: Rerun) -> str:
    """The likely cause of an answer that a second run gives otherwise."""
    key = drift.point, drift.task
    old, new = (
        next((r for r in each.results if (r.point, f"{suite}/{r.task}") == key), None)
        for each in (before, outcome.suite)
    )
    if old is None or new is None:
        return "; ".join(folder_change(changed_files(before, outcome.suite)))
    return cause_of_model(before, outcome.suite, old, new)


def rerun_all(
    folders: Sequence[Path], tasks: Sequence[Task], load: Load, say: Say, *, in_place: bool = False
) -> list[Rerun | ParetoNLPError]:
    """Evaluate submissions anew, some at a time; of one that fails, its error."""
    lock = Lock()

    def load_once(task: Task) -> Split:
        with lock:
            return load(task)

    def run(folder: Path) -> Rerun | ParetoNLPError:
        begun = time.monotonic()
        try:
            outcome = rerun(folder, tasks, load_once, in_place=in_place)
        except ParetoNLPError as error:
            say(f"{name_of(folder)}: can not be checked")
            return error
        except OSError as error:
            return from_os_error(error)
        counts = f"{len(outcome.suite.results)} results, of {outcome.run_again} the model run again"
        say(f"{name_of(folder)}: {counts}, {time.monotonic() - begun:.1f} s")
        return outcome

    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(run, folders))
