"""Which file of a folder is what: predictions by point, suite and task; and names that mean nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.findings import Finding, did_you_mean
from harness.submission.digests import PREDICTIONS, STATED_FILE, WEIGHTS
from harness.submission.manifest import Manifest, Point
from harness.submission.manifest_file import MANIFEST_FILE
from harness.submission.model_source import MODEL_FILE
from harness.submission.text import quoted
from harness.submission.yaml_reading import YamlDocument
from harness.tasks.types import Dataset, Suite

SUFFIXES = (".tsv", ".parquet")
_FOLDERS = (PREDICTIONS, WEIGHTS, "assets/")
_KNOWN = (MANIFEST_FILE, MODEL_FILE, STATED_FILE, *_FOLDERS)
_FREE = ("readme", "license", "licence", "citation", "notice", "requirements", "pyproject")


@dataclass(frozen=True, slots=True)
class PredictionFile:
    """A file of predictions and what its path says of it."""

    path: str
    point: str
    suite: str
    task: str


def prediction_files(files: Collection[str]) -> tuple[PredictionFile, ...]:
    """The files whose path is that of predictions, in the order of their paths."""
    found = []
    for path in sorted(files):
        match path.split("/"):
            case ["predictions", point, suite, name] if name.endswith(SUFFIXES):
                found.append(PredictionFile(path, point, suite, name.rpartition(".")[0]))
    return tuple(found)


def layout_findings(
    files: Collection[str], manifest: Manifest | None, suites: Mapping[str, Suite]
) -> Iterator[Finding]:
    """What is wrong with, or worth knowing of, where files are.

    Codes: ``predictions-place``, ``predictions-kind``, ``predictions-twice``, ``no-such-point``,
    ``no-such-suite``, ``no-such-task``, ``no-predictions``, ``stray-file``.
    """
    predictions = prediction_files(files)
    placed = {prediction.path for prediction in predictions}
    for path in files:
        if path.startswith(PREDICTIONS) and path not in placed:
            yield _misplaced(path)
    seen: set[tuple[str, str, str]] = set()
    for prediction in predictions:
        what = (prediction.point, prediction.suite, prediction.task)
        if what in seen:
            yield Finding(
                "predictions-twice",
                "The same predictions are there as .tsv and as .parquet.",
                file=prediction.path,
                expected="one file",
                remedy="Remove one of them.",
            )
        seen.add(what)
        yield from _unknown_names(prediction, manifest, suites)
    if manifest is not None:
        with_files = {prediction.point for prediction in predictions}
        for point in manifest.points:
            if point.name not in with_files:
                yield Finding(
                    "no-predictions",
                    f"Point {point.name!r} has no predictions.",
                    file=f"{PREDICTIONS}{point.name}",
                    remedy="'paretonlp predict FOLDER' writes them from encode and weights.",
                    severity="note",
                )
    yield from _strays(files)


def dataset_findings(manifest: Manifest, document: YamlDocument, datasets: Mapping[str, Dataset]) -> Iterator[Finding]:
    """Names under ``weights:`` and ``declared:`` that are no dataset."""
    for number, point in enumerate(manifest.points):
        keys: Sequence[tuple[str, Collection[str]]] = (
            ("weights", point.weights),
            ("declared", point.declared),
        )
        for key, names in keys:
            for name in names:
                if name not in datasets:
                    yield Finding(
                        "no-such-dataset",
                        f"There is no dataset {name!r}.",
                        file=MANIFEST_FILE,
                        row=document.row(("points", number, key, name)),
                        expected="the name of a dataset, without a suite",
                        remedy=did_you_mean(name, datasets),
                    )


def cost_findings(files: Collection[str], manifest: Manifest, suites: Mapping[str, Suite]) -> Iterator[Finding]:
    """Predictions that no cost could be given for: no model.py, and nothing declared."""
    if MODEL_FILE in files:
        return
    for prediction in prediction_files(files):
        suite = suites.get(prediction.suite)
        task = suite.task(prediction.task) if suite is not None else None
        point = manifest.point(prediction.point)
        if task is None or task.hidden or point is None or _declares(point, task.dataset.name):
            continue
        yield Finding(
            "cost-unknown",
            f"There is no model.py, and point {point.name!r} declares no cost for {task.dataset.name!r}.",
            file=prediction.path,
            expected="model.py, or flops and parameters under declared:",
            remedy=f"Add 'declared: {{{task.dataset.name}: {{flops: ..., parameters: ...}}}}'.",
        )


def _declares(point: Point, dataset: str) -> bool:
    declared = point.declared.get(dataset)
    return declared is not None and declared.flops is not None and declared.parameters is not None


def _misplaced(path: str) -> Finding:
    placed = path.count("/") == 3
    return Finding(
        "predictions-kind" if placed else "predictions-place",
        f"{quoted(path)} is no file of predictions.",
        file=path,
        expected="predictions/<point>/<suite>/<task>.tsv (or .parquet)",
        remedy="Tab-separated text or parquet is read; rename or convert it." if placed else None,
    )


def _unknown_names(
    prediction: PredictionFile, manifest: Manifest | None, suites: Mapping[str, Suite]
) -> Iterator[Finding]:
    if manifest is not None and manifest.point(prediction.point) is None:
        yield Finding(
            "no-such-point",
            f"{MANIFEST_FILE} has no point {quoted(prediction.point)}.",
            file=prediction.path,
            expected="predictions/<point>/<suite>/<task>.tsv",
            remedy=did_you_mean(prediction.point, [point.name for point in manifest.points]),
        )
    suite = suites.get(prediction.suite)
    if suite is None:
        yield Finding(
            "no-such-suite",
            f"There is no suite {quoted(prediction.suite)}.",
            file=prediction.path,
            expected="predictions/<point>/<suite>/<task>.tsv",
            remedy=did_you_mean(prediction.suite, suites),
        )
    elif suite.task(prediction.task) is None:
        yield Finding(
            "no-such-task",
            f"Suite {suite.name!r} has no task {quoted(prediction.task)}.",
            file=prediction.path,
            expected="predictions/<point>/<suite>/<task>.tsv",
            remedy=did_you_mean(prediction.task, [task.name for task in suite.tasks]),
        )


def _strays(files: Collection[str]) -> Iterator[Finding]:
    """Top-level names that the format gives no meaning, and that no Python file could import."""
    python = {path.split("/")[0] for path in files if path.endswith(".py")}
    for top in sorted({path.split("/")[0] for path in files}):
        is_folder = top not in files
        if (f"{top}/" if is_folder else top) in _KNOWN or top in python:
            continue
        if not is_folder and top.lower().startswith(_FREE):
            continue
        hint = did_you_mean(f"{top}/" if is_folder else top, _KNOWN)
        yield Finding(
            "stray-file",
            f"{quoted(top)} has no meaning in a submission.",
            file=top,
            remedy=hint if hint.startswith("Did") else "Put what model.py reads under assets/.",
            severity="note",
        )
