"""How far a figure is chance: the same points trained from several seeds.

``python -m baselines.spread`` prints mean and standard deviation: of the points in ``submissions`` and in the stores of
``baselines/seeds``, one a seed, and of those whose spread ``paretonlp regress`` expects.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, median, stdev

from harness.regression import read_expectation
from harness.store import find_reports

SEEDS = Path(__file__).parent / "seeds"
"""A store for each seed but that of ``submissions/``: reports alone."""

EXPECTED = Path(__file__).parent / "expected"

Key = tuple[str, str, str]
"""Submission, point, task."""


def seed_stores(store: Path) -> list[Path]:
    """A store, and those of the other seeds."""
    return [store, *sorted(SEEDS.iterdir())]


def scores(store: Path) -> dict[Key, float]:
    """Every score of a store, in percent."""
    return {
        (entry.report.submission.name, result.point, result.task_id): 100 * result.score.value
        for entry in find_reports(store)[0]
        for result in entry.report.results
    }


def in_all(seeds: Sequence[Mapping[Key, float]]) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """The points that all seeds have, with their scores in the order of the seeds."""
    for key in seeds[0]:
        if all(key in seed for seed in seeds):
            yield key, tuple(seed[key] for seed in seeds)


def recorded(expected: Path) -> Iterator[tuple[Key, tuple[float, ...]]]:
    """The points whose spread is expected, with their scores in percent in the order of the seeds."""
    for file in sorted(expected.glob("*.json")):
        expectation = read_expectation(file)
        for suite, of_suite in expectation.suites.items():
            for task, points in of_suite.spread.scores.items() if of_suite.spread else ():
                for point, values in points.items():
                    yield (expectation.submission, point, f"{suite}/{task}"), tuple(100 * value for value in values)


HEAD = """## How far they are chance

The same recipes from several seeds (new weights, batches, dropout): mean, standard deviation of one training, and each
score, in percent. The first score of each is the one that is published.

"""


def document(stores: Sequence[Path], expected: Path) -> str:
    """The part of docs/results.md that says it: a line a task, then a line a point and task; scores in percent."""
    found = [*in_all([scores(store) for store in stores]), *recorded(expected)]
    by_task: dict[str, list[tuple[float, ...]]] = {}
    for (_, _, task), values in found:
        by_task.setdefault(task, []).append(values)
    tasks = ["| task | points | median deviation | published is the best |", "| --- | ---: | ---: | ---: |"]
    tasks += [_task_line(task, of_task) for task, of_task in by_task.items()]
    points = ["| submission | point | task | mean | deviation | seeds |", "| --- | --- | --- | ---: | ---: | --- |"]
    points += [_point_line(key, values) for key, values in found]
    return HEAD + "\n".join([*tasks, "", *points]) + "\n"


def _task_line(task: str, points: Sequence[tuple[float, ...]]) -> str:
    best = sum(values[0] > max(values[1:]) for values in points)
    return f"| {task} | {len(points)} | {median(map(stdev, points)):.1f} | {best} |"


def _point_line(key: Key, values: Sequence[float]) -> str:
    """The deviation is that of a sample, n - 1."""
    each = ", ".join(f"{value:.1f}" for value in values)
    return f"| {' | '.join(key)} | {mean(values):.1f} | {stdev(values):.1f} | {each} |"


if __name__ == "__main__":
    sys.stdout.write(document(seed_stores(Path("submissions")), EXPECTED))
