"""Splits of the probe suite: levels and gold in turn, no sample twice, none of a split in another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from harness.findings import did_you_mean, fail
from harness.tasks.probe import inference, paraphrase, sentiment, similarity
from harness.tasks.probe.draws import Draws

ROWS = MappingProxyType({"train": 16_000, "validation": 1_000, "test": 2_000})
ORDER = ("test", "validation", "train")
SEED = "paretonlp probe 1"
"""Changing it, or a grammar, makes other datasets: the fingerprint of every split changes with it."""

Texts = dict[str, tuple[str, ...]]
Gold = NDArray[np.int64] | NDArray[np.float64]
Draw = Callable[[Draws, int, float], tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a task's module tells."""

    columns: tuple[str, ...]
    gold: tuple[float, ...]
    """The values that samples are asked for in turn."""
    levels: int
    draw: Draw
    is_score: bool = False


GRAMMARS = MappingProxyType(
    {
        "probe-sentiment": Grammar(sentiment.COLUMNS, sentiment.GOLD, sentiment.LEVELS, sentiment.draw),
        "probe-inference": Grammar(inference.COLUMNS, inference.GOLD, inference.LEVELS, inference.draw),
        "probe-paraphrase": Grammar(paraphrase.COLUMNS, paraphrase.GOLD, paraphrase.LEVELS, paraphrase.draw),
        "probe-similarity": Grammar(similarity.COLUMNS, similarity.GOLD, similarity.LEVELS, similarity.draw, True),
    }
)


def generate(dataset: str, split: str) -> tuple[Texts, Gold]:
    """Texts by column and gold of a split: class numbers (int64) or scores (float64).

    Raises:
        ParetoNLPError: there is no such dataset or split.
    """
    texts, gold, _ = _drawn(_known(dataset, GRAMMARS, "dataset"), _known(split, ROWS, "split"))
    return texts, gold


def difficulty(dataset: str, split: str) -> NDArray[np.int64]:
    """The level of every sample, from 0 (a cue of one word) to 3.

    Raises:
        ParetoNLPError: as ``generate``.
    """
    return _drawn(_known(dataset, GRAMMARS, "dataset"), _known(split, ROWS, "split"))[2]


@cache
def _drawn(dataset: str, split: str) -> tuple[Texts, Gold, NDArray[np.int64]]:
    """Texts, gold and levels; no sample that an earlier split has, so the test split needs no other."""
    grammar = GRAMMARS[dataset]
    earlier = ORDER[: ORDER.index(split)]
    seen = {texts for other in earlier for texts in zip(*_drawn(dataset, other)[0].values(), strict=True)}
    draws = Draws(f"{SEED} {dataset} {split}")
    samples = [_fresh(grammar, draws, number, seen) for number in range(ROWS[split])]
    chosen = [samples[number] for number in draws.shuffled(range(len(samples)))]
    columns = zip(*(texts for texts, _, _ in chosen), strict=True)
    values = [gold for _, gold, _ in chosen]
    gold: Gold = np.array(values, np.float64) if grammar.is_score else np.array(values, np.int64)
    levels = np.array([level for _, _, level in chosen], np.int64)
    return dict(zip(grammar.columns, columns, strict=True)), gold, levels


def _fresh(
    grammar: Grammar, draws: Draws, number: int, seen: set[tuple[str, ...]]
) -> tuple[tuple[str, ...], float, int]:
    level = number % grammar.levels
    wanted = grammar.gold[number // grammar.levels % len(grammar.gold)]
    while True:
        texts, gold = grammar.draw(draws, level, wanted)
        if texts not in seen:
            seen.add(texts)
            return texts, gold, level


def _known(name: str, known: Mapping[str, object], what: str) -> str:
    if name not in known:
        raise fail(f"no-such-{what}", f"the probe suite has no {what} {name!r}", remedy=did_you_mean(name, known))
    return name
