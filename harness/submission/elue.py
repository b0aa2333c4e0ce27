"""Bringing over a submission in ELUE's own form (Liu et al. 2022, section 3.3).

That form is a prediction file (``index``, ``pred``, ``modules``) for each task and efficiency
setting, and a Python file with ``module_list`` and ``entire_model``. What the form does not say is
asked for: ``import_questions`` lists the questions, ``import_elue`` takes the answers by key.
"""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from harness.atomic import new_folder, new_text_file
from harness.findings import Finding, ParetoNLPError
from harness.submission.elue_answers import Answers, PlacedFile, Question, place, questions_of, read_head
from harness.submission.elue_source import ElueSource, read_rows, staged_source
from harness.submission.folder import Submission, load_submission
from harness.submission.manifest import DeclaredCost, Manifest, Point
from harness.submission.manifest_file import MANIFEST_FILE, write_manifest
from harness.submission.model_source import MODEL_FILE
from harness.submission.predictions import read_predictions

_MODEL = '''"""Written by 'paretonlp import-elue': ELUE's two objects as the functions of this format."""

import importlib

MODULES = {modules!r}


def build_modules(dataset, **options):
    """The modules that the column 'modules' names."""
    return dict(importlib.import_module(MODULES[dataset]).module_list)


def build_model(dataset, **options):
    """The whole network, of which the parameters are counted."""
    return importlib.import_module(MODULES[dataset]).entire_model
'''


def import_questions(source: Path) -> tuple[Question, ...]:
    """What has to be answered before a folder can be brought over, with suggestions.

    Raises:
        ParetoNLPError: where the folder is not of ELUE's form.

    """
    with staged_source(source) as (_, found):
        return tuple(questions_of(found, source))


def import_elue(source: Path, target: Path, answers: Mapping[str, str]) -> Submission:
    """Write a folder of this format from one of ELUE's, whole or not at all.

    Args:
        source: The folder in ELUE's form; it is left as it is.
        target: The folder to write; it must not be there.
        answers: Answers by the key of their question; where one is left out, the suggestion.

    Raises:
        ParetoNLPError: ``import-answer`` for what is unanswered or no answer, ``folder-exists``,
            and every finding of the files.

    """
    with staged_source(source) as (copy, found):
        reader = Answers(tuple(questions_of(found, source)), answers)
        head = read_head(reader)
        placed = [place(file, found, reader) for file in found.predictions]
        reader.finish()
        files = [file for file in placed if file is not None]
        _refuse_conflicts(files, found)
        with new_folder(target) as staging:
            write_manifest(staging / MANIFEST_FILE, _manifest(head, files))
            _write_models(copy, staging, found, files)
            findings = [finding for file in files for finding in _convert(copy, staging, file)]
            if findings:
                raise ParetoNLPError(*findings)
            load_submission(staging)
    return load_submission(target)


def _refuse_conflicts(files: list[PlacedFile], found: ElueSource) -> None:
    """Two files in one place, two models for one dataset, or a name that is taken."""
    findings = []
    places: dict[tuple[str, str], str] = {}
    models: dict[str, str] = {}
    for placed in files:
        path = placed.file.path
        other = places.setdefault((placed.point, placed.task.id), path)
        if other != path:
            message = f"{other} is point {placed.point!r} of {placed.task.id} as well."
            remedy = f"Answer {path}:point with another name."
            findings.append(Finding("import-same-place", message, path, remedy=remedy))
        dataset = placed.task.dataset.name
        if placed.model is not None and models.setdefault(dataset, placed.model) != placed.model:
            message = f"{models[dataset]} and {placed.model} both hold modules for {dataset}."
            findings.append(Finding("import-two-models", message, path, expected="one model"))
    taken = {MODEL_FILE, *_module_files(files).values()}
    for helper in found.helpers:
        if helper in taken:
            message = f"{helper} has the name of a file that is written."
            findings.append(Finding("import-name", message, helper, remedy="Rename it."))
    if findings:
        raise ParetoNLPError(*findings)


def _module_files(files: list[PlacedFile]) -> dict[str, str]:
    """The Python files with modules, and what they are called in the new folder."""
    models = list(dict.fromkeys(placed.model for placed in files if placed.model is not None))
    if len(models) == 1:
        return {models[0]: "elue_model.py"}
    return {model: f"elue_model_{number}.py" for number, model in enumerate(models, start=1)}


def _manifest(head: Mapping[str, str | None], files: list[PlacedFile]) -> Manifest:
    declared: dict[str, dict[str, DeclaredCost]] = {}
    for placed in files:
        costs = declared.setdefault(placed.point, {})
        if placed.declared is not None:
            costs[placed.task.dataset.name] = placed.declared
    points = tuple(Point(name=name, declared=costs) for name, costs in declared.items())
    return Manifest.model_validate({**head, "sizes": {}, "points": points})


def _write_models(source: Path, staging: Path, found: ElueSource, files: list[PlacedFile]) -> None:
    """model.py, the Python files with the modules beside it, and those that they may import."""
    names = _module_files(files)
    if not names:
        return
    for path, name in names.items():
        shutil.copyfile(source / path, staging / name)
    for helper in found.helpers:
        (staging / helper).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / helper, staging / helper)
    modules = {
        placed.task.dataset.name: PurePosixPath(names[placed.model]).stem
        for placed in files
        if placed.model is not None
    }
    with new_text_file(staging / MODEL_FILE) as stream:
        stream.write(_MODEL.format(modules=modules))


def _convert(source: Path, staging: Path, placed: PlacedFile) -> list[Finding]:
    """Write one file of predictions, and check it; findings name the file that it came from."""
    file = placed.file
    target = staging / "predictions" / placed.point / f"{placed.task.id}.tsv"
    try:
        rows = read_rows(source / file.path, file)
        with new_text_file(target) as stream:
            header = ["index", "prediction", *(["modules"] if file.has_modules else [])]
            stream.writelines("\t".join(row) + "\n" for row in [header, *rows])
        read_predictions(target, placed.task, None, {})
    except ParetoNLPError as error:
        return [replace(finding, file=file.path) for finding in error.findings]
    return []
