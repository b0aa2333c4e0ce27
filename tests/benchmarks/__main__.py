"""``make bench``: every benchmark, one after the other. Real lengths where a data directory is given as argument."""

import subprocess
import sys

BENCHMARKS = (
    "bench_cost",
    "bench_evaluate",
    "bench_million",
    "bench_calibration",
    "bench_training",
    "bench_leaderboard",
    "bench_sandbox",
)

for name in BENCHMARKS:
    data = sys.argv[1:] if name == "bench_cost" else []
    # a process each, so that imports and memory of one are not the other's
    subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *data], check=True)
