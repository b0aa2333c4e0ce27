"""The parent's side of the sandbox: starts the child, reads what it sends, and stops it when it goes too far.

The child gets a header and its jobs as lines of JSON on standard input, and answers with lines of JSON on what was
its standard output: an ``answer`` to each job, ``progress`` in between, then ``done``. All of it is data from a
stranger: size-limited, strict JSON, checked by whoever asked.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from harness.findings import fail
from harness.sandbox.enclosure import child_command
from harness.sandbox.levels import AUTO, Level, chosen
from harness.sandbox.policy import (
    GIB,
    NOBODY,
    Limits,
    environment,
    interpreter,
    limits_for,
    readable_by_others,
)
from harness.sandbox.processes import adopt, cpu_of, end, files_in, memory_of
from harness.sandbox.sending import Sender

Message = dict[str, Any]

_TICK = 0.25
"""Seconds between two looks at what the child uses."""


class Child:
    """A running child. Start it early and read it late: it works meanwhile."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        scratch: Path,
        limits: Limits,
        level: Level,
        jobs: int,
        go_on: Callable[[int], None],
    ) -> None:
        self._process, self._scratch, self._limits, self._jobs = process, scratch, limits, jobs
        self._go_on = go_on
        self._deadline = time.monotonic() + limits.seconds
        self.level = level
        """How it is kept apart."""
        self.cpu_seconds = 0.0
        """Of it and all that it started, at its last answer or its end: told by the kernel, not by the child.
        0 where that is not known: without /proc, and in a container, which is no child of this process."""

    def answers(self, progress: Callable[[int, int], None] = lambda _job, _done: None) -> Iterator[Message]:
        """Yield the answer to every job, in their order.

        Args:
            progress: called with the number of the job in hand and how much of it is done.

        Raises:
            ParetoNLPError: the child crashed, ran out of time or memory, or sent something that is no answer.
        """
        job = 0
        for line in self._lines():
            message = _parse(line)
            kind, done = message["kind"], message.get("done")
            if kind == "failed":
                raise fail("submitted-code", str(message.get("message", "failed"))[:4000])
            if kind == "progress" and type(done) is int and job < self._jobs:
                progress(job, done)
            elif kind == "answer" and job < self._jobs:
                job += 1
                self.look_at_the_clock()
                yield message
                self._go_on(job)
            elif kind == "done" and job == self._jobs:
                return
            else:
                raise fail("no-answer", f"the submitted code sent {kind[:50]!r} after {job} of {self._jobs} answers")
        raise self._died()

    def look_at_the_clock(self) -> None:
        """Set ``cpu_seconds``."""
        self.cpu_seconds = 0.0 if self.level is Level.CONTAINER else cpu_of(self._process.pid)

    def _lines(self) -> Iterator[bytes]:
        pieces: list[bytes] = []
        received = 0
        assert self._process.stdout is not None  # noqa: S101 - the runner asked for a pipe
        answers = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(answers, selectors.EVENT_READ)
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0:
                    raise self._too_slow()
                if not selector.select(min(left, _TICK)):
                    if self._process.poll() is not None and not selector.select(0):
                        return  # it ended, with all read, though something that it started may still hold the pipe
                    self._check_use()
                    continue
                chunk = os.read(answers, 1 << 20)
                if not chunk:
                    return
                received += len(chunk)
                if received > self._limits.answer_bytes:
                    raise fail(
                        "answer-too-large", f"the submitted code sent more than {self._limits.answer_bytes:,} bytes"
                    )
                rest, *lines = chunk.split(b"\n")
                pieces.append(rest)
                for line in lines:
                    yield b"".join(pieces)
                    pieces = [line]

    def _check_use(self) -> None:
        """Memory and disk that the kernel's own limits do not see: shared maps, many files."""
        if (used := memory_of(self._process.pid)) > self._limits.memory_bytes:
            raise fail("out-of-memory", f"the submitted code took {used / GIB:.1f} GiB of memory and was stopped")
        if (used := files_in(self._scratch)) > self._limits.scratch_bytes:
            raise fail("out-of-disk", f"the submitted code wrote {used / GIB:.1f} GiB of files and was stopped")

    def _too_slow(self) -> Exception:
        return fail(
            "out-of-time",
            f"the submitted code was stopped after {self._limits.seconds:.0f} seconds",
            remedy="Make build_model and forward cheaper, or evaluate fewer points at a time.",
        )

    def _died(self) -> Exception:
        code = self._process.wait(timeout=10)
        said = self._said()
        if code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        else:
            how = f"ended with exit code {code}" if code else "ended without an answer"
        if code == -signal.SIGKILL or "MemoryError" in said or "can't allocate memory" in said:
            how += f" (memory limit: {self._limits.memory_bytes / (1 << 30):.0f} GiB)"
        tail = "\n".join(said.splitlines()[-12:])
        return fail(
            "submitted-code-died", f"the process of the submitted code {how}" + (f"; it said:\n{tail}" if tail else "")
        )

    def _said(self) -> str:
        """The end of what it wrote to its standard error."""
        log = self._scratch.with_suffix(".log")
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - self._limits.output_bytes))
            return stream.read().decode("utf-8", "replace").strip()


def _parse(line: bytes) -> Message:
    try:
        message = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise fail("no-answer", f"the submitted code sent something that is no JSON: {str(error)[:200]}") from error
    if not isinstance(message, dict) or not isinstance(message.get("kind"), str):
        raise fail("no-answer", "the submitted code sent JSON that is no message")
    return message


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


@contextmanager
def sandboxed(
    folder: Path,
    jobs: Sequence[Message],
    limits: Limits | None = None,
    level: Level | None = None,
    *,
    reads: Sequence[Path] = (),
    in_step: bool = False,
) -> Iterator[Child]:
    """Start a child on jobs; it, and all that it started, is gone when the block ends.

    Args:
        folder: the submission.
        jobs: what ``harness.sandbox.worker`` takes. They must hold no gold label: the child is the stranger.
        limits: what the child may use; by default, ``limits_for`` so many jobs.
        level: how it is kept apart; by default, the best that is there without set-up.
        reads: further files that it may read: weights that lie elsewhere.
        in_step: send each job when the answer to the one before was taken, so that nothing is known of it earlier.
    """
    limits, level = limits or limits_for(len(jobs)), level or chosen(AUTO)
    places = [folder.resolve(), *(path.resolve() for path in reads)]
    adopt()
    home = Path(tempfile.mkdtemp(prefix="paretonlp-")).resolve()
    scratch = home / "scratch"
    scratch.mkdir()
    uid = _other_user(scratch, places) if level in (Level.HARDENED, Level.ISOLATED) else None
    header = {"level": level, "folder": str(places[0]), "parent": os.getpid(), "uid": uid}
    header |= {"scratch": str(scratch), "reads": [*map(str, places)], "limits": dict(limits.resources())}
    sender = Sender(header, jobs, in_step=in_step)
    try:
        with (home / "scratch.log").open("wb") as log, _started(sender, scratch, places, limits, level, log) as process:
            child = Child(process, scratch, limits, level, len(jobs), sender.go_on)
            try:
                yield child
            finally:
                child.look_at_the_clock()
                end(process, scratch)
    finally:
        sender.close()
        shutil.rmtree(home, ignore_errors=True)


def _started(
    sender: Sender, scratch: Path, places: Sequence[Path], limits: Limits, level: Level, log: BinaryIO
) -> subprocess.Popen[bytes]:
    """The child's process, which reads what the sender sends."""
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and worker
            child_command(level, scratch, places, limits),
            stdin=sender.child_end,
            stdout=subprocess.PIPE,
            stderr=log,
            env=dict(environment(scratch, limits.threads)),
            cwd=scratch,
            start_new_session=True,
        )
    finally:
        os.close(sender.child_end)


def _other_user(scratch: Path, places: Sequence[Path]) -> int | None:
    """Nobody's number, who gets the scratch folder, where root runs this and nobody can read all that is needed."""
    if os.geteuid() != 0 or not readable_by_others([*interpreter(), *places]):
        return None
    os.chown(scratch, NOBODY, NOBODY)
    scratch.parent.chmod(0o711)
    return NOBODY
