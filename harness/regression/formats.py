"""Drifts for machines: JSON, JUnit XML, and workflow commands of GitHub Actions."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from xml.etree import ElementTree as ET

from harness.regression.drift import Drift


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: a submission, and of it a point on a task or (both empty) the whole."""

    submission: str
    folder: str
    point: str = ""
    task: str = ""


_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, not even escaped."""


def to_json(drifts: Sequence[Drift], _checked: Sequence[Checked]) -> str:
    """A list of drifts, one a line."""
    lines = [json.dumps(asdict(drift), ensure_ascii=False) for drift in drifts]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def to_junit(drifts: Sequence[Drift], checked: Sequence[Checked]) -> str:
    """JUnit XML: a suite for each submission, a case for each point and task, a failure for each that drifted."""
    by_case: dict[tuple[str, str, str], list[Drift]] = {(c.submission, c.point, c.task): [] for c in checked}
    for drift in drifts:
        by_case.setdefault((drift.submission, drift.point, drift.task), []).append(drift)
    root = ET.Element("testsuites", name="paretonlp regress")
    suites: dict[str, ET.Element] = {}
    for (submission, point, task), found in by_case.items():
        if submission not in suites:
            suites[submission] = ET.SubElement(root, "testsuite", name=_xml(submission))
        case = ET.SubElement(
            suites[submission], "testcase", classname=_xml(submission), name=_xml(f"{point} {task}".strip() or "folder")
        )
        _describe(case, found)
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _describe(case: ET.Element, drifts: Sequence[Drift]) -> None:
    failing = [drift for drift in drifts if drift.fails]
    if failing:
        failure = ET.SubElement(case, "failure", message=_xml(", ".join(dict.fromkeys(d.what for d in failing))))
        failure.text = _xml("\n".join(map(str, failing)))
    notes = [drift for drift in drifts if not drift.fails]
    if notes:
        ET.SubElement(case, "system-out").text = _xml("\n".join(map(str, notes)))


def _xml(text: str) -> str:
    return _NO_XML.sub("?", text)


def to_github(drifts: Sequence[Drift], checked: Sequence[Checked]) -> str:
    """Workflow commands: an error for each drift that fails, at its file and line; of the others, which are many
    where weights are not there and of which GitHub shows ten, a notice for each kind in a submission."""
    folders = {each.submission: each.folder for each in checked}
    errors = [(drift, str(drift)) for drift in drifts if drift.fails]
    kinds: dict[tuple[str, str], list[Drift]] = {}
    for drift in drifts:
        if not drift.fails:
            kinds.setdefault((drift.submission, drift.what), []).append(drift)
    notices = [(first, f"{first}{f', and {len(more)} more' if more else ''}") for first, *more in kinds.values()]
    return "".join(
        _command(drift, text, folders.get(drift.submission, drift.submission)) for drift, text in [*errors, *notices]
    )


def _command(drift: Drift, text: str, folder: str) -> str:
    properties = {"file": f"{folder}/{drift.file or 'submission.yaml'}"}
    if drift.row is not None:
        properties["line"] = str(drift.row)
    properties["title"] = f"{drift.submission}: {drift.what}"
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{'error' if drift.fails else 'notice'} {listed}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


Format = Callable[[Sequence[Drift], Sequence[Checked]], str]
FORMATS: Mapping[str, Format] = MappingProxyType({"json": to_json, "junit": to_junit, "github": to_github})
