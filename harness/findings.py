"""What can be wrong with somebody's input, said so that a person can mend it.

A check never raises at the first problem: it collects findings, and all of them are shown at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong (``error``) or worth knowing (``note``), where it is, and the remedy.

    ``row`` is the 1-based line of the file as an editor shows it (the header is line 1).
    """

    code: str
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    expected: str | None = None
    remedy: str | None = None
    severity: Severity = "error"

    @property
    def place(self) -> str:
        """Where it is: ``file:row, column 'name'``, as much as is known."""
        place = self.file or ""
        if self.row is not None:
            place += f":{self.row}"
        if self.column is not None:
            place += f"{', ' if place else ''}column {self.column!r}"
        return place

    def __str__(self) -> str:
        parts = [f"{self.place}: " if self.place else "", self.message]
        if self.expected:
            parts.append(f" Expected: {self.expected}.")
        if self.remedy:
            parts.append(f" {self.remedy}")
        return "".join(parts)


class ParetoNLPError(Exception):
    """An error meant for a person: one finding or many, never a traceback."""

    def __init__(self, *findings: Finding) -> None:
        self.findings = findings
        super().__init__("\n".join(map(str, findings)))


def fail(code: str, message: str, **details: str | int | None) -> ParetoNLPError:
    """The error of a single finding: ``raise fail("no-such-task", ..., remedy=...)``."""
    return ParetoNLPError(Finding(code, message, **details))  # type: ignore[arg-type]


def errors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that stand in the way, notes left out."""
    return tuple(finding for finding in findings if finding.severity == "error")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``Did you mean 'mrpc'?`` where a known word is close, else the list of what is known."""
    known = list(known)
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(known)}." if known else ""


def from_os_error(error: OSError) -> ParetoNLPError:
    """What the system says of a file or a device, as an error for a person."""
    file = None if error.filename is None else str(error.filename)
    return fail("system", f"{error.strerror or error}.", file=file)
