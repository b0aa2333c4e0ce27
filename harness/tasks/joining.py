"""Gold that one copy of a dataset hides, taken from another by text.

Two releases of the same sentences differ in order, white space, brackets (``-lrb-``) and now and
then a spelling. Compared by letters and digits alone nearly all rows agree; the few that remain are
paired with the nearest text.
"""

import re
from collections.abc import Set
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from harness.findings import ParetoNLPError, fail
from harness.tasks.columns import LABEL
from harness.tasks.types import Dataset

if TYPE_CHECKING:
    import pyarrow as pa

NOT_LETTERS = re.compile(r"-[lr]rb-|[^a-z0-9]")
MOST_UNLIKE = 0.01
"""Share of rows that may be paired by likeness; more means that the two are not the same texts."""
LEAST_ALIKE = 0.9
"""Smallest likeness (difflib ratio) of such a pair. The spelling variants of SST-2 have 0.97 and
more, the next best candidates 0.35 and less."""

Key = tuple[str, ...]


def gold_by_text(dataset: Dataset, table: "pa.Table", labelled: "pa.Table", place: str) -> "pa.ChunkedArray":
    """The gold column of ``labelled``, one value for each row of ``table``, joined by the dataset's
    texts.

    ``place`` names ``labelled`` in the error. Raises ParetoNLPError where a text has two golds or
    no partner.
    """
    import pyarrow as pa

    keys, known = _keys(dataset, table), _keys(dataset, labelled)
    gold: dict[Key, object] = {}
    for key, value in zip(known, labelled[LABEL].to_pylist(), strict=True):
        if gold.setdefault(key, value) != value:
            raise _mismatch(dataset, place, f"{' / '.join(key)!r} has two labels")
    alone = [key for key in keys if key not in gold]
    if len(alone) > MOST_UNLIKE * len(keys):
        raise _mismatch(dataset, place, f"{len(alone):,} of {len(keys):,} texts are not there")
    unclaimed = gold.keys() - set(keys)
    gold |= {key: gold[_nearest(dataset, key, unclaimed, place)] for key in alone}
    return pa.chunked_array([pa.array([gold[key] for key in keys], labelled[LABEL].type)])


def _keys(dataset: Dataset, table: "pa.Table") -> list[Key]:
    columns = [
        [NOT_LETTERS.sub("", str(text).lower()) for text in table[name].to_pylist()] for name in dataset.text_columns
    ]
    return list(zip(*columns, strict=True))


def _nearest(dataset: Dataset, key: Key, unclaimed: Set[Key], place: str) -> Key:
    best = max(unclaimed, key=lambda other: _likeness(key, other), default=None)
    if best is None or _likeness(key, best) < LEAST_ALIKE:
        raise _mismatch(dataset, place, f"{' / '.join(key)!r} is not there")
    return best


def _likeness(one: Key, other: Key) -> float:
    return SequenceMatcher(None, " ".join(one), " ".join(other), autojunk=False).ratio()


def _mismatch(dataset: Dataset, place: str, what: str) -> ParetoNLPError:
    return fail(
        "gold-mismatch",
        f"the gold of {dataset.name} cannot be joined by text: {what}.",
        file=place,
        remedy="Use --data-dir with a labelled copy.",
    )
