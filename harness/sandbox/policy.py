"""What a child process that runs submitted code is given: limits, environment, command. Pure."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GIB = 1 << 30
LEVEL = "process"
"""The level of isolation, as every report states it: a fresh process with limits. It hides no files."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use before it is stopped."""

    seconds: float = 600.0
    """Wall clock, for the whole request."""
    memory_bytes: int = 12 * GIB
    """Data segment and heap (RLIMIT_DATA): address space alone costs nothing."""
    file_bytes: int = 2 * GIB
    """The largest file it may write."""
    answer_bytes: int = 256 << 20
    """All that it may send back."""
    output_bytes: int = 1 << 20
    """What is kept of its standard output and error, for messages."""
    threads: int | None = None
    """Of torch; None: as many as there are processors for this process."""


def limits_for(jobs: int) -> Limits:
    """Limits of a request that traces or encodes: ten minutes, and one more for each job."""
    return Limits(seconds=600.0 + 60.0 * jobs)


def command() -> list[str]:
    """A fresh interpreter: isolated from the environment and the working directory, writing no bytecode."""
    return [sys.executable, "-I", "-B", "-X", "utf8", "-m", "harness.sandbox.worker"]


def environment(scratch: Path, threads: int | None = None) -> Mapping[str, str]:
    """The whole environment of the child.

    Nothing of the parent's comes along: no token, no home, no path of the user's.
    """
    threads = threads or _processors()
    return {
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": str(threads),
    }


def _processors() -> int:
    """How many processors this process may run on: a container or taskset gives it fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
