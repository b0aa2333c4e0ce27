"""A submission: a folder or zip, copied, read and checked. Nothing of it is run."""

import os
import shutil
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.findings import Finding, ParetoNLPError, did_you_mean, errors, fail
from harness.submission.archive import unpack
from harness.submission.digests import (
    PREDICTIONS,
    STATED_FILE,
    WEIGHTS,
    compare_digests,
    file_digests,
    folder_sha256,
    read_stated_digests,
    result_sha256,
)
from harness.submission.layout import (
    SUFFIXES,
    PredictionFile,
    cost_findings,
    dataset_findings,
    layout_findings,
    prediction_files,
)
from harness.submission.manifest import Manifest
from harness.submission.manifest_file import MANIFEST_FILE, read_manifest
from harness.submission.model_source import source_findings
from harness.submission.references import reference_findings
from harness.submission.staging import make_folder, private_folder, stage
from harness.submission.text import quoted
from harness.submission.tree import Tree, read_tree
from harness.tasks import DATASETS, SUITES
from harness.tasks.types import Task


@dataclass(frozen=True)
class Submission:
    """A folder whose form is in order. What predictions hold is checked when they are read."""

    root: Path
    """A copy of the folder, with the files that count. It lasts as long as this object."""
    manifest: Manifest
    digests: Mapping[str, str]
    """Every file that counts, as a POSIX path relative to the folder, with its sha256."""
    notes: tuple[Finding, ...] = ()
    """What is worth knowing, and no error."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that count: hidden ones, caches and the harness's own are not among them."""
        return tuple(self.digests)

    @property
    def predictions(self) -> tuple[PredictionFile, ...]:
        """The prediction files, by path."""
        return prediction_files(self.digests)

    def predictions_file(self, point: str, task: Task) -> Path | None:
        """Where a point's predictions for a task are, or None."""
        name = self._predictions_name(point, task)
        return None if name is None else self.root / name

    def folder_sha256(self) -> str:
        """The digest of the folder; of weights, what ``weights.sha256`` states where it is there."""
        return folder_sha256(self.digests)

    @property
    def code_and_assets(self) -> tuple[str, ...]:
        """Names of all files but weights and predictions: what ``encode`` can read."""
        return tuple(name for name in self.digests if not name.startswith((WEIGHTS, PREDICTIONS)))

    def _predictions_name(self, point: str, task: Task) -> str | None:
        stem = f"predictions/{point}/{task.suite}/{task.name}"
        return next((stem + suffix for suffix in SUFFIXES if stem + suffix in self.digests), None)


def content_key(submission: Submission, point: str, task: Task) -> str:
    """The sha256 of all of the folder that one result depends on, hex.

    That is everything but the predictions (weights through ``weights.sha256`` where it is there), for submitted code
    may read all of it, and the one file of predictions: a further file of predictions changes no other key.

    Raises:
        ParetoNLPError: ``no-predictions``.

    """
    name = submission._predictions_name(point, task)
    if name is None:
        raise fail(
            "no-predictions",
            f"Point {point!r} has no predictions for {task.id}.",
            file=f"predictions/{point}/{task.id}.tsv",
        )
    return result_sha256(submission.digests, name)


def load_submission(path: Path | str) -> Submission:
    """The submission in a folder or zip.

    Raises:
        ParetoNLPError: every error that there is, at once.

    """
    submission, findings = inspect_submission(Path(path))
    if submission is None:
        raise ParetoNLPError(*errors(findings))
    return submission


def inspect_submission(path: Path) -> tuple[Submission | None, tuple[Finding, ...]]:
    """The submission in a folder or zip unless there are errors, and all findings, notes too."""
    is_folder = os.path.isdir(path)
    if not is_folder and not os.path.isfile(path):
        return None, (_no_submission(path),)
    home = private_folder()
    root = home / ((path.resolve().name if is_folder else "") or "submission")
    try:
        submission, findings = _inspect(root, stage(path, root) if is_folder else _unpacked(path, root))
    except ParetoNLPError as error:
        submission, findings = None, error.findings
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    if submission is None:
        shutil.rmtree(home, ignore_errors=True)
    else:
        weakref.finalize(submission, shutil.rmtree, home, ignore_errors=True)
    return submission, findings


def _unpacked(archive: Path, root: Path) -> Tree:
    make_folder(root)
    unpack(archive, root)
    return read_tree(root)


def _inspect(root: Path, tree: Tree) -> tuple[Submission | None, tuple[Finding, ...]]:
    """What is wrong with a folder that is our own copy."""
    manifest, document, found = read_manifest(root / MANIFEST_FILE)
    findings = [*tree.findings, *found]
    findings += layout_findings(tree.files, manifest, SUITES)
    findings += source_findings(root, tree.files, manifest)
    digests = file_digests(root, tree.files)
    stated, found = _stated(root, digests)
    findings += found
    if manifest is not None:
        findings += dataset_findings(manifest, document, DATASETS)
        findings += cost_findings(tree.files, manifest, SUITES)
        findings += reference_findings(manifest, document, root, tree.files, stated)
    if manifest is None or errors(findings):
        return None, tuple(findings)
    return Submission(root, manifest, digests, tuple(findings)), tuple(findings)


def _stated(root: Path, digests: Mapping[str, str]) -> tuple[Mapping[str, str], tuple[Finding, ...]]:
    """The digests that are stated for weights, and where they differ from those of the files."""
    if STATED_FILE not in digests:
        return {}, ()
    try:
        stated = read_stated_digests(root / STATED_FILE)
    except ParetoNLPError as error:
        return {}, error.findings
    return stated, tuple(compare_digests(stated, digests))


def _no_submission(path: Path) -> Finding:
    try:
        siblings = os.listdir(path.parent)
    except (OSError, ValueError):
        siblings = []
    hint = did_you_mean(path.name, siblings)
    return Finding(
        "no-submission",
        f"There is no folder or zip file {quoted(str(path))}.",
        expected="a folder that holds submission.yaml, or a zip of one",
        remedy=hint if hint.startswith("Did") else None,
    )
