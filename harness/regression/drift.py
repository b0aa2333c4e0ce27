"""A drift: one figure of a submission that is not what is expected of it."""

from dataclasses import dataclass

from harness.findings import Finding, ParetoNLPError

Value = str | float | int | bool | None
SAME = "the same"


@dataclass(frozen=True, slots=True)
class Drift:
    """What drifted, from what to what, what would have been allowed, and the likely cause."""

    submission: str
    what: str
    old: Value
    new: Value
    allowed: str
    cause: str
    point: str = ""
    """Empty: of the submission as a whole."""
    task: str = ""
    """``suite/task``; empty: of all."""
    file: str | None = None
    """In the submission's folder."""
    row: int | None = None
    """The line of that file as an editor shows it (the header is line 1)."""
    fails: bool = True
    """False: within what is allowed, or worth knowing and no more."""

    @property
    def where(self) -> str:
        """``dense-probe layers-2 probe/sentiment``."""
        return " ".join(part for part in (self.submission, self.point, self.task) if part)

    def __str__(self) -> str:
        place = f" ({self.file}{'' if self.row is None else f':{self.row}'})" if self.file else ""
        change = f"{self.what}: {shown(self.old)} -> {shown(self.new)}"
        return f"{self.where}: {change}, allowed {self.allowed}; {self.cause}{place}"


def shown(value: Value) -> str:
    """A value for eyes: numbers whole, to twelve digits.

    >>> shown(5931754.988), shown(127043), shown(None), shown(True), shown("confirmed")
    ('5,931,754.988', '127,043', 'none', 'yes', 'confirmed')
    """
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.12g}"
        case _:
            return value


def failures(submission: str, error: ParetoNLPError) -> list[Drift]:
    """The drifts of a submission that could not be checked: what stands in the way."""
    return [_failure(submission, finding) for finding in error.findings]


def _failure(submission: str, finding: Finding) -> Drift:
    return Drift(
        submission,
        "check",
        "possible",
        finding.message,
        finding.expected or "a submission without errors",
        finding.code,
        file=finding.file,
        row=finding.row,
    )
