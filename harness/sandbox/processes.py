"""The processes that a child started: what they use, and their end."""

import ctypes
import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SET_CHILD_SUBREAPER = 36
_PATIENCE = 5.0
"""Seconds that killed processes may take to be gone."""


def memory_of(root: int) -> int:
    """Bytes in memory of a process and of all that it started; 0 where there is no /proc."""
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(page * _resident_pages(pid) for pid in (root, *descendants(root)))


def cpu_of(root: int) -> float:
    """Seconds of processor time of a process and of all that it started; 0 where there is no /proc."""
    return sum(map(_cpu_ticks, (root, *descendants(root)))) / os.sysconf("SC_CLK_TCK")


def _cpu_ticks(pid: int) -> int:
    """Of a process and of its ended children, in user mode and in the kernel."""
    with suppress(OSError, ValueError, IndexError):
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return sum(map(int, words[11:15]))
    return 0


def _resident_pages(pid: int) -> int:
    with suppress(OSError):  # it ended meanwhile
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


def descendants(root: int) -> list[int]:
    """All processes that came of one, by their parents as /proc has them now."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found, waiting = [], [root]
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # the name in parentheses may hold anything; the parent is the second word behind it
            yield int(entry.name), int((entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1])


def files_in(folder: Path) -> int:
    """Bytes of all files in a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total


def adopt() -> None:
    """From now on, processes whose parent ended become children of this one, and not of init."""
    if platform.system() != "Linux":
        return
    # it stays so: another thread may have a child of its own, and nothing else in this process depends on it
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end(process: subprocess.Popen[bytes], scratch: Path) -> None:
    """End a child, its process group, and whatever else it started: daemons that left the group too."""
    with suppress(ProcessLookupError):  # it ended by itself, and nothing of its group is left
        os.killpg(process.pid, signal.SIGKILL)
    began = time.monotonic()
    while left := {*descendants(process.pid), *_strays(scratch)} - {process.pid}:
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() - began > _PATIENCE:
            break
        time.sleep(0.01)
    process.wait()


def _strays(scratch: Path) -> list[int]:
    """Children of this process that were started with the scratch folder as their home: nobody else's are."""
    home = f"HOME={scratch}\0".encode()
    found = []
    for pid, parent in _parents():
        if parent == os.getpid():
            with suppress(OSError):
                if home in Path(f"/proc/{pid}/environ").read_bytes():
                    found.append(pid)
    return found
