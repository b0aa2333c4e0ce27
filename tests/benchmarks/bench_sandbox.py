"""What the sandbox adds to the start of a child: ``python -m tests.benchmarks.bench_sandbox``."""

import statistics
import time
from pathlib import Path

from harness.sandbox.levels import Level, obstacle
from harness.sandbox.runner import sandboxed

FOLDER = Path(__file__).parents[2] / "submissions" / "dense-probe"
JOB = {"verb": "trace", "dataset": "probe-sentiment", "options": {"num_layers": 2}, "weights": None, "modules": []}
TIMES = 7


def seconds(level: Level) -> float:
    """A child from its start to its end: torch, the submission, one trace."""
    began = time.perf_counter()
    with sandboxed(FOLDER, [{**JOB, "sizes": [{"num_tokens": 16}]}], level=level) as child:
        list(child.answers())
    return time.perf_counter() - began


def main() -> None:
    levels = [level for level in Level if not obstacle(level)]
    times: dict[Level, list[float]] = {level: [] for level in levels}
    for _ in range(TIMES):  # in turn, so that whatever else the machine does is everybody's
        for level in levels:
            times[level].append(seconds(level))
    alone = statistics.median(times[Level.NONE])
    print("\na child that imports torch and traces one model")
    for level in levels:
        median = statistics.median(times[level])
        print(f"  {level:<10} {median:.2f} s, {median / alone:.2f}x of a child without a sandbox")


if __name__ == "__main__":
    main()
