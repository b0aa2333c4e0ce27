"""Reading and writing ``submission.yaml``: every fault becomes a finding with its line."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from harness.atomic import new_text_file
from harness.findings import Finding, ParetoNLPError, did_you_mean
from harness.submission.manifest import (
    MAX_POINTS,
    RESERVED_COLUMNS,
    RESERVED_OPTIONS,
    DeclaredCost,
    Manifest,
    Point,
)
from harness.submission.text import quoted, read_text
from harness.submission.yaml_reading import KeyPath, YamlDocument, dump_yaml, parse_yaml

MANIFEST_FILE = "submission.yaml"
MAX_MANIFEST_BYTES = 256 * 1024
_MOST_FINDINGS = 100

_EXPECTED = {
    "string_pattern_mismatch": (
        "lower-case letters, digits, '.', '_' and '-', 64 at most, first and last a letter or digit"
    ),
    "string_type": "text",
    "string_too_long": "4,000 characters at most",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "tuple_type": "a list",
    "too_short": "one operating point at least",
    "too_long": f"{MAX_POINTS:,} operating points at most",
    "option_name": f"a Python name other than {', '.join(RESERVED_OPTIONS)}",
    "option_value": "finite numbers, texts, booleans, null, and lists and mappings of these",
    "size_column": (
        f"lower-case letters, digits and '_', beginning with a letter, other than {', '.join(RESERVED_COLUMNS)}"
    ),
    "duplicate_point": "a name of its own for every point",
}


class ManifestReading(NamedTuple):
    """What reading ``submission.yaml`` gave: the manifest unless there are errors."""

    manifest: Manifest | None
    document: YamlDocument
    findings: tuple[Finding, ...]


def read_manifest(path: Path) -> ManifestReading:
    """The manifest of a file, or every reason why there is none; never raises for what it holds."""
    nothing = YamlDocument(None, {})
    if not path.is_file():
        missing = Finding(
            "manifest-missing",
            f"There is no {MANIFEST_FILE}.",
            file=MANIFEST_FILE,
            expected="a file at the top of the folder: who, what, and which operating points",
            remedy="'paretonlp init FOLDER' writes one to start from.",
        )
        return ManifestReading(None, nothing, (missing,))
    try:
        document = parse_yaml(read_text(path, MANIFEST_FILE, MAX_MANIFEST_BYTES), MANIFEST_FILE)
    except ParetoNLPError as error:
        return ManifestReading(None, nothing, error.findings)
    try:
        return ManifestReading(Manifest.model_validate(document.data), document, ())
    except ValidationError as error:
        return ManifestReading(None, document, tuple(_findings(error, document)))


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write ``submission.yaml`` whole or not at all; what is at its default is left out."""
    data = manifest.model_dump(mode="json", exclude_defaults=True)
    with new_text_file(path) as stream:
        stream.write(dump_yaml(data))


def _findings(error: ValidationError, document: YamlDocument) -> list[Finding]:
    problems = [
        problem
        for problem in error.errors(include_url=False)
        # A list whose items are all at fault counts as empty too, which it is not.
        if not (problem["type"] == "too_short" and problem["input"])
    ]
    findings = [_finding(problem, document) for problem in problems[:_MOST_FINDINGS]]
    if (left := len(problems) - _MOST_FINDINGS) > 0:
        message = f"{left:,} more faults of the same file are not shown."
        findings.append(Finding("manifest-value", message, file=MANIFEST_FILE))
    return findings


def _finding(problem: Mapping[str, Any], document: YamlDocument) -> Finding:
    kind: str = problem["type"]
    path: KeyPath = tuple(part for part in problem["loc"] if part != "[key]")
    if kind == "duplicate_point":
        path += (problem["ctx"]["position"], "name")
    finding = partial(Finding, file=MANIFEST_FILE, row=document.row(path))
    key = str(path[-1]) if path else ""
    if kind == "missing":
        message = f"The key {key!r} is missing{_inside(path[:-1])}."
        return finding("manifest-missing-key", message, expected=f"a line '{key}: ...'")
    if kind == "extra_forbidden":
        message = f"The key {quoted(key)} is not known{_inside(path[:-1])}."
        remedy = did_you_mean(key, _known_keys(path[:-1]))
        return finding("manifest-unknown-key", message, remedy=remedy)
    if kind == "duplicate_point":
        message = f"{_dotted(path)}: {problem['msg']}."
        return finding("manifest-duplicate-point", message, expected=_EXPECTED[kind])
    value = problem["input"]
    if "[key]" in problem["loc"]:
        message = f"The key {quoted(key)}{_inside(path[:-1])} is no name."
    else:
        message = f"{_dotted(path)} is {'empty' if value is None else quoted(value)}."
    return finding("manifest-value", message, expected=_expected(problem), remedy=_remedy(kind, value))


def _expected(problem: Mapping[str, Any]) -> str:
    kind: str = problem["type"]
    if kind == "greater_than_equal":
        return f"{problem['ctx']['ge']:g} or more"
    if kind == "less_than_equal":
        return f"{problem['ctx']['le']:,} at most"
    return _EXPECTED.get(kind) or str(problem["msg"])


def _remedy(kind: str, value: object) -> str | None:
    if kind == "string_type" and isinstance(value, int | float):
        return "Put it in quotes to make it text."
    if kind == "tuple_type" and isinstance(value, str):
        return f"Write [{value}]."
    return None


def _known_keys(path: Sequence[str | int]) -> list[str]:
    """The keys that a mapping of the manifest may have."""
    model: type[BaseModel] = Manifest
    if path and path[0] == "points":
        model = DeclaredCost if "declared" in path[2:3] else Point
    return list(model.model_fields)


def _inside(path: Sequence[str | int]) -> str:
    return f" in {_dotted(path)}" if path else ""


def _dotted(path: Sequence[str | int]) -> str:
    """A path as people write it: ``points[0].name``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text[:200] or MANIFEST_FILE
