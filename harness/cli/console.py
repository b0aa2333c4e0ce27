"""What the command says and how: tables to standard output, findings and progress to standard error."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.findings import Finding, ParetoNLPError
from harness.untrusted import printable

if TYPE_CHECKING:
    from harness.board import Marks

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""

PROVED, SELF_REPORTED, DECLARED = "✓", "~", "·"
PROOF = ("cost", "len", "ans")
"""Columns that say what the harness proved of a row: its cost, the lengths of its samples, its answers."""
PROOF_LEGEND = f"cost len ans: {PROVED} found by the harness   {SELF_REPORTED} self-reported   {DECLARED} declared only"
_SIGNS = {"declared": DECLARED, "self-reported": SELF_REPORTED}


def plain(text: str) -> Text:
    """Somebody's words, with control characters shown instead of sent to the terminal, and no markup read in them."""
    return Text(printable(text))


class PlainConsole(Console):
    """A console that shows strings as they are, wherever they come from: nothing in them is ever obeyed."""

    def render_str(self, text: str, **options: Any) -> Text:
        """A string as ``plain``, in the style that is asked for."""
        return super().render_str(plain(text).plain, **{**options, "markup": False, "emoji": False})


out = PlainConsole(highlight=False)
err = PlainConsole(stderr=True, highlight=False)


def show_findings(findings: Sequence[Finding]) -> None:
    """Print findings: what, where, what was expected, what to do."""
    for finding in findings:
        style = "bold red" if finding.severity == "error" else "bold yellow"
        line = Text(f"{finding.severity} ", style=style).append(f"{finding.code}  ", style="dim")
        if finding.place:
            line.append_text(plain(finding.place)).append("  ")
        err.print(line.append_text(plain(finding.message)), soft_wrap=True)
        for label, text in (("expected", finding.expected), ("remedy", finding.remedy)):
            if text:
                err.print(Text(f"      {label}: ", style="dim").append_text(plain(text)), soft_wrap=True)


def show_error(error: ParetoNLPError) -> None:
    """Print what stands in the way, and how much of it there is."""
    show_findings(error.findings)
    if len(error.findings) > 1:
        err.print(Text(f"{len(error.findings)} findings", style="bold"))


def table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """A table of plain lines; columns of numbers are aligned to the right and never broken, long words are."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        if column in numbers:
            made.add_column(column, justify="right", no_wrap=True)
        else:
            made.add_column(column, overflow="fold", no_wrap=column in PROOF)
    return made


def proof(marks: "Marks") -> tuple[str, str, str]:
    """The cells under ``PROOF``."""
    claims = marks.cost, marks.lengths, marks.predictions
    cost, lengths, answers = (_SIGNS.get(claim, PROVED) for claim in claims)
    return cost, lengths, answers


@contextmanager
def progress() -> Iterator[Report]:
    """Show progress on standard error while the block runs; one line for each thing that is being done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns,
        console=err,
        transient=True,
        disable=not err.is_terminal,
        redirect_stdout=out.is_terminal,  # else what goes into a file or a pipe would come out of standard error
    ) as bars:
        known = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in known:
                known[what] = bars.add_task(plain(what).plain, total=total or None)
            bars.update(known[what], completed=done, total=total or None)
            if total and done >= total:
                bars.remove_task(known.pop(what))

        yield report
