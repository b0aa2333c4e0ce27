"""How far a figure is chance: the same points trained from several seeds.

``python -m baselines.spread STORE STORE STORE`` prints mean and standard deviation of the points in all of them.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, stdev

from harness.store import find_reports

Key = tuple[str, str, str]
"""Submission, point, task."""


def scores(store: Path) -> dict[Key, float]:
    """Every score of a store, in percent."""
    return {
        (entry.report.submission.name, result.point, result.task_id): 100 * result.score.value
        for entry in find_reports(store)[0]
        for result in entry.report.results
    }


def rows(seeds: Sequence[dict[Key, float]]) -> Iterator[tuple[Key, float, float, list[float]]]:
    """Key, mean, standard deviation (of a sample, n - 1) and the scores, in the order of the seeds."""
    for key in seeds[0]:
        if all(key in seed for seed in seeds):
            values = [seed[key] for seed in seeds]
            yield key, mean(values), stdev(values), values


def document(stores: Sequence[Path]) -> str:
    """A Markdown table."""
    lines = ["| submission | point | task | mean | deviation | seeds |", "| --- | --- | --- | ---: | ---: | --- |"]
    for (submission, point, task), middle, deviation, values in rows([scores(store) for store in stores]):
        each = ", ".join(f"{value:.1f}" for value in values)
        lines.append(f"| {submission} | {point} | {task} | {middle:.1f} | {deviation:.1f} | {each} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("Give two stores or more, one a seed: python -m baselines.spread submissions .cache/paretonlp/seeds/1")
    sys.stdout.write(document([Path(store) for store in sys.argv[1:]]))
