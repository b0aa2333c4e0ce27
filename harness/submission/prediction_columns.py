"""From the text of a column to numbers, with every value that is none kept for a finding."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.findings import Finding, ParetoNLPError, did_you_mean
from harness.submission.manifest import MAX_SIZE
from harness.submission.modules import parse_modules
from harness.submission.prediction_table import Table
from harness.submission.text import quoted, rows_said
from harness.tasks.types import Dataset

_INTEGER = r"^-?[0-9]{1,18}$"
_FLOAT = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
NO_NUMBER = -(2**62)
"""Stands in an integer column where the file has no number."""

Column = Callable[[Any, NDArray[np.int64]], Any]
"""Reads one batch of a column: its texts, and the number of each row, from 0."""


class Faults:
    """Values at fault, grouped: one finding for each kind and column, however many rows have it."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], list[NDArray[np.int64]]] = {}
        self._said: dict[tuple[str, str], Finding] = {}

    def add(self, finding: Finding, rows: NDArray[np.int64]) -> None:
        """Add rows (from 0) to a finding's group; the group's first finding is the one told."""
        if len(rows):
            group = (finding.code, finding.column or "")
            self._groups.setdefault(group, []).append(rows)
            self._said.setdefault(group, finding)

    def findings(self, table: Table, file: str, rows: int) -> list[Finding]:
        """The findings, with the line of the first row and the number of all rows."""
        if not self._groups:
            return []
        lines = table.lines(rows)
        findings = []
        for group, parts in self._groups.items():
            said = self._said[group]
            at = lines[np.concatenate(parts)]
            more = f" {rows_said(at)} in all." if len(at) > 1 else ""
            findings.append(
                Finding(
                    said.code,
                    said.message + more,
                    file=file,
                    row=int(at[0]),
                    column=said.column,
                    expected=said.expected,
                    remedy=said.remedy,
                    severity=said.severity,
                )
            )
        return findings


class IntegerColumn:
    """Whole numbers from ``least`` to ``most``."""

    def __init__(self, name: str, faults: Faults, least: int | None, most: int | None) -> None:
        self.name = name
        self.faults = faults
        self.least = least
        self.most = most

    def __call__(self, texts: Any, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers; ``NO_NUMBER`` where there is none (and a fault)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        matches = pc.match_substring_regex(texts, _INTEGER)
        good = matches.to_numpy(zero_copy_only=False)
        numbers = np.asarray(pc.if_else(matches, texts, str(NO_NUMBER)).cast(pa.int64()))
        expected = "a whole number" if self.least is None else f"a whole number from {self.least}"
        problems = [("value-not-integer", "is no whole number", expected, ~good)]
        if self.least is not None:
            small = good & (numbers < self.least)
            problems.append(("value-too-small", f"is less than {self.least}", expected, small))
        if self.most is not None:
            large = good & (numbers > self.most)
            problem = f"is more than {self.most:,}"
            problems.append(("value-too-large", problem, f"{self.most:,} at most", large))
        for code, problem, wanted, bad in problems:
            if bad.any():
                message = f"{_first(texts, bad)} {problem}."
                finding = Finding(code, message, column=self.name, expected=wanted)
                self.faults.add(finding, rows[bad])
        return numbers


class ScoreColumn:
    """Finite floats. Out of the dataset's range they are noted, and accepted."""

    def __init__(self, faults: Faults, score_range: tuple[float, float] | None) -> None:
        self.faults = faults
        self.score_range = score_range

    def __call__(self, texts: Any, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The scores; NaN where there is none (and a fault)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        matches = pc.match_substring_regex(texts, _FLOAT)
        scores = np.asarray(pc.if_else(matches, texts, "nan").cast(pa.float64()))
        bad = ~np.isfinite(scores)
        if bad.any():
            finding = Finding(
                "prediction-not-finite",
                f"{_first(texts, bad)} is no finite number.",
                column="prediction",
                expected="a finite number such as 3.25",
            )
            self.faults.add(finding, rows[bad])
        if self.score_range is not None:
            low, high = self.score_range
            outside = (scores < low) | (scores > high)
            if outside.any():
                finding = Finding(
                    "prediction-outside",
                    f"{_first(texts, outside)} lies outside the scores {low:g} to {high:g}.",
                    column="prediction",
                    severity="note",
                )
                self.faults.add(finding, rows[outside])
        return scores


class LabelColumn:
    """Classes, by number or by name. There are few, so each distinct text is looked at once."""

    def __init__(self, faults: Faults, dataset: Dataset) -> None:
        self.faults = faults
        self.dataset = dataset
        self.numbers = {str(number): number for number in range(len(dataset.labels))}
        self.numbers |= {name: number for number, name in enumerate(dataset.labels)}

    def __call__(self, texts: Any, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The class numbers; ``NO_NUMBER`` where there is none (and a fault)."""
        encoded = texts.dictionary_encode()
        numbers = [self.numbers.get(text, NO_NUMBER) for text in encoded.dictionary.to_pylist()]
        labels: NDArray[np.int64] = np.array(numbers, dtype=np.int64)[np.asarray(encoded.indices)]
        bad = labels == NO_NUMBER
        if bad.any():
            first = texts[int(np.flatnonzero(bad)[0])].as_py()
            finding = Finding(
                "prediction-label",
                f"{quoted(first)} is no label of {self.dataset.name}.",
                column="prediction",
                expected=f"0 to {len(self.dataset.labels) - 1}, or one of {', '.join(self.dataset.labels)}",
                remedy=self._remedy(first),
            )
            self.faults.add(finding, rows[bad])
        return labels

    def _remedy(self, text: str) -> str | None:
        if text.startswith('"'):
            return "Write values without quotes."
        if text.removesuffix(".0") in self.numbers:
            return f"Write {text.removesuffix('.0')}."
        hint = did_you_mean(text.lower(), self.dataset.labels)
        return hint if hint.startswith("Did") else None


class ModulesColumn:
    """ELUE's modules. Each distinct text is parsed once, and kept once."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.seen: dict[str, tuple[str, Finding | None]] = {}

    def __call__(self, texts: Any, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """The texts, equal ones being one object."""
        encoded = texts.dictionary_encode()
        distinct = [self._look(text) for text in encoded.dictionary.to_pylist()]
        numbers = np.asarray(encoded.indices)
        for number, (_, finding) in enumerate(distinct):
            if finding is not None:
                self.faults.add(finding, rows[numbers == number])
        kept = np.array([text for text, _ in distinct], dtype=object)
        spread: NDArray[np.object_] = kept[numbers]
        return spread

    def _look(self, text: str) -> tuple[str, Finding | None]:
        if text not in self.seen:
            try:
                parse_modules(text)
                self.seen[text] = (text, None)
            except ParetoNLPError as error:
                self.seen[text] = (text, error.findings[0])
        return self.seen[text]


def columns_for(
    dataset: Dataset, sizes: Mapping[str, int | None], present: Sequence[str], faults: Faults
) -> dict[str, Column]:
    """The reader of each column that is present and means something."""
    prediction: Column = (
        ScoreColumn(faults, dataset.score_range) if dataset.is_regression else LabelColumn(faults, dataset)
    )
    readers: dict[str, Column] = {
        "index": IntegerColumn("index", faults, None, None),
        "prediction": prediction,
        **{name: IntegerColumn(name, faults, 1, most or MAX_SIZE) for name, most in sizes.items()},
        "exit_stage": IntegerColumn("exit_stage", faults, 1, MAX_SIZE),
        "modules": ModulesColumn(faults),
    }
    return {name: reader for name, reader in readers.items() if name in present}


def _first(texts: Any, chosen: NDArray[np.bool_]) -> str:
    """The first of the chosen values, as a message shows it."""
    text = texts[int(np.flatnonzero(chosen)[0])].as_py()
    return quoted(text) if text else "An empty value"
