"""A published baseline, trained anew by its recipe from a seed."""

import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from harness.findings import fail
from harness.regression import Curve, curve_of
from harness.submission import load_submission
from harness.tasks.types import Task

BACKBONES = Path(__file__).parent / "backbones"
SEEDS = (0, 1, 2)
"""Of the trainings that a spread is made of; the first is the one that a new training has."""


def train_anew(folder: Path, tasks: Sequence[Task], seed: int, cache: Path, say: Callable[[str], None]) -> Curve:
    """The curves of a submission whose models are trained anew, by the method, points and backbone that it names.

    Trainings are kept below ``cache`` while they last, so that one that is cut goes on; and no longer.

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
    work = cache / "retrain" / f"{manifest.name}-seed-{seed}"
    request = Request(
        name=manifest.name,
        backbone_name=manifest.backbone,
        tasks=tuple(tasks),
        points=tuple(point.name for point in manifest.points),
        out=work / manifest.name,
        cache=work / "cache",
        seed=seed,
        say=say,
    )
    import_module(f"baselines.methods.{manifest.method}").build(request, load_backbone(str(backbone)))
    suite, names = tasks[0].suite, [task.name for task in tasks]
    write_predictions(request.out, suite, names)
    curve = curve_of(evaluate(request.out, suite, names), suite)
    shutil.rmtree(work)
    return curve
