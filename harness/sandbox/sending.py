"""What a child is asked, given to it without waiting for it to read."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any


class Sender:
    """Writes lines of JSON into a pipe. A child that does not read holds up a thread of this process and no more."""

    def __init__(self, header: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]], *, in_step: bool) -> None:
        self.child_end, own_end = os.pipe()
        """What the child gets as standard input; whoever starts it closes it here."""
        self._parts = [[job] for job in jobs] if in_step else [jobs]
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        self._send(header)
        self.go_on(0)
        Thread(target=self._write, args=(own_end,), daemon=True).start()

    def go_on(self, answered: int) -> None:
        """Send what comes after so many answers; behind the last of it comes the end of the file."""
        if answered < len(self._parts):
            self._send({"jobs": self._parts[answered]})
        if answered + 1 >= len(self._parts):
            self.close()

    def close(self) -> None:
        """Send no further line."""
        self._lines.put(None)

    def _send(self, message: Mapping[str, Any]) -> None:
        self._lines.put(json.dumps(message).encode() + b"\n")

    def _write(self, own_end: int) -> None:
        with suppress(OSError), os.fdopen(own_end, "wb", buffering=0) as pipe:  # the child may be gone
            for line in iter(self._lines.get, None):
                rest = memoryview(line)
                while rest:
                    rest = rest[pipe.write(rest) :]
