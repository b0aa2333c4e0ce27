"""Some of the work of an evaluation to its results: one child measures, another runs again, this process scores."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.confirming import Claim, check_claim
from harness.cost.paths import distinct_paths
from harness.findings import fail
from harness.measuring import Need, Sizes, ask, measured_models
from harness.observing import observe
from harness.planning import Load, Work, versions
from harness.quality.intervals import interval, replicates
from harness.quality.metrics import METRICS
from harness.report import Result, Score
from harness.reproducing import Attempt, reproduce
from harness.results import check_exits, declared_result, measured_result
from harness.sandbox.levels import Level
from harness.sandbox.runner import sandboxed
from harness.store import Replicates
from harness.submission import Predictions, Submission, distinct_modules, read_predictions
from harness.submission.model_source import defines
from harness.tasks.types import Split
from harness.weights_at_hand import weights_here

Progress = Callable[[str, int, int], None]
Scored = tuple[Score, NDArray[np.float64]]
"""A score and its replicates."""
Key = tuple[str, str]
"""Name of a point, and of a dataset."""


def results_of(
    submission: Submission,
    todo: Sequence[Work],
    load: Load,
    limit: int | None,
    level: Level | None,
    rows_again: int,
    progress: Progress,
) -> tuple[list[Result], Replicates]:
    """The results of all work, in its order, with the replicates of each.

    ``rows_again`` samples of each are run again.

    Raises:
        ParetoNLPError: everything that is wrong with the predictions or the submitted code.
    """
    given = [_predictions(submission, item, load(item.task), limit) for item in todo]
    if not todo:
        return [], {}
    if not (submission.root / "model.py").is_file():
        scored = [_score(item, each, load(item.task)) for item, each in zip(todo, given, strict=True)]
        results = [
            declared_result(_facts(item, load(item.task), limit, ""), item.point, score)
            for item, (score, _) in zip(todo, scored, strict=True)
        ]
        return results, _by_key(results, scored)
    scored, attempts, reached = _attempts(submission, todo, given, load, level, progress)
    for attempt in attempts:
        check_exits(attempt.given, attempt.model, attempt.point.name)
    again = reproduce(submission, attempts, reached, rows_again, progress)
    ratios = observe(submission, attempts, reached, rows_again)
    results = [
        measured_result(
            _facts(item, load(item.task), limit, reached),
            attempt,
            score,
            "declared" if attempt.digests is None else "confirmed",
            reproduction,
            ratio,
        )
        for item, attempt, (score, _), reproduction, ratio in zip(todo, attempts, scored, again, ratios, strict=True)
    ]
    return results, _by_key(results, scored)


def _attempts(
    submission: Submission,
    todo: Sequence[Work],
    given: Sequence[Predictions],
    load: Load,
    level: Level | None,
    progress: Progress,
) -> tuple[list[Scored], list[Attempt], Level]:
    """Every score with its replicates, everything that was measured, and the level that the child ran at."""
    weights = _weights(submission, todo)
    asked = {key: ask(need) for key, need in _needs(todo, given, weights).items()}
    claims = _claims(submission, todo, given, load)
    jobs = [*(each.job for each in asked.values()), *(claim.job for claim in claims)]
    reads = [path for path in weights.values() if path is not None]
    with ThreadPoolExecutor(1) as pool, sandboxed(submission.root, jobs, level=level, reads=reads) as child:
        # the child imports torch and traces; meanwhile this process scores
        scores = [pool.submit(_score, item, each, load(item.task)) for item, each in zip(todo, given, strict=True)]
        answers = []
        for answer in child.answers():
            answers.append(answer)
            progress(f"measuring {submission.manifest.name}", len(answers), len(jobs))
        scored = [score.result() for score in scores]
    traced = measured_models(submission, list(asked.values()), answers[: len(asked)], child.level, reads)
    models = dict(zip(asked, traced, strict=True))
    told = answers[len(asked) :]
    digests = [check_claim(claim, answer) for claim, answer in zip(claims, told, strict=True)]
    attempts = [
        Attempt(
            *(item.point, item.task, load(item.task), each),
            model=models[_key(item)],
            weights=weights[_key(item)],
            digests=digests[place] if digests else None,
        )
        for place, (item, each) in enumerate(zip(todo, given, strict=True))
    ]
    return scored, attempts, child.level


def _claims(submission: Submission, todo: Sequence[Work], given: Sequence[Predictions], load: Load) -> list[Claim]:
    """The sizes to confirm: of every prediction file, where the model has ``encode``."""
    if not submission.manifest.sizes or not defines(submission.root / "model.py", "encode"):
        return []
    return [
        Claim(item.point, item.task, load(item.task), each.sizes, len(each.answers))
        for item, each in zip(todo, given, strict=True)
    ]


def _key(item: Work) -> Key:
    return item.point.name, item.task.dataset.name


def _weights(submission: Submission, todo: Sequence[Work]) -> dict[Key, Path | None]:
    """The weights of every point on every dataset, where they can be had."""
    asked = {_key(item): item for item in todo}
    return {key: weights_here(submission, item.point, item.task.dataset.name) for key, item in asked.items()}


def _needs(todo: Sequence[Work], given: Sequence[Predictions], weights: Mapping[Key, Path | None]) -> dict[Key, Need]:
    """One need for each point and dataset, with the sizes of all its tasks."""
    found: dict[Key, Need] = {}
    for item, each in zip(todo, given, strict=True):
        key = _key(item)
        before = found.get(key)
        sizes = tuple(distinct_paths(each.sizes, None, len(each.answers)).distinct_sizes())
        sequences, _ = distinct_modules(each.modules or ())
        modules = tuple(dict.fromkeys(run for sequence in sequences for run in sequence))
        if before is not None:
            _same_names(item, before.sizes[0], sizes[0])
            sizes = tuple({tuple(size.values()): size for size in (*before.sizes, *sizes)}.values())
            modules = tuple(dict.fromkeys((*before.modules, *modules)))
        found[key] = Need(item.point, item.task.dataset.name, sizes, modules, weights[key])
    return found


def _same_names(item: Work, before: Sizes, sizes: Sizes) -> None:
    """A model of one dataset reads inputs of the same sizes on all its tasks."""
    if before.keys() != sizes.keys():
        raise fail(
            "missing-column",
            f"the size columns are {', '.join(sizes)}; on another task of {item.task.dataset.name} {', '.join(before)}",
            file=f"predictions/{item.point.name}/{item.task.id}",
            expected="the same columns",
        )


def _predictions(submission: Submission, item: Work, split: Split, limit: int | None) -> Predictions:
    given = read_predictions(item.predictions, item.task, split.rows, submission.manifest.sizes)
    if limit is None or limit >= split.rows:
        return given
    return Predictions(
        answers=given.answers[:limit],
        sizes={name: sizes[:limit] for name, sizes in given.sizes.items()},
        exit_stage=None if given.exit_stage is None else given.exit_stage[:limit],
        modules=None if given.modules is None else given.modules[:limit],
        notes=given.notes,
    )


def _score(item: Work, given: Predictions, split: Split) -> tuple[Score, NDArray[np.float64]]:
    metric = METRICS[item.task.metric]
    gold = split.gold[: len(given.answers)]
    drawn = replicates(metric, given.answers, gold)
    parts = metric.score_parts(given.answers, gold)
    score = Score(metric=metric.name, value=sum(parts.values()) / len(parts), parts=parts, interval=interval(drawn))
    return score, drawn


def _facts(item: Work, split: Split, limit: int | None, sandbox: str) -> dict[str, object]:
    """What a result is a result of. A limit that leaves no row out is none."""
    task = item.task
    limit = None if limit is None or limit >= split.rows else limit
    return {
        "suite": task.suite,
        "task": task.name,
        "point": item.point.name,
        "dataset": task.dataset.name,
        "split": task.split,
        "rows": limit or split.rows,
        "official_rows": task.dataset.official_rows.get(task.split),
        "fingerprint": split.fingerprint,
        "key": item.key,
        "limit": limit,
        "versions": versions(),
        "sandbox": sandbox,
    }


def _by_key(results: Sequence[Result], scored: Sequence[tuple[Score, NDArray[np.float64]]]) -> Replicates:
    return {result.replicates_key: drawn for result, (_, drawn) in zip(results, scored, strict=True)}
