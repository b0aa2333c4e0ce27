"""A cold ``evaluate`` against the bare import of what it runs: ``python -m tests.benchmarks.bench_evaluate``."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SUBMISSION = Path("submissions/dense-probe")
TASKS = "sentiment,inference,paraphrase"
BARE = "import torch; from transformers import BertForSequenceClassification"
ROUNDS = 5


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Alternate the two, so that both see the same machine; one point, three tasks, no report before."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "cold"
        shutil.copytree(SUBMISSION, folder, ignore=shutil.ignore_patterns("report.json", "replicates.npz", "layers-2"))
        command = [str(Path(sys.executable).parent / "paretonlp"), "evaluate", str(folder), "--suite", "probe"]
        bare, cold = [], []
        for _ in range(ROUNDS):
            (folder / "report.json").unlink(missing_ok=True)
            (folder / "replicates.npz").unlink(missing_ok=True)
            bare.append(seconds([sys.executable, "-c", BARE]))
            cold.append(seconds([*command, "--tasks", TASKS]))
    ratio = statistics.median(cold) / statistics.median(bare)
    print(f"\ncold evaluate of one static submission on three tasks (median of {ROUNDS}, alternating)")
    print(f"  python -c '{BARE}'   {statistics.median(bare):5.2f} s")
    print(f"  paretonlp evaluate   {statistics.median(cold):5.2f} s   {ratio:.2f}x")


if __name__ == "__main__":
    main()
