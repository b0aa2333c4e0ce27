"""Time and memory of reading a million predictions: ``python tests/benchmarks/bench_predictions.py``."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from harness.findings import ParetoNLPError
from harness.submission import read_predictions, write_prediction_file
from harness.tasks.types import Dataset, Task

ROWS = 1_000_000


def task(*, regression: bool) -> Task:
    labels = () if regression else ("entailment", "neutral", "contradiction")
    dataset = Dataset("bench", "", ("text",), labels, (), {}, "", "", "", (0.0, 5.0))
    return Task("bench", "bench", dataset, "test", "accuracy")


def spoil(path: Path) -> None:
    """A fault of each kind on every hundredth line."""
    lines = path.read_text().split("\n")
    for row in range(1, ROWS, 100):
        index, prediction, length, *rest = lines[row].split("\t")
        lines[row] = (
            "\t".join([index, "nan", length, *rest]),
            "\t".join([index, prediction, "-1", *rest]),
            f"{index}\t{prediction}",
            lines[row - 1],
        )[row // 100 % 4]
    path.write_text("\n".join(lines))


def main() -> None:
    random = np.random.default_rng(0)
    sizes = {"num_tokens": random.integers(4, 512, ROWS)}
    exits = random.integers(1, 13, ROWS)
    modules = [
        "; ".join([f"({n}),emb", *(f"({n},768),layer_{i}; (768),exit_{i}" for i in range(stage))])
        for n, stage in zip(sizes["num_tokens"] % 40 + 1, exits, strict=True)
    ]
    # One case a process, so that the peak of memory is its own.
    case = sys.argv[1] if len(sys.argv) > 1 else None
    if case is None:
        import subprocess

        for name in ("labels", "scores", "modules", "parquet", "spoilt", "import"):
            subprocess.run([sys.executable, __file__, name], check=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.tsv"
        scores = case == "scores"
        answers = random.normal(2.5, 1, ROWS) if scores else random.integers(0, 3, ROWS)
        columns: dict[str, int | None] = {"num_tokens": 512}
        started = time.perf_counter()
        if case == "modules":
            columns = {}
            write_prediction_file(path, answers, {}, modules=modules)
        else:
            write_prediction_file(path, answers, sizes, exits)
        written = time.perf_counter() - started
        if case == "spoilt":
            spoil(path)
        if case == "parquet":
            import pandas as pd

            frame = pd.read_csv(path, sep="\t")
            path = path.with_suffix(".parquet")
            frame.to_parquet(path, index=False)
        size = path.stat().st_size / 2**20
        child_peak, seconds, findings = measure(path, scores, columns, case)
    print(
        f"{case:8} {ROWS:,} rows, {size:6.1f} MiB: written {written:.2f} s, "
        f"read {seconds:.2f} s, peak {child_peak:.0f} MiB, findings {findings}"
    )


def measure(path: Path, scores: bool, columns: dict[str, int | None], case: str) -> tuple[float, float, int]:
    """Peak MiB of a fresh process, seconds of the reading alone, number of findings."""
    import json
    import subprocess

    code = (
        "import json,resource,sys,time;from pathlib import Path;"
        "sys.path.insert(0,sys.argv[1]);import bench_predictions as b;"
        "print(json.dumps(b.read(Path(sys.argv[2]),*json.loads(sys.argv[3]))))"
    )
    arguments = [str(Path(__file__).parent), str(path), json.dumps([scores, columns, case])]
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    peak, seconds, findings = json.loads(done.stdout)
    return peak, seconds, findings


def read(path: Path, scores: bool, columns: dict[str, int | None], case: str) -> tuple[float, float, int]:
    """Read once and report on this very process."""
    started = time.perf_counter()
    findings = 0
    if case != "import":
        try:
            read_predictions(path, task(regression=scores), ROWS, columns)
        except ParetoNLPError as error:
            findings = len(error.findings)
    seconds = time.perf_counter() - started
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return peak, seconds, findings


if __name__ == "__main__":
    main()
