"""From the names that a user gives to tasks and their splits."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.findings import did_you_mean, fail
from harness.tasks import suite as find_suite
from harness.tasks.loading import load_split
from harness.tasks.types import Split, Task


def tasks_of(suite: str, names: Sequence[str] = ()) -> tuple[Task, ...]:
    """The tasks of a suite that are named, in that order; all of them where none is.

    Raises:
        ParetoNLPError: there is no such suite or task.
    """
    found = find_suite(suite)
    chosen = []
    for name in names:
        task = found.task(name)
        if task is None:
            known = did_you_mean(name, [task.name for task in found.tasks])
            raise fail("no-such-task", f"suite {suite} has no task {name!r}", remedy=known)
        chosen.append(task)
    return tuple(chosen) or found.tasks


def split_loader(data_dir: Path | None) -> Callable[[Task], Split]:
    """Loads a task's split, once, however many submissions ask for it."""

    loaded: dict[tuple[str, str], Split] = {}

    def load(task: Task) -> Split:
        key = task.dataset.name, task.split
        if key not in loaded:
            loaded[key] = load_split(task.dataset, task.split, data_dir)
        return loaded[key]

    return load
