"""Memory of a calibration against its number of tokens: ``python -m tests.benchmarks.bench_calibration``.

All modules of a layer are calibrated on 2,000, 20,000 and 200,000 tokens, in a process each, so that peaks
are their own; what a process takes before it starts is left out.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig

from baselines.calibration import HiddenStates
from baselines.examples import Examples
from baselines.layers.classifier import Classifier
from baselines.layerwise import MODULES, Site

TOKENS = (2_000, 20_000, 200_000)
LENGTH = 50
WIDTH = 128


def main() -> None:
    print(f"\ncalibration of a layer of {WIDTH} features")
    for tokens in TOKENS:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.bench_calibration", str(tokens)],
            check=True,
            capture_output=True,
            text=True,
        )
        kept = tokens * 4 * WIDTH * (1 + 1 + 1 + 4) / 2**20  # fp32 inputs of the four modules
        print(f"  {tokens:>7,} tokens: {done.stdout.strip()}; inputs kept would take {kept:.0f} MiB")


@torch.no_grad()
def calibrate(tokens: int) -> None:
    model = _model()
    random = np.random.default_rng(0)
    _calibrate(model, _examples(random, TOKENS[0]))  # whatever is allocated once, is now
    given = _examples(random, tokens)
    before = _peak()
    began = time.perf_counter()
    _calibrate(model, given)
    print(f"{_peak() - before:.0f} MiB above the start, {time.perf_counter() - began:.2f} s")


def _calibrate(model: Classifier, given: Examples) -> None:
    states = HiddenStates(model, given, np.arange(len(given)), pad_token=0)
    for path in MODULES:
        Site(model.layers[0], 0, path, states).moment  # noqa: B018 - a cached property
    states.advance(model.layers[0])


def _examples(random: np.random.Generator, tokens: int) -> Examples:
    ids = random.integers(1, 100, (tokens // LENGTH, LENGTH))
    return Examples(
        [{"input_ids": row.tolist(), "token_type_ids": [0] * LENGTH} for row in ids], np.zeros(len(ids), np.int64)
    )


def _model() -> Classifier:
    config = BertConfig(
        vocab_size=100, hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_attention_heads=4, num_hidden_layers=1
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(config.to_dict()))
        return Classifier(2, assets=Path(folder)).eval()


def _peak() -> float:
    """Of this process, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    calibrate(int(sys.argv[1])) if len(sys.argv) > 1 else main()
