"""What a child process that runs submitted code is given: limits, environment, files, command. Pure."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.sandbox.landlock import READ, WRITE, WRITE_FILE, Rule

GIB = 1 << 30
NOBODY = 65534
"""Whom root becomes, where that user can read the interpreter."""

_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/dev/urandom")
_MACHINE = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/sys/devices/system/node")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use before it is stopped."""

    seconds: float = 600.0
    """Wall clock, for the whole request."""
    memory_bytes: int = 12 * GIB
    """Data segment and heap (RLIMIT_DATA), and what is in memory (watched): address space alone costs nothing."""
    file_bytes: int = 2 * GIB
    """The largest file it may write."""
    scratch_bytes: int = 4 * GIB
    """All files of its scratch folder together (watched)."""
    answer_bytes: int = 256 << 20
    """All that it may send back."""
    output_bytes: int = 1 << 20
    """What is kept of its standard output and error, for messages."""
    threads: int | None = None
    """Of torch; None: as many as there are processors for this process."""

    def resources(self) -> Mapping[str, int]:
        """The limits that the kernel keeps, by the names of ``resource``."""
        return {
            "RLIMIT_DATA": self.memory_bytes,
            "RLIMIT_FSIZE": self.file_bytes,
            "RLIMIT_CORE": 0,
            "RLIMIT_NOFILE": 256,
        }


def limits_for(jobs: int) -> Limits:
    """Limits of a request that traces or encodes: ten minutes, and one more for each job."""
    return Limits(seconds=600.0 + 60.0 * jobs)


def command() -> list[str]:
    """A fresh interpreter: isolated from the environment and the working directory, writing no bytecode."""
    return [sys.executable, "-I", "-B", "-X", "utf8", "-m", "harness.sandbox.worker"]


def rules(scratch: Path, reads: Sequence[Path]) -> tuple[Rule, ...]:
    """The files of a hardened child: it reads the interpreter, its packages and what it is given, and writes scratch.

    No home, no data, no gold; no other submission.
    """
    return (
        *(Rule(path, READ) for path in readable(reads)),
        Rule(scratch, WRITE),
        Rule(Path("/dev/null"), READ | WRITE_FILE),
    )


def readable(reads: Sequence[Path]) -> tuple[Path, ...]:
    """All that a hardened child may read: the system, the interpreter, and what it is given."""
    return tuple(dict.fromkeys([*interpreter(), *map(Path, (*_SYSTEM, *_MACHINE)), *reads]))


def interpreter() -> tuple[Path, ...]:
    """What this Python is made of: its prefixes, the folders that it imports from, and this package."""
    imports = [Path(entry).resolve() for entry in sys.path if entry]
    here = Path(__file__).resolve().parents[1]
    folders = [entry for entry in imports if entry.is_dir() and entry != here.parent]
    linked = Path(sys.prefix)  # as it is called too: where a link leads there, it is started by that name
    return (linked, linked.resolve(), Path(sys.base_prefix).resolve(), *folders, here)


def readable_by_others(paths: Sequence[Path]) -> bool:
    """Whether every user may read these files and enter these folders."""
    return all(
        _open_to_others(place) if place == path else place.stat().st_mode & 0o001
        for path in paths
        for place in (path, *path.parents)
    )


def _open_to_others(place: Path) -> bool:
    needed = 0o005 if place.is_dir() else 0o004
    return place.stat().st_mode & needed == needed


def environment(scratch: Path, threads: int | None = None) -> Mapping[str, str]:
    """The whole environment of the child.

    Nothing of the parent's comes along: no token, no home, no path of the user's; but it takes no more threads.
    """
    told = os.environ.get("OMP_NUM_THREADS", "")
    threads = threads or (int(told) if told.isdecimal() and int(told) else _processors())
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
