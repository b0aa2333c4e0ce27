"""What a submission is, in 64 hexadecimal digits: of the whole, and of what one result depends on."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.findings import Finding, ParetoNLPError
from harness.submission.text import quoted, read_text

STATED_FILE = "weights.sha256"
WEIGHTS = "weights/"
PREDICTIONS = "predictions/"
_MAX_STATED_BYTES = 4 * 1024**2
_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.+)")


def file_digests(root: Path, files: Iterable[str]) -> dict[str, str]:
    """The sha256 of every named file, hex."""
    digests = {}
    for name in files:
        with (root / name).open("rb") as stream:
            digests[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digests


def folder_sha256(digests: Mapping[str, str]) -> str:
    """The digest of a folder from those of its files, by name.

    Weights enter through ``weights.sha256`` where that is there, so that a folder without its
    (large) weights has the digest of the folder with them; else by their content.
    """
    stated = STATED_FILE in digests
    lines = [
        f"{digest}  {name}\n" for name, digest in sorted(digests.items()) if not (stated and name.startswith(WEIGHTS))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def result_sha256(digests: Mapping[str, str], predictions: str) -> str:
    """The digest of what one result depends on: the folder, of the predictions only that file."""
    return folder_sha256(
        {name: digest for name, digest in digests.items() if name == predictions or not name.startswith(PREDICTIONS)}
    )


def read_stated_digests(path: Path) -> dict[str, str]:
    """File to digest as ``weights.sha256`` states them (the form of ``sha256sum``).

    Raises:
        ParetoNLPError: ``weights-digest-line`` for each line that is none, or what
            ``read_text`` raises.

    """
    stated: dict[str, str] = {}
    findings: list[Finding] = []
    lines = read_text(path, STATED_FILE, _MAX_STATED_BYTES).splitlines()
    for row, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        name = match[2].removeprefix("./") if match else ""
        if match is None or not name.startswith(WEIGHTS) or name in stated:
            findings.append(
                Finding(
                    "weights-digest-line",
                    f"{quoted(line)} states no digest of a further file under {WEIGHTS}.",
                    file=STATED_FILE,
                    row=row,
                    expected=f"64 hexadecimal digits, two blanks, a path under {WEIGHTS}",
                    remedy=f"Write it by: sha256sum {WEIGHTS}*.safetensors > {STATED_FILE}",
                )
            )
        else:
            stated[name] = match[1].lower()
    if findings:
        raise ParetoNLPError(*findings[:20])
    return stated


def compare_digests(stated: Mapping[str, str], digests: Mapping[str, str]) -> list[Finding]:
    """What is wrong with the weights that are there, against what ``weights.sha256`` states."""
    findings = []
    for name, digest in digests.items():
        if not name.startswith(WEIGHTS):
            continue
        if name not in stated:
            findings.append(
                Finding(
                    "weights-not-stated",
                    f"{STATED_FILE} says nothing of this file.",
                    file=name,
                    expected=f"a line for every file under {WEIGHTS}",
                    remedy=f"Write it anew: sha256sum {WEIGHTS}*.safetensors > {STATED_FILE}",
                )
            )
        elif stated[name] != digest:
            findings.append(
                Finding(
                    "weights-digest",
                    f"The file's sha256 is {digest[:12]}..., {STATED_FILE} says {stated[name][:12]}...",
                    file=name,
                    expected="the very file that was stated",
                    remedy=f"Bring that file, or write {STATED_FILE} anew.",
                )
            )
    return findings
