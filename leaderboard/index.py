"""The index: every row of every board of a store, with its replicates, in files that open at once.

It is derived from the reports alone (``leaderboard.building`` makes it) and thrown away when they change::

    <cache>/paretonlp/boards/<store>/<state of its reports>/
        rows.parquet         a row an operating point on a task, and on a suite whose tasks it all has
        links.npz            how rows hang together
        replicates.npy       [rows, 1000] float64
        incomplete.parquet   points that lack tasks of a suite
        elue.parquet         ELUE scores of submissions
        facts.json           folders, notes of each board, reference curves, what could not be read
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from harness.elue_score import Floats
from harness.store import REPLICATES, REPORT, report_folders
from leaderboard.qualities import Links, Rows

VERSION = 6
"""Raise it when the files change."""


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An open index; each is equal to itself alone."""

    rows: pd.DataFrame
    """By row number; ``task`` is empty on a suite's aggregate. Scores are fractions."""
    boards: Mapping[tuple[str, str], pd.DataFrame]
    """The rows of each board, by suite and task."""
    links: Links
    replicates: Floats
    """``[rows, count]``, on disk; a row without replicates repeats its score."""
    incomplete: pd.DataFrame
    elue: pd.DataFrame
    notes: Mapping[str, list[str]]
    """What a reader should know before comparing the rows of ``suite/task`` or ``suite/``."""
    references: Mapping[str, str]
    """The submission of each suite's reference curve."""
    findings: list[str]
    """What could not be read."""
    folders: Mapping[str, str]
    """Where each submission is, by name."""

    def scores(self, rows: Rows) -> Floats:
        """Replicates ``[count, k]`` of rows ``[k]``."""
        return np.asarray(self.replicates[rows]).T

    def board(self, suite: str, task: str) -> pd.DataFrame:
        """The rows of a task, or of a suite for an empty ``task``."""
        return self.boards.get((suite, task), self.rows[:0])

    @property
    def suites(self) -> list[str]:
        """Those with rows."""
        return list(dict.fromkeys(suite for suite, _ in self.boards))

    def tasks(self, suite: str) -> list[str]:
        """The tasks of a suite that have rows, in its order."""
        return [task for of, task in self.boards if of == suite and task]


def place_of(store: Path) -> Path:
    """Where the index of a store's present reports is, or is to be.

    Raises:
        ParetoNLPError: the store is no folder.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = hashlib.sha256(str(store.resolve()).encode()).hexdigest()[:16]
    return cache / "paretonlp" / "boards" / name / _state(store)


def _state(store: Path) -> str:
    """A digest of the time and size of every report and its replicates: other reports, another digest."""
    digest = hashlib.sha256(f"{VERSION}\n".encode())
    for folder in report_folders(store):
        for name in (REPORT, REPLICATES):
            file = folder / name
            known = file.stat() if file.exists() else None
            digest.update(f"{folder.name}/{name} {known and (known.st_mtime_ns, known.st_size)}\n".encode())
    return digest.hexdigest()[:24]


def open_index(place: Path) -> Index:
    """The index in a folder, which ``leaderboard.building.build`` has filled."""
    facts = json.loads((place / "facts.json").read_text("utf-8"))
    with np.load(place / "links.npz") as arrays:
        curves = np.split(arrays["curve_rows"], arrays["curve_ends"][:-1]) if len(arrays["curve_ends"]) else []
        links = Links(
            flops=arrays["flops"],
            dense=arrays["dense"],
            reference=arrays["reference"],
            curves=tuple(curves),
            parts=arrays["parts"],
            weights=arrays["weights"],
        )
    rows = pd.read_parquet(place / "rows.parquet")
    return Index(
        rows=rows,
        boards={(str(suite), str(task)): own for (suite, task), own in rows.groupby(["suite", "task"], sort=False)},
        links=links,
        replicates=np.load(place / "replicates.npy", mmap_mode="r"),
        incomplete=pd.read_parquet(place / "incomplete.parquet"),
        elue=pd.read_parquet(place / "elue.parquet"),
        notes=facts["notes"],
        references=facts["references"],
        findings=facts["findings"],
        folders=facts["folders"],
    )
