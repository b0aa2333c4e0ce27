"""``python -m leaderboard.published.price``: what the named architectures cost, into ``costs.json``.

Every architecture is traced by the harness's own counter, as a submission is, and priced at the lengths of every
split in ``lengths.json``. With ``--data-dir`` and ``--tokenizer`` the lengths are counted anew first.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.cost.census import census
from harness.cost.parameters import summarise
from harness.cost.path_costs import PathCosts, price_each
from harness.cost.paths import Paths
from harness.cost.template import fit, trace_sizes
from harness.cost.tracing import build_on_meta, record
from harness.tasks import DATASETS
from leaderboard.published.architectures import ARCHITECTURES, Architecture
from leaderboard.published.lengths import Counts, measure_lengths, read_lengths, write_lengths

FILE = Path(__file__).parent / "costs.json"
SEED = 0
"""Of the lengths that check a template."""


def main() -> None:
    """Price all architectures and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="count lengths in <dataset>/<split>.parquet of this folder")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json with BERT's vocabulary")
    given = parser.parse_args()
    if (given.data_dir is None) != (given.tokenizer is None):
        parser.error("--data-dir and --tokenizer go together")
    if given.data_dir is not None:
        write_lengths(measure_lengths(given.data_dir, given.tokenizer))
    costs = {name: priced(architecture, read_lengths()) for name, architecture in ARCHITECTURES.items()}
    FILE.write_text(json.dumps(costs, indent=1) + "\n", "utf-8")


def priced(architecture: Architecture, lengths: Mapping[str, Counts]) -> dict[str, Any]:
    """An architecture's title, and by split the means over its samples.

    Returns:
        ``{"title": ..., "splits": {"mrpc/test": {"flops": ..., "macs": ..., "parameters": ...}}}``; FLOPs and MACs of
        a sample, rounded to a whole one.

    """
    by_outputs: dict[int, dict[str, Counts]] = {}
    for split, counts in lengths.items():
        outputs = DATASETS[split.partition("/")[0]].num_outputs
        by_outputs.setdefault(outputs, {})[split] = counts
    splits = {
        split: each
        for outputs, own in by_outputs.items()
        for split, each in _priced_with(architecture, outputs, own).items()
    }
    return {"title": architecture.title, "splits": dict(sorted(splits.items()))}


def _priced_with(architecture: Architecture, outputs: int, lengths: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    """The splits whose answers have so many outputs: one model, one template."""
    distinct = sorted({tokens for counts in lengths.values() for tokens in counts})
    costs, parameters = price_lengths(architecture, outputs, distinct)
    place = {tokens: number for number, tokens in enumerate(distinct)}
    means = {}
    for split, counts in lengths.items():
        rows, samples = [place[tokens] for tokens in counts], list(counts.values())
        means[split] = {
            "flops": round(np.average(costs.flops[rows], weights=samples)),
            "macs": round(np.average(costs.macs[rows], weights=samples)),
            "parameters": parameters,
        }
    return means


def price_lengths(architecture: Architecture, outputs: int, tokens: list[int]) -> tuple[PathCosts, int]:
    """The cost of one sample of each length, and the parameters of the model."""
    model, recorder = build_on_meta(lambda: architecture.build(outputs))
    sizes = [{"num_tokens": each} for each in tokens]

    def tape_at(size: Mapping[str, int]) -> Any:
        return record(model, architecture.inputs(size["num_tokens"]), recorder)

    template = fit([(size, tape_at(size)) for size in trace_sizes(sizes, SEED)])
    paths = Paths({"num_tokens": np.array(tokens)}, None, np.ones(len(tokens), np.int64))
    costs = template.price(paths) if template else price_each([tape_at(size) for size in sizes], paths)
    if costs.unpriced:
        raise ValueError(f"{architecture.name} runs operators without a formula: {', '.join(sorted(costs.unpriced))}")
    return costs, summarise(census(model), frozenset()).total


if __name__ == "__main__":
    main()
