"""A published baseline, trained anew by its recipe from a seed: its two cheapest points, to keep it within hours."""

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
SEEDS = (0, 1, 2)
"""Of the trainings that a spread is made of; the first is the one that a new training has."""
POINTS = 2
"""How many points of a curve are trained anew, the cheapest."""


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
    """The points of the fewest FLOPs, a mean over the tasks; of equal ones the first by name."""
    wanted = {task.id for task in tasks}
    costs: dict[str, list[float]] = {}
    for result in report.results:
        if result.task_id in wanted and result.cost.flops is not None:
            costs.setdefault(result.point, []).append(result.cost.flops.mean)
    return tuple(sorted(costs, key=lambda point: (mean(costs[point]), point))[:POINTS])


def forget(cache: Path) -> None:
    """Remove what trainings anew have left, once all of them are done."""
    shutil.rmtree(cache / "retrain", ignore_errors=True)
