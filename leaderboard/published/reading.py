"""Published rows as a chart and a table need them: pure functions over the files of this folder.

A row is drawn on a task only where the task's dataset version, split and metric are the row's (``results.csv`` says
which task that is, or why there is none), and only over a cost that compares with ours.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from harness.tasks import SUITES, task
from harness.tasks.types import Task
from leaderboard.published.lengths import STAND_INS, read_lengths, split_of

HERE = Path(__file__).parent
AXES = ("flops", "macs", "parameters")
"""The costs, named as in ``harness.board.AXES``, that a published row may have."""
REFERENCE = "bert-base"
"""What speedups are over, where they are ratios of FLOPs."""

PRICED, PAPER, SPEEDUP = "priced here", "cost in the paper", "speedup in the paper"
KINDS = (PRICED, PAPER, SPEEDUP)
"""Where the cost of a row comes from."""


class Cost(NamedTuple):
    """A cost, and what it stands on."""

    x: float | None
    kind: str
    """One of ``KINDS``; empty: no cost that compares."""
    source: str


NOTHING = Cost(None, "", "")


@cache
def results() -> pd.DataFrame:
    """Every published row, in the order of the papers; a score is a fraction where ``unit`` says so.

    Costs are of one sample: ``flops`` as the paper counts them (``flops_of`` says how), ``params`` in numbers.
    """
    rows = pd.read_csv(HERE / "results.csv", keep_default_na=False)
    for column in ("score", "params", "flops", "speedup"):
        rows[column] = pd.to_numeric(rows[column])
    labels = {key: citation["label"] for key, citation in citations().items()}
    rows["source"] = rows["citation"].map(labels) + ", " + rows["place"]
    return rows


@cache
def citations() -> Mapping[str, Mapping[str, str]]:
    """By key: ``label``, ``authors``, ``title``, ``venue``, ``url``, and ``read``, what the figures were taken from."""
    return MappingProxyType(json.loads((HERE / "citations.json").read_text("utf-8")))


@cache
def costs() -> Mapping[str, Any]:
    """By architecture, its title and its mean cost on every split (``leaderboard.published.price``)."""
    return MappingProxyType(json.loads((HERE / "costs.json").read_text("utf-8")))


def suites() -> list[str]:
    """Those that some published row agrees with."""
    named = {str(name).partition("/")[0] for name in results()["task"]}
    return [name for name in SUITES if name in named]


def rows_of(wanted: Task) -> pd.DataFrame:
    """The rows that agree with a task: in dataset version, split and metric (RTE is in two suites)."""
    rows = results()
    alike = [name for name in set(rows["task"]) - {""} if _same(task(name), wanted)]
    return rows[rows["task"].isin(alike)]


def _same(one: Task, other: Task) -> bool:
    return (one.dataset.name, one.split, one.metric) == (other.dataset.name, other.split, other.metric)


def reported(wanted: Task, axis: str) -> pd.DataFrame:
    """The rows that agree with a task, over a cost.

    Args:
        wanted: the task.
        axis: one of ``AXES``.

    Returns:
        The columns of ``results`` and ``x`` (of one sample; NaN without a cost that compares), ``y`` (a fraction),
        ``kind`` and ``cost_source``.

    """
    rows = rows_of(wanted).copy()
    split = split_of(wanted)
    found = [cost_of(row, split, axis) for row in rows.to_dict("records")]
    rows["x"] = pd.Series([cost.x for cost in found], rows.index, float)
    rows["y"] = rows["score"]
    rows["kind"] = pd.Series([cost.kind for cost in found], rows.index, str)
    rows["cost_source"] = pd.Series([cost.source for cost in found], rows.index, str)
    return rows


def cost_of(row: Mapping[str, Any], split: str, axis: str) -> Cost:
    """What one sample of a split costs by a row, or how large its model is."""
    if row["cost"].startswith("priced"):
        zeros = ", its zeros counted" if row["cost"] == "priced with zeros" else ""
        return _priced(row["architecture"], split, axis, zeros)
    if axis == "parameters":
        return NOTHING if pd.isna(row["params"]) else Cost(row["params"], PAPER, "parameters in the paper")
    if row["cost"] == "flops":
        if axis == "macs":
            return Cost(row["flops"] / 2, PAPER, "half the paper's FLOPs, which are 2 x MACs, at its own lengths")
        return Cost(row["flops"], PAPER, "FLOPs in the paper, 2 x MACs and no more, at its own lengths")
    if row["cost"] == "speedup":
        whole = _priced(REFERENCE, split, axis)
        if whole.x is not None:
            said = f"the paper's speedup {row['speedup']:g} over BERT-base, {whole.source.partition(' as ')[0]}"
            return Cost(whole.x / row["speedup"], SPEEDUP, said)
    return NOTHING


def _priced(architecture: str, split: str, axis: str, remark: str = "") -> Cost:
    known = costs()[architecture]
    own = known["splits"].get(STAND_INS.get(split, split))
    if own is None:
        return NOTHING
    lengths = f", at the lengths of {STAND_INS[split]}" if split in STAND_INS and axis != "parameters" else ""
    return Cost(float(own[axis]), PRICED, f"priced here as {known['title']}{remark}{lengths}")


def architectures_on(wanted: Task) -> pd.DataFrame:
    """What each architecture costs on a task: ``architecture``, ``FLOPs``, ``MACs`` (of one sample), ``parameters``."""
    split = STAND_INS.get(split_of(wanted), split_of(wanted))
    return pd.DataFrame(
        {
            "architecture": known["title"],
            "FLOPs": known["splits"][split]["flops"],
            "MACs": known["splits"][split]["macs"],
            "parameters": known["splits"][split]["parameters"],
        }
        for known in costs().values()
        if split in known["splits"]
    )


def lengths_of(wanted: Task) -> str:
    """Whose lengths a task is priced at, in words; empty: nobody's are known."""
    split = split_of(wanted)
    counts = read_lengths().get(STAND_INS.get(split, split))
    if counts is None:
        return ""
    if split in STAND_INS:
        return f"the lengths of {STAND_INS[split]}, for those of {split} are not known"
    samples = sum(counts.values())
    return f"the lengths of {'all' if samples == wanted.rows else f'{samples:,} of'} {wanted.rows:,} samples"
