"""Runs tapes on encoded samples. In this child there is no submitted code: only the graph, the weights, the inputs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.cost.replay import Replay, Run, loaded
from harness.cost.tape_json import from_json
from harness.findings import ParetoNLPError, fail
from harness.sandbox.contract import ContractError
from harness.sandbox.predict_job import BATCH, answer_of

AGAIN = 16
"""Samples that run once more, in the opposite order: what one leaves behind must not change another."""


def rerun(job: Mapping[str, Any], progress: Callable[[int], None]) -> dict[str, Any]:
    """Answers and exits of samples, from the graph.

    ``job`` holds ``tapes`` (as ``tape_json`` writes them), ``weights`` (a file), ``stages``, ``classes`` and
    ``samples``: for each the place of its tape and its inputs, ``{name: [dtype, nested list]}`` without batch axis.

    Returns:
        ``answers`` and ``exit_stage`` (null for a static model); or ``refused``, with the reason.

    Raises:
        ContractError: the graph gives no answer, or one that is none.
    """
    torch.set_num_threads(1)  # one sample at a time: threads would wait for each other
    try:
        runs = _Runs(job)
        ran = []
        for place in range(len(job["samples"])):
            ran.append(runs(place))
            if len(ran) % BATCH == 0:
                progress(len(ran))
        for place in reversed(range(min(AGAIN, len(ran)))):
            if not _same(ran[place], runs(place)):
                raise fail("no-replay", "the graph gives another answer in another order of the samples")
        answers = [answer_of(_logits(run), job["classes"]) for run in ran]
    except ParetoNLPError as error:
        return {"refused": str(error)}
    return {"answers": answers, "exit_stage": [run.stage for run in ran] if job["stages"] else None}


class _Runs:
    """The samples of a job; a tape is prepared when the first of its samples comes."""

    def __init__(self, job: Mapping[str, Any]) -> None:
        from safetensors.torch import load_file

        self._tapes = from_json(job["tapes"])
        self._state = loaded(load_file(Path(job["weights"])), self._tapes)
        self._samples, self._stages = job["samples"], job["stages"]
        self._ready: dict[int, Replay] = {}

    def __call__(self, place: int) -> Run:
        """Run one sample."""
        tape, given = self._samples[place]
        if tape not in self._ready:
            self._ready[tape] = Replay(self._tapes[tape], self._state)
        inputs = {
            name: torch.tensor(values, dtype=getattr(torch, dtype)).unsqueeze(0)
            for name, (dtype, values) in given.items()
        }
        return self._ready[tape].run(inputs, self._stages)


def _logits(run: Run) -> Tensor:
    """Of one sample, [classes]."""
    name = f"{run.stage}.logits" if run.stage else "logits"
    logits = run.outputs.get(name)
    if logits is None or logits.dim() != 2 or logits.shape[0] != 1:
        raise ContractError(f"the graph has no output {name} of shape [1, classes]")
    return logits[0]


def _same(one: Run, other: Run) -> bool:
    return one.stage == other.stage and torch.equal(_logits(one), _logits(other))
