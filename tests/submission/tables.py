"""What the tests of prediction files predict."""

from collections.abc import Mapping

from harness.findings import Finding
from harness.tasks.types import Dataset, Task

LABELS = ("entailment", "neutral", "contradiction")
SIZES: Mapping[str, int | None] = {"num_tokens": 128}
HEADER = "index\tprediction\tnum_tokens\n"


def made(labels: tuple[str, ...] = LABELS, score_range: tuple[float, float] | None = None) -> Task:
    dataset = Dataset("d", "", ("text",), labels, (), {}, "", "", "", score_range)
    return Task("s", "t", dataset, "test", "accuracy")


CLASSES = made()
SCORES = made((), (0.0, 5.0))


def places(found: tuple[Finding, ...]) -> list[tuple[str, int | None, str | None]]:
    return [(finding.code, finding.row, finding.column) for finding in found]
