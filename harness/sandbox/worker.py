"""The child: imports the submission's code, traces or runs it, and sends back data. Never sees gold.

Started as ``python -m harness.sandbox.worker`` by the runner, with lines of JSON on standard input: a header, then
jobs until the end of the file. ``trace`` jobs come back as tapes and weights; ``predict`` jobs as answers, sizes and
exits; ``encode`` jobs as shapes, ``inputs`` jobs as numbers. ``replay`` and ``calibrate`` jobs import nothing of the
submission.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from harness.sandbox.confine import confine

Send = Callable[[dict[str, Any]], None]
Model = Callable[[], Any]
"""Imports the submission where a job needs it, and once."""


def main() -> None:
    """Read the header, confine this process, and only then let torch and the submission in."""
    header = json.loads(sys.stdin.buffer.readline())
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what is printed goes to the log
    confine(header)

    def send(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message, allow_nan=False) + "\n")
        answers.flush()

    from harness.sandbox.contract import ContractError, SubmittedModel

    @cache
    def model() -> SubmittedModel:
        return SubmittedModel(Path(header["folder"]))

    try:
        for line in sys.stdin.buffer:
            for job in json.loads(line)["jobs"]:
                send({"kind": "answer", **_VERBS[job["verb"]](model, job, send)})
    except ContractError as error:
        send({"kind": "failed", "message": str(error)})
    else:
        send({"kind": "done"})


def _trace(model: Model, job: dict[str, Any], _send: Send) -> dict[str, Any]:
    from harness.sandbox.trace_job import trace

    return trace(model(), job)


def _predict(model: Model, job: dict[str, Any], send: Send) -> dict[str, Any]:
    from harness.sandbox.predict_job import predict

    return predict(model(), job, lambda done: send({"kind": "progress", "done": done}))


def _encode(model: Model, job: dict[str, Any], _send: Send) -> dict[str, Any]:
    from harness.sandbox.predict_job import encoded_shapes

    return encoded_shapes(model(), job)


def _inputs(model: Model, job: dict[str, Any], _send: Send) -> dict[str, Any]:
    from harness.sandbox.predict_job import encoded_inputs

    return encoded_inputs(model(), job)


def _compare(model: Model, job: dict[str, Any], _send: Send) -> dict[str, Any]:
    from harness.sandbox.compare_job import compare

    return compare(model(), job)


def _replay(_model: Model, job: dict[str, Any], send: Send) -> dict[str, Any]:
    from harness.sandbox.replay_job import rerun

    return rerun(job, lambda done: send({"kind": "progress", "done": done}))


def _calibrate(_model: Model, _job: dict[str, Any], _send: Send) -> dict[str, Any]:
    from harness.sandbox.calibrate_job import calibrate

    return dict(calibrate())


_VERBS = {
    "trace": _trace,
    "predict": _predict,
    "encode": _encode,
    "inputs": _inputs,
    "compare": _compare,
    "replay": _replay,
    "calibrate": _calibrate,
}

if __name__ == "__main__":
    main()
