"""Confirms declared sizes: ``encode`` must make of the texts what ``build_inputs`` makes of the sizes."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.cost.paths import Ints, distinct_paths
from harness.findings import Finding, ParetoNLPError, fail
from harness.sandbox.runner import Message
from harness.submission import Point
from harness.tasks.types import Split, Task

SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """The sizes that a prediction file states."""

    point: Point
    task: Task
    split: Split
    sizes: Mapping[str, Ints]
    rows: int

    @property
    def distinct(self) -> list[dict[str, int]]:
        """Its distinct sizes."""
        return distinct_paths(self.sizes, None, self.rows).distinct_sizes()

    @property
    def job(self) -> Message:
        """What the child is asked: the shapes of every text, and of every distinct size."""
        return {
            "verb": "encode",
            "dataset": self.task.dataset.name,
            "options": self.point.options,
            "examples": self.split.examples(self.rows),
            "sizes": self.distinct,
        }


def check_claim(claim: Claim, answer: Message) -> list[str]:
    """Compare the sizes of a prediction file with those of the texts.

    Returns:
        A digest of what ``encode`` made of every sample.

    Raises:
        ParetoNLPError: they differ, or the child did not answer with shapes.
    """
    encoded, digests, built = answer.get("encoded"), answer.get("digests"), answer.get("built")
    distinct = [tuple(sizes.values()) for sizes in claim.distinct]
    if not (isinstance(encoded, list) and isinstance(digests, list) and isinstance(built, list)):
        raise fail("no-answer", "the submitted code did not answer with shapes and digests")
    if (len(encoded), len(digests), len(built)) != (claim.rows, claim.rows, len(distinct)):
        raise fail("no-answer", f"the submitted code did not answer with the shapes of {claim.rows:,} samples")
    expected = dict(zip(distinct, built, strict=True))
    stated = list(zip(*(sizes.tolist() for sizes in claim.sizes.values()), strict=True)) or [()] * claim.rows
    wrong = [row for row in range(claim.rows) if encoded[row] != expected[stated[row]]]
    if not wrong:
        return [str(digest) for digest in digests]
    file = f"predictions/{claim.point.name}/{claim.task.id}"
    findings = [
        Finding(
            "sizes-differ",
            f"of this text encode makes {encoded[row]}, and of its sizes build_inputs makes {expected[stated[row]]}",
            file=file,
            row=row + 2,
            expected="equal shapes",
            remedy="Write the sizes that encode gives; paretonlp predict does.",
        )
        for row in wrong[:SHOWN]
    ]
    if len(wrong) > SHOWN:
        findings.append(Finding("sizes-differ", f"{len(wrong) - SHOWN:,} further rows differ", file=file))
    raise ParetoNLPError(*findings)
