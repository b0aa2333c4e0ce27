"""From the names that a user gives to tasks and their splits."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.findings import did_you_mean, fail
from harness.tasks import suite as find_suite
from harness.tasks.loading import check_directory, load_split, load_texts
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


def refuse_hidden(tasks: Sequence[Task]) -> None:
    """Stop where tasks are to be scored whose gold a server keeps.

    Raises:
        ParetoNLPError: some of the tasks are hidden.
    """
    hidden = [task.id for task in tasks if task.hidden]
    if hidden:
        suite = hidden[0].partition("/")[0]
        raise fail(
            "hidden-gold",
            f"{', '.join(hidden)} can not be scored: a server keeps the gold",
            expected="a suite whose gold is public, such as glue",
            remedy=f"Predict with 'paretonlp predict FOLDER --suite {suite}'; hand in what "
            "'paretonlp export --format glue' makes of it.",
        )


def split_loader(data_dir: Path | None) -> Callable[[Task], Split]:
    """Loads a task's split, once, however many submissions ask for it; of a hidden one the texts alone.

    Raises:
        ParetoNLPError: the data directory is no directory.
    """
    if data_dir is not None:
        check_directory(data_dir)
    loaded: dict[tuple[str, str, bool], Split] = {}

    def load(task: Task) -> Split:
        key = task.dataset.name, task.split, task.hidden
        if key not in loaded:
            load_one = load_texts if task.hidden else load_split
            loaded[key] = load_one(task.dataset, task.split, data_dir)
        return loaded[key]

    return load
