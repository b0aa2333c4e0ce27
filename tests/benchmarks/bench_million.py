"""A million predictions, validated and scored with 1,000 replicates: ``python -m tests.benchmarks.bench_million``."""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.quality.intervals import interval, replicates
from harness.quality.metrics import METRICS
from harness.submission import read_predictions, write_prediction_file
from harness.tasks import task as find_task

ROWS = 1_000_000


def main() -> None:
    task = find_task("elue/sst2")
    random = np.random.default_rng(0)
    gold = random.integers(0, 2, ROWS)
    answers = np.where(random.random(ROWS) < 0.9, gold, 1 - gold)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "predictions.tsv"
        write_prediction_file(path, answers, {"num_tokens": random.integers(4, 512, ROWS)})
        began = time.perf_counter()
        given = read_predictions(path, task, ROWS, {"num_tokens": 512})
        read = time.perf_counter() - began
        metric = METRICS["accuracy"]
        score = metric.score(given.answers, gold)
        found = interval(replicates(metric, given.answers, gold))
        whole = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\n{ROWS:,} prediction rows, accuracy {score:.4f}, 95 % interval {found.low:.4f} to {found.high:.4f}")
    print(f"  validated in {read:.2f} s; with score and 1,000 replicates {whole:.2f} s; peak {peak:.2f} GiB")


if __name__ == "__main__":
    main()
