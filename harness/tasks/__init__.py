"""Datasets, tasks and suites by name."""

from harness.findings import ParetoNLPError, did_you_mean, fail
from harness.tasks.datasets import ALL as ALL_DATASETS
from harness.tasks.suites import ALL as ALL_SUITES
from harness.tasks.types import Dataset, Suite, Task

__all__ = ["DATASETS", "SUITES", "dataset", "suite", "task"]

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in ALL_DATASETS}
SUITES: dict[str, Suite] = {suite.name: suite for suite in ALL_SUITES}


def dataset(name: str) -> Dataset:
    """The dataset of that name, such as ``mrpc``. Raises ParetoNLPError for an unknown one."""
    if name not in DATASETS:
        raise _unknown("dataset", name, list(DATASETS))
    return DATASETS[name]


def suite(name: str) -> Suite:
    """The suite of that name, such as ``elue``. Raises ParetoNLPError for an unknown one."""
    if name not in SUITES:
        raise _unknown("suite", name, list(SUITES))
    return SUITES[name]


def task(name: str) -> Task:
    """The task ``suite/name``, such as ``elue/mrpc``. Raises ParetoNLPError for an unknown one."""
    tasks = {task.id: task for suite in SUITES.values() for task in suite.tasks}
    if name in tasks:
        return tasks[name]
    if "/" not in name:
        namesakes = [task.id for task in tasks.values() if task.name == name]
        raise fail(
            "no-such-task",
            f"a task is named with its suite, and {name!r} is not.",
            expected="such as " + " or ".join(namesakes or ["elue/mrpc"]),
        )
    known = suite(name.partition("/")[0]).tasks
    raise _unknown("task", name, [task.id for task in known])


def _unknown(kind: str, name: str, known: list[str]) -> ParetoNLPError:
    return fail(f"no-such-{kind}", f"there is no {kind} {name!r}.", remedy=did_you_mean(name, known))
