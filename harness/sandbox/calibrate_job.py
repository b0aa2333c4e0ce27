"""How fast this machine works, on one thread: what a claimed cost should take. No submitted code runs here."""

import time
from collections.abc import Callable

import torch
from torch import nn

REPEATS = 7


def calibrate() -> dict[str, float]:
    """The pace of one thread.

    Returns:
        ``flops``: FLOPs a second of a product of matrices. ``bytes``: bytes a second of a sum of long vectors, read and
        written. ``call``: seconds of a small layer called from Python, which is nearly all overhead.
    """
    torch.set_num_threads(1)
    a, long, small, layer = torch.rand(512, 512), torch.rand(1 << 23), torch.rand(1, 8), nn.Linear(8, 8)
    with torch.inference_mode():
        product = fastest(lambda: a @ a)
        add = fastest(lambda: long + 1.0)
        calls = fastest(lambda: [layer(small) for _ in range(200)])
    return {"flops": 2 * 512**3 / product, "bytes": 2 * long.nbytes / add, "call": calls / 200}


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs: whatever else the machine does can only make one slower."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)
