"""A published baseline, trained anew by its recipe from a seed: two points on two tasks, to keep it within an hour."""

import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import mean

from harness.findings import fail
from harness.regression import Curve, curve_of
from harness.report import Report
from harness.store import read_report
from harness.submission import load_submission
from harness.tasks.types import Task

BACKBONES = Path(__file__).parent / "backbones"
SEED = 0
"""Of the recipes, unless others are asked for: what is published was trained from it, and a new training is."""
OTHER_SEEDS = (1, 2)
"""Of the trainings that, beside what is published, a spread is made of."""
POINTS = 2
"""How many points of a curve are trained anew, the cheapest."""


def spread_tasks(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks that a spread is made of: the first and the last, which in ``probe`` are of classes and of scores."""
    return tuple(dict.fromkeys((tasks[0], tasks[-1])))


def seed_curves(folder: Path, tasks: Sequence[Task], cache: Path, say: Callable[[str], None]) -> dict[int, Curve]:
    """What a spread is made of: the points that ``train_anew`` trains, as published and from other seeds.

    Raises:
        ParetoNLPError: as ``train_anew``.
    """
    report = read_report(folder)
    names, points = {task.name for task in tasks}, cheapest_points(report, tasks)
    kept = tuple(result for result in report.results if result.task in names and result.point in points)
    published = curve_of(report.model_copy(update={"results": kept}), tasks[0].suite)
    return {SEED: published} | {seed: train_anew(folder, tasks, seed, cache, say) for seed in OTHER_SEEDS}


def train_anew(folder: Path, tasks: Sequence[Task], seed: int, cache: Path, say: Callable[[str], None]) -> Curve:
    """The curves of a submission whose models are trained anew, by the method, points and backbone that it names.

    Trainings are kept below ``cache`` until ``forget``, so that one that is cut goes on, and methods share a teacher.

    Raises:
        ParetoNLPError: its method or backbone is not one of this project's.
    """
    from baselines.backbone import load_backbone
    from baselines.methods import METHODS
    from baselines.recipe import Request
    from harness import evaluate, write_predictions

    manifest = load_submission(folder).manifest
    backbone = BACKBONES / manifest.backbone
    if manifest.method not in METHODS or not manifest.backbone or not backbone.is_dir():
        raise fail(
            "not-retrainable",
            f"{manifest.name} is {manifest.method!r} on {manifest.backbone!r}.",
            expected=f"a method of {', '.join(METHODS)} on a backbone of {BACKBONES}",
        )
    work = cache / "retrain" / f"seed-{seed}"
    request = Request(
        name=manifest.name,
        backbone_name=manifest.backbone,
        tasks=tuple(tasks),
        points=cheapest_points(read_report(folder), tasks),
        out=work / manifest.name,
        cache=work / "cache",
        seed=seed,
        say=say,
    )
    import_module(f"baselines.methods.{manifest.method}").build(request, load_backbone(str(backbone)))
    suite, names = tasks[0].suite, [task.name for task in tasks]
    write_predictions(request.out, suite, names)
    return curve_of(evaluate(request.out, suite, names), suite)


def cheapest_points(report: Report, tasks: Sequence[Task]) -> tuple[str, ...]:
    """Of the points on most tasks those of the fewest FLOPs, a mean over the tasks; of equals the first by name."""
    wanted = {task.id for task in tasks}
    costs: dict[str, list[float]] = {}
    for result in report.results:
        if result.task_id in wanted and result.cost.flops is not None:
            costs.setdefault(result.point, []).append(result.cost.flops.mean)
    order = sorted(costs, key=lambda point: (-len(costs[point]), mean(costs[point]), point))
    return tuple(order[:POINTS])


def forget(cache: Path) -> None:
    """Remove what trainings anew have left, once all of them are done."""
    shutil.rmtree(cache / "retrain", ignore_errors=True)
