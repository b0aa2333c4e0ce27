"""How long the samples of a split are: counts of word-piece lengths, and neither text nor label.

The vocabulary is BERT's (uncased). Models with a vocabulary of their own are priced at the same lengths, so that
figures differ by architecture and by nothing else.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.tasks import SUITES
from harness.tasks.loading import load_split
from harness.tasks.types import Dataset, Task

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = Path(__file__).parent / "lengths.json"
LONGEST = {"sst2": 64, "imdb": 256, "boolq": 256}
"""Where texts are cut, in tokens, as in the submissions that they are drawn beside; others at ``CUT``."""
CUT = 128
STAND_INS = {"mnli/validation_mismatched": "mnli/validation_matched"}
"""Splits whose lengths are not known, and those whose lengths they are priced at."""

Counts = dict[int, int]
"""Tokens of a sample to the number of samples."""


def split_of(task: Task) -> str:
    """The split that a task is scored on, over all suites: ``mrpc/validation``."""
    return f"{task.dataset.name}/{task.split}"


def read_lengths() -> dict[str, Counts]:
    """By split, the counts that are kept."""
    kept = json.loads(FILE.read_text("utf-8"))
    return {split: {int(tokens): samples for tokens, samples in counts.items()} for split, counts in kept.items()}


def measure_lengths(data_dir: Path, tokenizer: Path) -> dict[str, Counts]:
    """Count the lengths of every split of the suites with published rows that the data directory has.

    Args:
        data_dir: ``<dataset>/<split>.parquet``, as for evaluations.
        tokenizer: a ``tokenizer.json`` with BERT's vocabulary.

    """
    from tokenizers import Tokenizer

    reader = Tokenizer.from_file(str(tokenizer))
    reader.no_padding()
    splits = {split_of(task): task for name in ("elue", "glue", "superglue") for task in SUITES[name].tasks}
    return {
        split: _lengths(task.dataset, task.split, data_dir, reader)
        for split, task in splits.items()
        if (data_dir / f"{split}.parquet").is_file()
    }


def _lengths(dataset: Dataset, split: str, data_dir: Path, reader: "Tokenizer") -> Counts:
    """As the submissions encode: the first column of text, then all others as the second segment."""
    reader.enable_truncation(LONGEST.get(dataset.name, CUT))
    pairs: list[Any] = []
    for example in load_split(dataset, split, data_dir).examples():
        first, *others = (example[column] for column in dataset.text_columns)
        pairs.append((first, " ".join(others)) if others else first)
    return dict(sorted(Counter(len(each.ids) for each in reader.encode_batch(pairs)).items()))


def write_lengths(lengths: Mapping[str, Counts]) -> None:
    """Keep the counts, a line a split."""
    lines = (f"  {json.dumps(split)}: {json.dumps(counts)}" for split, counts in sorted(lengths.items()))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
