"""Entries to the files of an index: a table, links, replicates."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness.board import AXES
from harness.elue_score import Floats
from harness.quality.intervals import COUNT
from leaderboard.charts.hover import fixed
from leaderboard.entries import Entries, Entry
from leaderboard.qualities import QUALITIES, Links, inside_reference, quality_of

BLOCK = 512
"""Rows whose replicates are in memory at a time."""

ENDS = ("", "_low", "_high", "_least", "_most")
"""Of the columns of a quality: itself, its interval, its range over the replicates."""


def write_boards(entries: Entries, folder: Path, progress: Callable[[str, int, int], None]) -> dict[str, Any]:
    """Write all files but ``facts.json``, and return what belongs into that."""
    links = _links(entries)
    curve_ends = np.cumsum([len(curve) for curve in links.curves], dtype=np.int64)
    np.savez(
        folder / "links.npz",
        flops=links.flops,
        dense=links.dense,
        reference=links.reference,
        parts=links.parts,
        weights=links.weights,
        curve_rows=np.concatenate([*links.curves, np.empty(0, np.int64)]),
        curve_ends=curve_ends,
    )
    replicates = _write_replicates(entries.all, folder / "replicates.npy")
    rows = _table(entries.all)
    for _, board in rows.groupby(["suite", "task"], sort=False):
        for column, values in _qualities(board, rows, links, replicates, progress).items():
            rows.loc[board.index, column] = values
    rows["inside_reference"] = inside_reference(links)
    rows = rows.join(fixed(rows))
    rows.to_parquet(folder / "rows.parquet")
    _elue(entries).to_parquet(folder / "elue.parquet")
    _incomplete(entries).to_parquet(folder / "incomplete.parquet")
    return {"notes": entries.notes, "references": entries.references}


def _links(entries: Entries) -> Links:
    numbers = {key: number for number, key in enumerate(entries.curves)}
    tasks = max((len(entry.parts) for entry in entries.all), default=1) or 1
    parts = np.full((len(entries.all), tasks), -1, np.int32)
    weights = np.zeros(parts.shape)
    for number, entry in enumerate(entries.all):
        parts[number, : len(entry.parts)] = entry.parts
        weights[number, : len(entry.parts)] = entries.weights[entry.suite] if entry.parts else ()
    flops = [entry.row.costs["flops"] for entry in entries.all]
    return Links(
        flops=np.array([np.nan if cost is None else cost for cost in flops], np.float64),
        dense=np.array([entry.dense for entry in entries.all], np.int64),
        reference=np.array([_curve(entry, entries, numbers) for entry in entries.all], np.int32),
        curves=tuple(np.array(curve, np.int64) for curve in entries.curves.values()),
        parts=parts,
        weights=weights,
    )


def _curve(entry: Entry, entries: Entries, numbers: Mapping[tuple[str, str], int]) -> int:
    """The number of the reference curve on the entry's task and data; -1: none."""
    knots = entries.curves.get((entry.suite, entry.task))
    same = knots is not None and entries.all[knots[0]].row.data == entry.row.data
    return numbers[entry.suite, entry.task] if same else -1


def _write_replicates(entries: list[Entry], file: Path) -> Floats:
    array = np.lib.format.open_memmap(file, "w+", np.float64, (len(entries), COUNT))
    for number, entry in enumerate(entries):
        drawn = entry.row.score.replicates
        array[number] = entry.row.score.value if drawn is None else drawn
    array.flush()
    return array


def _table(entries: Sequence[Entry]) -> pd.DataFrame:
    """All that is known of the rows before they are compared with each other; columns for what then is."""
    rows = [entry.row for entry in entries]
    intervals = [row.score.interval for row in rows]
    known = {
        "suite": [entry.suite for entry in entries],
        "task": [entry.task for entry in entries],
        "submission": [row.submission for row in rows],
        "method": [row.method for row in rows],
        "backbone": [row.backbone for row in rows],
        "point": [row.point for row in rows],
        **{name: np.array([row.costs[name] for row in rows], np.float64) for name in AXES},  # None becomes NaN
        **{f"not_ranked_{name}": ["; ".join(entry.reasons[name]) for entry in entries] for name in AXES},
        "cost_provenance": [row.marks.cost for row in rows],
        "lengths_provenance": [row.marks.lengths for row in rows],
        "predictions_provenance": [row.marks.predictions for row in rows],
        "parameters_provenance": [row.marks.parameters for row in rows],
        "partial": ["; ".join(row.partial) for row in rows],
        "data": [hashlib.sha256(repr(row.data).encode()).hexdigest()[:16] for row in rows],
        "has_replicates": np.array([row.score.replicates is not None for row in rows], bool),
        "rows": [sum(result.rows for result in row.results) for row in rows],
        "score": np.array([row.score.value for row in rows], np.float64),
        "score_low": np.array([given and given.low for given in intervals], np.float64),
        "score_high": np.array([given and given.high for given in intervals], np.float64),
    }
    unknown = {f"{name}{end}": np.full(len(rows), np.nan) for name in QUALITIES for end in ENDS}
    return pd.DataFrame(unknown | known)


def _qualities(
    board: pd.DataFrame, rows: pd.DataFrame, links: Links, replicates: Floats, progress: Callable[[str, int, int], None]
) -> dict[str, Floats]:
    """Of the rows of one board: every quality, its interval and its range over the replicates."""
    numbers = board.index.to_numpy(np.int64)
    score = rows["score"].to_numpy(np.float64)
    sure = board["has_replicates"].to_numpy(bool)
    columns: dict[str, Floats] = {}
    for name in QUALITIES:
        made = np.full((5, len(numbers)), np.nan)
        made[0] = quality_of(name, numbers, lambda chosen: score[chosen][None], links)[0]
        for start in range(0, len(numbers), BLOCK):
            block = slice(start, start + BLOCK)
            drawn = quality_of(name, numbers[block], lambda chosen: np.asarray(replicates[chosen]).T, links)
            made[0, block][np.isnan(drawn).any(axis=0)] = np.nan  # not known for sure
            made[1:3, block] = np.where(sure[block], np.quantile(drawn, [0.025, 0.975], axis=0), np.nan)
            made[3, block], made[4, block] = drawn.min(axis=0), drawn.max(axis=0)
            progress("comparing", int(numbers[block][-1]) + 1, len(rows))
        columns |= dict(zip((f"{name}{end}" for end in ENDS), made, strict=True))
    return {column: values for column, values in columns.items() if column not in {"score", "score_low", "score_high"}}


def _elue(entries: Entries) -> pd.DataFrame:
    records = [
        {
            "suite": suite,
            "task": task,
            "submission": submission,
            "elue": scores.ranked.value if scores.ranked else None,
            "elue_low": scores.ranked.interval.low if scores.ranked and scores.ranked.interval else None,
            "elue_high": scores.ranked.interval.high if scores.ranked and scores.ranked.interval else None,
        }
        for (suite, task), found in entries.elue.items()
        for submission, scores in found.items()
    ]
    columns = ["suite", "task", "submission", "elue", "elue_low", "elue_high"]
    return pd.DataFrame(records, columns=columns).astype(dict.fromkeys(columns[3:], float))


def _incomplete(entries: Entries) -> pd.DataFrame:
    records = [
        {
            "suite": suite,
            "submission": each.submission,
            "point": each.point,
            "done": len(each.done),
            "missing": ", ".join(each.missing),
        }
        for suite, found in entries.incomplete.items()
        for each in found
    ]
    return pd.DataFrame(records, columns=["suite", "submission", "point", "done", "missing"])
