"""What a child is asked, given to it without waiting for it to read."""

import json
import os
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any


class Sender:
    """Writes lines of JSON into a pipe. A child that does not read holds up a thread of this process and no more."""

    def __init__(self) -> None:
        self.child_end, own_end = os.pipe()
        """What the child gets as standard input; whoever starts it closes it here."""
        self._lines: SimpleQueue[bytes | None] = SimpleQueue()
        Thread(target=self._write, args=(own_end,), daemon=True).start()

    def send(self, message: dict[str, Any]) -> None:
        """A line, behind those of before."""
        self._lines.put(json.dumps(message).encode() + b"\n")

    def close(self) -> None:
        """There will be no further line; the child reads the end of the file behind the last."""
        self._lines.put(None)

    def _write(self, own_end: int) -> None:
        with suppress(OSError), os.fdopen(own_end, "wb", buffering=0) as pipe:  # the child may be gone
            for line in iter(self._lines.get, None):
                rest = memoryview(line)
                while rest:
                    rest = rest[pipe.write(rest) :]
