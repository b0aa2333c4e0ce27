"""The parent's side of the sandbox: starts the child, reads what it sends, and stops it when it goes too far.

The child gets its request as one line of JSON on standard input, and answers with lines of JSON on a pipe of its
own: an ``answer`` to each job, ``progress`` in between, then ``done``. All of it is data from a stranger: size-limited,
strict JSON, checked by whoever asked.
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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from harness.findings import fail
from harness.sandbox.policy import Limits, command, environment, limits_for

Message = dict[str, Any]


class Child:
    """A running child. Start it early and read it late: it works meanwhile."""

    def __init__(self, process: subprocess.Popen[bytes], answers: int, log: Path, limits: Limits, jobs: int) -> None:
        self._process, self._answers, self._log, self._limits, self._jobs = process, answers, log, limits, jobs
        self._deadline = time.monotonic() + limits.seconds

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
                yield message
            elif kind == "done" and job == self._jobs:
                return
            else:
                raise fail("no-answer", f"the submitted code sent {kind[:50]!r} after {job} of {self._jobs} answers")
        raise self._died()

    def _lines(self) -> Iterator[bytes]:
        pieces: list[bytes] = []
        received = 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while True:
                left = self._deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise self._too_slow()
                chunk = os.read(self._answers, 1 << 20)
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

    def _too_slow(self) -> Exception:
        return fail(
            "out-of-time",
            f"the submitted code was stopped after {self._limits.seconds:.0f} seconds",
            remedy="Make build_model and forward cheaper, or evaluate fewer points at a time.",
        )

    def _died(self) -> Exception:
        code = self._process.wait(timeout=10)
        said = self._log.read_bytes()[-self._limits.output_bytes :].decode("utf-8", "replace").strip()
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
def sandboxed(folder: Path, jobs: Sequence[Message], limits: Limits | None = None) -> Iterator[Child]:
    """Start a child on jobs; it, and all that it started, is gone when the block ends.

    Args:
        folder: the submission.
        jobs: what ``harness.sandbox.worker`` takes. They must hold no gold label: the child is the stranger.
        limits: what the child may use; by default, ``limits_for`` so many jobs.
    """
    limits = limits or limits_for(len(jobs))
    request = {"folder": str(folder.resolve()), "jobs": jobs}
    scratch = Path(tempfile.mkdtemp(prefix="paretonlp-"))
    log = scratch / "said"
    read_end, write_end = os.pipe()
    try:
        with log.open("wb") as output, tempfile.TemporaryFile(dir=scratch) as asked:
            header = {"answers": write_end, "memory_bytes": limits.memory_bytes, "file_bytes": limits.file_bytes}
            asked.write(json.dumps(header).encode() + b"\n" + json.dumps(request).encode() + b"\n")
            asked.seek(0)
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and worker
                command(),
                stdin=asked,
                stdout=output,
                stderr=output,
                env=dict(environment(scratch, limits.threads)),
                cwd=scratch,
                pass_fds=(write_end,),
                start_new_session=True,
            )
        os.close(write_end)
        write_end = -1
        try:
            yield Child(process, read_end, log, limits, len(jobs))
        finally:
            _stop(process)
    finally:
        os.close(read_end)
        if write_end >= 0:
            os.close(write_end)
        shutil.rmtree(scratch, ignore_errors=True)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the child and everything in its process group."""
    with suppress(ProcessLookupError):  # it ended by itself, and nothing of its group is left
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
