"""Makes the index of a store: its reports to rows, rows to boards, boards to files that open at once."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.findings import Finding
from harness.quality.intervals import COUNT
from harness.report import PathCosts, Report
from harness.store import Stored, each_report, report_folders
from leaderboard.entries import entries_of
from leaderboard.index import place_of
from leaderboard.writing import write_boards

MAKING = ".making-"
"""How the names of folders begin that are not whole yet: another process's, perhaps."""

ABANDONED = 24 * 3600
"""Seconds after which nobody is at work any more in a folder that is not whole: its process was killed."""

Progress = Callable[[str, int, int], None]
"""Takes what is being done, how many are done, and how many there are."""


def made_index(store: Path, progress: Progress = lambda _what, _done, _total: None) -> Path:
    """Where the index of a store's present reports is; it is made if they have changed since it was.

    Raises:
        ParetoNLPError: the store is no folder.
    """
    place = place_of(store)
    if not (place / "facts.json").is_file():
        _build(store, place, progress)
    return place


def _build(store: Path, place: Path, progress: Progress) -> None:
    """All files, in a folder that appears when it is whole; those of former states of the store go."""
    place.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=place.parent, prefix=MAKING))
    try:
        stored, findings = _read(store, making, progress)
        facts = write_boards(entries_of(stored, progress), making, progress)
        (making / "as-read").unlink()
        facts |= {
            "findings": [str(each) for each in findings],
            "folders": {entry.report.submission.name: str(entry.folder) for entry in stored},
        }
        (making / "facts.json").write_text(json.dumps(facts))
        _put(making, place)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


def _put(made: Path, place: Path) -> None:
    """The folder comes to its place, unless another process was quicker; those of former states go."""
    try:
        made.rename(place)
    except OSError:
        if not (place / "facts.json").is_file():
            raise
        shutil.rmtree(made)
    for former in place.parent.iterdir():
        if former != place and not _is_at_work(former):
            shutil.rmtree(former, ignore_errors=True)


def _is_at_work(folder: Path) -> bool:
    try:
        return folder.name.startswith(MAKING) and time.time() - folder.stat().st_mtime < ABANDONED
    except FileNotFoundError:
        return False


def _read(store: Path, making: Path, progress: Progress) -> tuple[list[Stored], list[Finding]]:
    """All reports without what no board shows; their replicates wait on disk."""
    total, done = len(report_folders(store)), 0
    stored: list[Stored] = []
    findings: list[Finding] = []
    places: list[dict[str, int]] = []
    count = 0
    with (making / "as-read").open("wb") as raw:
        for entry in each_report(store):
            if isinstance(entry, Finding):
                findings.append(
                    replace(entry, file=str(Path(entry.file or "").relative_to(store)))
                )  # the board is public
                continue
            kept = {key: each for key, each in entry.replicates.items() if len(each) == COUNT}
            for each in kept.values():
                raw.write(each.tobytes())
            places.append({key: count + number for number, key in enumerate(kept)})
            count += len(kept)
            stored.append(Stored(_slim(entry.report), folder=entry.folder))
            progress("reading reports", done := done + 1, total)
    array = np.memmap(making / "as-read", np.float64, "r", shape=(count, COUNT)) if count else np.empty((0, COUNT))
    return [
        replace(entry, replicates={key: array[number] for key, number in own.items()})
        for entry, own in zip(stored, places, strict=True)
    ], findings


def _slim(report: Report) -> Report:
    """The report without what no board shows: paths, and work by operator and module."""
    bare = {"by_operator": {}, "by_module": {}, "paths": PathCosts()}
    return report.model_copy(
        update={
            "results": tuple(
                result.model_copy(update={"cost": result.cost.model_copy(update=bare)}) for result in report.results
            )
        }
    )
