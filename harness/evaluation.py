"""One submission to its report.

Folder, predictions, distinct paths, tapes, costs; predictions and gold, scores; both, results; the report.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.confirming import Claim, check_claim
from harness.cost.paths import distinct_paths
from harness.findings import ParetoNLPError, fail, from_os_error
from harness.measuring import Need, Sizes, ask, measured_models
from harness.planning import Load, Work, plan, versions
from harness.quality.intervals import interval, replicates
from harness.quality.metrics import METRICS
from harness.report import Report, Result, Score, SubmissionInfo
from harness.results import declared_result, measured_result
from harness.sandbox.levels import AUTO, Level, chosen
from harness.sandbox.runner import sandboxed
from harness.store import REPLICATES, Replicates, merge, read_replicates, read_report, write_replicates, write_report
from harness.submission import (
    LocalWeights,
    Point,
    Predictions,
    Submission,
    distinct_modules,
    load_submission,
    parse_reference,
    read_predictions,
)
from harness.submission.model_source import defines
from harness.tasks.choosing import refuse_hidden, split_loader, tasks_of
from harness.tasks.types import Split, Task

Progress = Callable[[str, int, int], None]


BATCH = 12
"""Results that one child measures before they are written: an interrupted run goes on behind the last of them."""


def evaluate(
    folder: Path | str,
    suite: str = "probe",
    tasks: Sequence[str] = (),
    *,
    data_dir: Path | str | None = None,
    limit: int | None = None,
    force: bool = False,
    sandbox: str = AUTO,
) -> Report:
    """Evaluate a submission and write ``report.json`` and ``replicates.npz`` beside it.

    Results that are there and whose inputs have not changed are kept; those of other suites and tasks always are.

    Args:
        folder: a submission folder, or a zip (then the report is returned and not written).
        suite: whose tasks.
        tasks: names of tasks of the suite; all that have predictions by default.
        data_dir: directory of ``<dataset>/<split>.parquet``; else data come from the Hub.
        limit: evaluate the first rows only. Such results are returned and not written.
        force: make results anew that are there.
        sandbox: the level of isolation of the submitted code, or ``auto``.

    Returns:
        The whole report. Scores are fractions, costs are per sample.

    Raises:
        ParetoNLPError: everything that is wrong with the folder, the predictions or the submitted code.
    """
    load = split_loader(None if data_dir is None else Path(data_dir))
    level = chosen(sandbox)
    return evaluate_tasks(Path(folder), tasks_of(suite, tasks), load, limit=limit, force=force, level=level)


def evaluate_tasks(
    folder: Path,
    tasks: Sequence[Task],
    load: Load,
    *,
    limit: int | None = None,
    force: bool = False,
    level: Level | None = None,
    progress: Progress = lambda _what, _done, _total: None,
) -> Report:
    """As ``evaluate``, on tasks and with a loader of splits that several submissions share."""
    refuse_hidden(tasks)
    submission = load_submission(folder)
    before = _report_before(folder)
    work = plan(submission, tasks, load, before, limit=limit)
    todo = [item for item in work if force or not item.done]
    report = _with_card(before, submission)
    written = limit is None and folder.is_dir()
    if written and not todo and report != before:
        write_report(folder, report)
    for start in range(0, len(todo), BATCH):
        results, drawn = _results(submission, todo[start : start + BATCH], load, limit, level, progress)
        report = merge(report, results)
        if written:
            kept = read_replicates(folder) if (folder / REPLICATES).is_file() else {}
            write_replicates(folder, {**kept, **drawn})
            write_report(folder, report)
    return read_report(folder) if written else report


def _results(
    submission: Submission,
    todo: Sequence[Work],
    load: Load,
    limit: int | None,
    level: Level | None,
    progress: Progress,
) -> tuple[list[Result], Replicates]:
    """The results of all work, with the replicates of each."""
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
    asked = {key: ask(need) for key, need in _needs(submission, todo, given).items()}
    claims = _claims(submission, todo, given, load)
    jobs = [*(each.job for each in asked.values()), *(claim.job for claim in claims)]
    with ThreadPoolExecutor(1) as pool, sandboxed(submission.root, jobs, level=level) as child:
        # the child imports torch and traces; meanwhile this process scores
        scores = [pool.submit(_score, item, each, load(item.task)) for item, each in zip(todo, given, strict=True)]
        answers = []
        for answer in child.answers():
            answers.append(answer)
            progress(f"measuring {submission.manifest.name}", len(answers), len(jobs))
        scored = [score.result() for score in scores]
    traced = measured_models(submission, list(asked.values()), answers[: len(asked)], child.level)
    models = dict(zip(asked, traced, strict=True))
    for claim, answer in zip(claims, answers[len(asked) :], strict=True):
        check_claim(claim, answer)
    results = [
        measured_result(
            _facts(item, load(item.task), limit, child.level),
            submission,
            item.point,
            each,
            models[item.point.name, item.task.dataset.name],
            score,
            "confirmed" if claims else "declared",
        )
        for item, each, (score, _) in zip(todo, given, scored, strict=True)
    ]
    return results, _by_key(results, scored)


def _claims(submission: Submission, todo: Sequence[Work], given: Sequence[Predictions], load: Load) -> list[Claim]:
    """The sizes to confirm: of every prediction file, where the model has ``encode``."""
    if not submission.manifest.sizes or not defines(submission.root / "model.py", "encode"):
        return []
    return [
        Claim(item.point, item.task, load(item.task), each.sizes, len(each.answers))
        for item, each in zip(todo, given, strict=True)
    ]


def _needs(submission: Submission, todo: Sequence[Work], given: Sequence[Predictions]) -> dict[tuple[str, str], Need]:
    """One need for each point and dataset, with the sizes of all its tasks."""
    found: dict[tuple[str, str], Need] = {}
    for item, each in zip(todo, given, strict=True):
        dataset = item.task.dataset.name
        key = item.point.name, dataset
        before = found.get(key)
        sizes = tuple(distinct_paths(each.sizes, None, len(each.answers)).distinct_sizes())
        sequences, _ = distinct_modules(each.modules or ())
        modules = tuple(dict.fromkeys(run for sequence in sequences for run in sequence))
        if before is not None:
            _same_names(item, before.sizes[0], sizes[0])
            sizes = tuple({tuple(size.values()): size for size in (*before.sizes, *sizes)}.values())
            modules = tuple(dict.fromkeys((*before.modules, *modules)))
        found[key] = Need(item.point, dataset, sizes, modules, _weights_here(submission, item.point, dataset))
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


def _weights_here(submission: Submission, point: Point, dataset: str) -> str | None:
    """The weights file of a point, where it is in the folder."""
    if dataset not in point.weights:
        return None
    reference = parse_reference(point.weights[dataset])
    path = submission.root / reference.path if isinstance(reference, LocalWeights) else None
    return str(path) if path is not None and path.is_file() else None


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


def _report_before(folder: Path) -> Report | None:
    return read_report(folder) if (folder / "report.json").is_file() else None


def _with_card(before: Report | None, submission: Submission) -> Report:
    """The report so far, under the card that the folder has now."""
    manifest = submission.manifest
    card = SubmissionInfo(**manifest.model_dump(include=set(SubmissionInfo.model_fields)))
    notes = tuple(str(note) for note in submission.notes)
    return Report(
        submission=card,
        folder_sha256=submission.folder_sha256(),
        results=before.results if before else (),
        notes=notes,
    )


def reports(
    folders: Sequence[Path],
    tasks: Sequence[Task],
    load: Load,
    *,
    limit: int | None,
    force: bool,
    level: Level,
    progress: Progress,
) -> Iterator[tuple[Path, Report | ParetoNLPError]]:
    """Evaluate several submissions; one that fails yields its error, and the others go on."""
    for folder in folders:
        try:
            report = evaluate_tasks(folder, tasks, load, limit=limit, force=force, level=level, progress=progress)
            yield folder, report
        except ParetoNLPError as error:
            yield folder, error
        except OSError as error:
            yield folder, from_os_error(error)
