"""Where a point's weights are: a file of the folder, or one of the Hub at a revision."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.findings import Finding, ParetoNLPError, did_you_mean, fail
from harness.submission.digests import WEIGHTS
from harness.submission.manifest import Manifest
from harness.submission.manifest_file import MANIFEST_FILE
from harness.submission.text import quoted
from harness.submission.weights import read_header
from harness.submission.yaml_reading import YamlDocument

_HUB = re.compile(
    r"hf://(?P<repo>[\w.-]{1,96}/[\w.-]{1,96})(@(?P<revision>[\w.-]{1,96}))?/(?P<file>.{1,400})",
    re.ASCII,
)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SAFETENSORS = ".safetensors"
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz", ".h5")


@dataclass(frozen=True, slots=True)
class LocalWeights:
    """A file of the folder, as a path relative to it; it may be absent."""

    path: str


@dataclass(frozen=True, slots=True)
class HubWeights:
    """A file of a repository of the Hub, at a commit, tag or branch."""

    repo: str
    revision: str
    file: str


def parse_reference(reference: str) -> LocalWeights | HubWeights:
    """What a value under ``weights:`` names.

    >>> parse_reference("hf://org/model@0123abc/sst2/model.safetensors")
    HubWeights(repo='org/model', revision='0123abc', file='sst2/model.safetensors')
    >>> parse_reference("weights/sst2.safetensors")
    LocalWeights(path='weights/sst2.safetensors')

    Raises:
        ParetoNLPError: ``weights-reference``, ``weights-revision``, ``weights-place`` or
            ``weights-kind``.

    """
    hub = _HUB.fullmatch(reference)
    if hub is not None and hub["revision"] is None:
        raise fail(
            "weights-revision",
            f"{quoted(reference)} names no revision.",
            expected="hf://org/repo@revision/file",
            remedy="Put '@' and the commit behind the repository's name.",
        )
    if hub is None and "://" in reference:
        raise fail(
            "weights-reference",
            f"{quoted(reference)} is no reference to weights.",
            expected="hf://org/repo@revision/file or weights/<file>.safetensors",
        )
    path = reference if hub is None else hub["file"]
    _check_path(path, reference)
    if hub is not None:
        return HubWeights(hub["repo"], hub["revision"], path)
    if not path.startswith(WEIGHTS):
        raise fail(
            "weights-place",
            f"{quoted(reference)} is not under {WEIGHTS}.",
            expected=f"{WEIGHTS}<file>.safetensors",
            remedy=f"Move the file to {WEIGHTS}.",
        )
    return LocalWeights(path)


def reference_findings(
    manifest: Manifest,
    document: YamlDocument,
    root: Path,
    files: Collection[str],
    stated: Collection[str],
) -> Iterator[Finding]:
    """What is wrong with, or worth knowing of, the references of all points.

    Args:
        manifest: The manifest.
        document: Its lines.
        root: The folder.
        files: The folder's files.
        stated: The files that ``weights.sha256`` names; absent ones of these are no surprise.

    """
    told: set[str] = set()
    only_stated: list[tuple[str, int | None]] = []
    for number, point in enumerate(manifest.points):
        for dataset, text in point.weights.items():
            row = document.row(("points", number, "weights", dataset))
            try:
                reference = parse_reference(text)
            except ParetoNLPError as error:
                yield from (_at(finding, row) for finding in error.findings)
                continue
            if text in told:
                continue
            told.add(text)
            if isinstance(reference, HubWeights):
                if not _COMMIT.fullmatch(reference.revision):
                    yield _moving(reference, row)
            elif reference.path not in files and reference.path in stated:
                only_stated.append((reference.path, row))
            elif reference.path not in files:
                yield _absent(reference, files, row)
    if only_stated:
        yield _only_stated(only_stated)
    for name in files:
        if name.startswith(WEIGHTS):
            yield from _file_findings(root, name)


def _file_findings(root: Path, name: str) -> Iterator[Finding]:
    """What is wrong with one file under ``weights/``."""
    if name.endswith(_SAFETENSORS):
        try:
            read_header(root / name)
        except ParetoNLPError as error:
            yield from error.findings
    elif name.endswith(_PICKLES):
        yield Finding(
            "weights-kind",
            f"{quoted(name)} is not safetensors.",
            file=name,
            expected="safetensors files only: a pickle runs code when it is read",
            remedy="Write it with safetensors.torch.save_file.",
        )


def _check_path(path: str, reference: str) -> None:
    parts = path.split("/")
    if "\\" in path or not path.isprintable() or any(part in ("", ".", "..") for part in parts):
        raise fail(
            "weights-reference",
            f"{quoted(reference)} is no path inside the folder or repository.",
            expected="a relative path with '/' between folders, without '..'",
        )
    if not path.endswith(_SAFETENSORS):
        raise fail(
            "weights-kind",
            f"{quoted(reference)} is not a safetensors file.",
            expected=f"a name ending in {_SAFETENSORS}: a pickle runs code when it is read",
            remedy="Write the weights with safetensors.torch.save_file.",
        )


def _at(finding: Finding, row: int | None) -> Finding:
    return Finding(
        finding.code,
        finding.message,
        file=MANIFEST_FILE,
        row=row,
        expected=finding.expected,
        remedy=finding.remedy,
    )


def _moving(reference: HubWeights, row: int | None) -> Finding:
    return Finding(
        "weights-revision-moves",
        f"{reference.revision!r} of {reference.repo} is a branch or tag, which can move.",
        file=MANIFEST_FILE,
        row=row,
        expected="a commit (40 hexadecimal digits)",
        severity="note",
    )


def _absent(reference: LocalWeights, files: Collection[str], row: int | None) -> Finding:
    """A note: what needs weights stays declared, everything else can be measured without."""
    hint = did_you_mean(reference.path, [name for name in files if name.startswith(WEIGHTS)])
    return Finding(
        "weights-absent",
        f"{quoted(reference.path)} is not there: the answers cannot be reproduced.",
        file=MANIFEST_FILE,
        row=row,
        remedy=hint if hint.startswith("Did") else None,
        severity="note",
    )


def _only_stated(absent: Sequence[tuple[str, int | None]]) -> Finding:
    """One note for all, as a folder is often published without its weights."""
    first, row = absent[0]
    more = len(absent) - 1
    others = f" and {more} other file{'s' if more > 1 else ''} of weights are" if more else " is"
    return Finding(
        "weights-absent",
        f"{quoted(first)}{others} not there, only {'their digests' if more else 'its digest'}.",
        file=MANIFEST_FILE,
        row=row,
        severity="note",
    )
