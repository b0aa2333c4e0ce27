"""Reads a text as the set of its word n-grams, as far as the folder's assets know them.

A word is a run of letters, digits and underscores, lower-cased; apostrophes within belong to it (``don't``).
The n-grams of a text are all runs of 1 to 4 of its words, each counted once. Known are hashes, never texts:
``assets/ngrams/<dataset>-<size>.hashes`` holds 8 bytes an n-gram, the commonest first. An n-gram's id is its
rank plus 2, so the ``ngrams`` commonest are the first rows of a larger table too.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reader import card

ASSETS = Path(__file__).parent / "assets"

WORD = re.compile(r"\w+(?:'\w+)*")
ORDERS = (1, 2, 3, 4)
HASH_BYTES = 8
PADDING, UNKNOWN, FIRST = 0, 1, 2
"""Ids that are no n-gram: padding, and what a text without any known n-gram is read as; then that of the commonest."""

TRAINED = 100_000
"""Tables are trained at this many n-grams, where the texts have as many, and cut from there."""


def build_inputs(dataset: str, sizes: dict[str, int], **_: Any) -> dict[str, Tensor]:
    """One sample of ``num_ngrams`` n-grams, or a pair of ``num_ngrams_1`` and ``num_ngrams_2``; all unknown."""
    return {name: torch.full((1, sizes[f"num_{name}"]), UNKNOWN) for name in _names(dataset)}


def encode(example: dict[str, str], dataset: str, ngrams: int, **_: Any) -> dict[str, list[int]]:
    """Text to the ids of its n-grams among the ``ngrams`` commonest, or the unknown one alone; each of a pair apart."""
    known = _known(dataset, trained_size(ngrams))
    bags = []
    for text in texts_of(example, card(dataset)["columns"]):
        ids = [known[code] for order in ORDERS for code in hashes(text, order) if code in known]
        bags.append([number for number in ids if number < FIRST + ngrams] or [UNKNOWN])
    return dict(zip(_names(dataset), bags, strict=True))


def texts_of(example: dict[str, str], columns: Iterable[str]) -> tuple[str, ...]:
    """The text of a sample; of several columns the first, and all others as one."""
    first, *others = (example[column] for column in columns)
    return (first, " ".join(others)) if others else (first,)


def hashes(text: str, order: int) -> list[bytes]:
    """Hashes of the n-grams of ``order`` words, each once: blake2b, 8 bytes, of the words with blanks between."""
    words = WORD.findall(text.lower())
    found = dict.fromkeys(" ".join(words[start : start + order]) for start in range(len(words) - order + 1))
    return [hashlib.blake2b(ngram.encode(), digest_size=HASH_BYTES).digest() for ngram in found]


def trained_size(ngrams: int) -> int:
    """The size of the table that one of ``ngrams`` is cut from."""
    return max(ngrams, TRAINED)


def hashes_file(dataset: str, size: int) -> Path:
    """Where the hashes of the ``size`` commonest n-grams of a dataset are, of all where it has fewer; in the assets."""
    return Path("ngrams") / f"{dataset}-{size}.hashes"


def num_known(dataset: str, ngrams: int) -> int:
    """``ngrams``, or fewer where the dataset's training texts have fewer."""
    return min(ngrams, (ASSETS / hashes_file(dataset, trained_size(ngrams))).stat().st_size // HASH_BYTES)


@cache
def _known(dataset: str, size: int) -> dict[bytes, int]:
    """Hash to id."""
    codes = (ASSETS / hashes_file(dataset, size)).read_bytes()
    places = range(0, len(codes), HASH_BYTES)
    return {codes[place : place + HASH_BYTES]: FIRST + rank for rank, place in enumerate(places)}


def _names(dataset: str) -> tuple[str, ...]:
    """Of the inputs."""
    return ("ngrams_1", "ngrams_2") if len(card(dataset)["columns"]) > 1 else ("ngrams",)
