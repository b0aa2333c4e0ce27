"""Two processes at the same work: one does it, the other waits and finds it done."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def alone(place: Path, cache: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Nobody else is at work on a place while the block runs; says so where it has to wait.

    A process that dies lets go of its place. The lock itself lies in the cache, not beside what people hand in.

    Args:
        place: a file or folder, which need not be there.
        cache: where locks are kept; who shares it, waits for one another.
        say: takes a line.

    """
    named = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:16]
    locks = cache / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{place.name}-{named}")
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(f"{place}: another process is at work on it; this one waits")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
