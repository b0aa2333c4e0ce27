"""Traces one operating point at the sizes asked for. Runs in the child only."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from harness.cost.census import census
from harness.cost.tape import Tape
from harness.cost.tape_json import to_json
from harness.cost.tracing import NeedsValues, Recorder, build_on_meta, record, record_stages
from harness.sandbox.contract import ContractError, SubmittedModel

Built = nn.Module | list[nn.Module]


def trace(model: SubmittedModel, job: Mapping[str, Any]) -> dict[str, Any]:
    """Tapes of a point at every one of ``job["sizes"]`` (or of its ``modules``), and its weights.

    The model is built on meta; where its build needs memory, on the CPU; where its control flow needs values, it
    also runs, with the weights handed in (else the initialisation from seed 0), and the tapes say so.
    """
    if job.get("modules"):
        return _trace_modules(model, job)
    error: Exception | None = None
    for attempt in (_on_meta, _on_cpu, _with_values):
        try:
            built, tapes = attempt(model, job)
        except (ContractError, NeedsValues) as failure:
            error = failure
        else:
            return _answer(built, tapes)
    raise ContractError(str(error)) from error


def _answer(built: Built, tapes: list[Tape]) -> dict[str, Any]:
    return {
        "tapes": to_json(tapes),
        "weights": [asdict(weight) for weight in census(_as_module(built))],
        "stages": len(built) if isinstance(built, list) else 0,
    }


def _on_meta(model: SubmittedModel, job: Mapping[str, Any]) -> tuple[Built, list[Tape]]:
    built, recorder = build_on_meta(lambda: model.build(job["dataset"], job["options"]))
    return built, _tapes(model, built, recorder, job)


def _on_cpu(model: SubmittedModel, job: Mapping[str, Any]) -> tuple[Built, list[Tape]]:
    """For a build that needs memory (numpy, ``.item()``, a pretrained start): real weights, still no arithmetic."""
    built = _build_real(model, job)
    return built, _tapes(model, built, Recorder(), job)


def _with_values(model: SubmittedModel, job: Mapping[str, Any]) -> tuple[Built, list[Tape]]:
    built = _build_real(model, job)
    return built, _tapes(model, built, Recorder(with_values=True), job)


def _tapes(model: SubmittedModel, built: Built, recorder: Recorder, job: Mapping[str, Any]) -> list[Tape]:
    return [
        _tape(model, built, recorder, model.inputs(job["dataset"], sizes, job["options"])) for sizes in job["sizes"]
    ]


def _tape(model: SubmittedModel, built: Built, recorder: Recorder, inputs: dict[str, torch.Tensor]) -> Tape:
    needs: list[NeedsValues] = []

    def forward() -> Tape | None:
        try:
            if isinstance(built, list):
                return record_stages(built, inputs, recorder)
            return record(built, inputs, recorder)
        except NeedsValues as error:  # not the author's mistake: the caller tries again with values
            needs.append(error)
            return None

    tape = model.run("forward", forward)
    if needs:
        raise needs[0]
    assert isinstance(tape, Tape)  # noqa: S101
    return tape


def _build_real(model: SubmittedModel, job: Mapping[str, Any]) -> Built:
    torch.manual_seed(0)
    built = model.build(job["dataset"], job["options"])
    if job.get("weights"):
        load_weights(model, built, Path(job["weights"]))
    return built


def load_weights(model: SubmittedModel, built: Built, path: Path) -> None:
    """Load a safetensors file into a model, strictly: every weight there, none beside."""
    from safetensors.torch import load_file

    model.run(f"loading {path.name}", lambda: _as_module(built).load_state_dict(load_file(path), strict=True))


def _as_module(built: Built) -> nn.Module:
    return nn.ModuleList(built) if isinstance(built, list) else built


def _trace_modules(model: SubmittedModel, job: Mapping[str, Any]) -> dict[str, Any]:
    """ELUE's form: every module by itself, at every shape that the predictions declare (without the batch axis)."""
    dataset, options = job["dataset"], job["options"]
    modules, recorder = build_on_meta(lambda: model.build_modules(dataset, options))
    whole, _ = build_on_meta(lambda: model.build(dataset, options))
    names = {id(tensor): name for name, tensor in _as_module(whole).named_parameters()}
    tapes = []
    for name, shape in job["modules"]:
        if name not in modules:
            raise ContractError(
                f"build_modules has no {name!r}, which the predictions use; it has {', '.join(modules)}"
            )
        wrapped = _Positional(modules[name])
        tape = model.run(name, lambda wrapped=wrapped, shape=shape: record_module(wrapped, shape, recorder))
        tapes.append(_renamed(tape, {own: names.get(id(tensor), own) for own, tensor in wrapped.named_parameters()}))
    return _answer(whole, tapes)


def record_module(wrapped: "_Positional", shape: list[int], recorder: Recorder) -> Tape:
    """The tape of one module on one declared shape: token ids where it starts with an embedding, else real numbers."""
    first = next((part for part in wrapped.module.modules() if not list(part.children())), wrapped.module)
    looks_up = isinstance(first, nn.Embedding | nn.EmbeddingBag)
    dtype = torch.long if looks_up else torch.get_default_dtype()
    return record(wrapped, {"x": torch.zeros(1, *shape, dtype=dtype)}, recorder)


def _renamed(tape: Tape, names: Mapping[str, str]) -> Tape:
    """The tape with its weights called as in the whole model."""
    return replace(tape, leaves=tuple(replace(leaf, name=names.get(leaf.name, leaf.name)) for leaf in tape.leaves))


class _Positional(nn.Module):
    """Hands its only input over by position, whatever the module calls it."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: torch.Tensor) -> Any:
        """Run the module."""
        return self.module(x)
