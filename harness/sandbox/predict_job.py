"""Runs one operating point on texts: answers, sizes, exits. Runs in the child only, on texts without labels."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.cost.slots import torch_name
from harness.sandbox.contract import ContractError, Inputs, SubmittedModel
from harness.sandbox.digests import input_digest
from harness.sandbox.trace_job import load_weights

BATCH = 32
PROBES = (11, 17)
"""Two sizes that tell which axis of which input is a size: see ``size_axes``."""


def predict(model: SubmittedModel, job: Mapping[str, Any], progress: Callable[[int], None]) -> dict[str, Any]:
    """Answers of a point, one a row: the class (argmax, lowest label on a tie) or the score.

    Samples of equal shapes run together, so there is no padding and no mask to get wrong; stages run one sample at
    a time and stop where the model says so.
    """
    dataset, options = job["dataset"], job["options"]
    built = model.build(dataset, options)
    load_weights(model, built, Path(job["weights"]))
    examples = [model.encode(example, dataset, options) for example in job["examples"]]
    axes = size_axes(model, dataset, job["sizes"], options)
    sizes = [_sizes(axes, example) for example in examples]
    with torch.inference_mode():
        if isinstance(built, list):
            logits, exits = _run_stages(model, built, examples, progress)
        else:
            logits, exits = _run_batches(model, built, examples, progress), None
    return {
        "answers": [answer_of(row, job["classes"]) for row in logits],
        "sizes": {name: [row[name] for row in sizes] for name in axes},
        "exit_stage": exits,
    }


def encoded_shapes(model: SubmittedModel, job: Mapping[str, Any]) -> dict[str, Any]:
    """Shapes of every encoded sample, and of ``build_inputs`` at every distinct size: they must agree.

    ``digests`` are of what the samples hold, so that it can be seen later whether ``encode`` gives the same again.
    """
    dataset, options = job["dataset"], job["options"]
    inputs = [model.encode(example, dataset, options) for example in job["examples"]]
    built = [_shapes(model.inputs(dataset, sizes, options)) for sizes in job["sizes"]]
    return {
        "encoded": [_shapes(each) for each in inputs],
        "digests": [input_digest(_plain(each)) for each in inputs],
        "built": built,
    }


def encoded_inputs(model: SubmittedModel, job: Mapping[str, Any]) -> dict[str, Any]:
    """What ``encode`` makes of every sample: by name the dtype and the numbers, without batch axis."""
    dataset, options = job["dataset"], job["options"]
    return {"inputs": [_plain(model.encode(example, dataset, options)) for example in job["examples"]]}


def _plain(inputs: Inputs) -> dict[str, list[Any]]:
    return {name: [torch_name(tensor.dtype), tensor[0].tolist()] for name, tensor in sorted(inputs.items())}


def _shapes(inputs: Inputs) -> dict[str, list[int]]:
    return {name: list(tensor.shape[1:]) for name, tensor in sorted(inputs.items())}


def size_axes(
    model: SubmittedModel, dataset: str, names: Sequence[str], options: Mapping[str, Any]
) -> dict[str, tuple[str, int, int]]:
    """Where each size shows: the input, its axis, and what ``build_inputs`` adds to the size there.

    Of several sizes a dataset may have some only: those that show in no input are left out.
    """
    base = dict.fromkeys(names, PROBES[0])
    shapes = model.inputs(dataset, base, options)
    axes = {}
    for name in names:
        changed = model.inputs(dataset, {**base, name: PROBES[1]}, options)
        found = [
            (key, axis, length - PROBES[0])
            for key, tensor in shapes.items()
            for axis, length in enumerate(tensor.shape)
            if changed[key].shape[axis] - length == PROBES[1] - PROBES[0]
        ]
        if found:
            axes[name] = found[0]
    if names and not axes:
        raise ContractError(f"build_inputs makes no input with an axis that grows with {' or '.join(names)}")
    return axes


def _sizes(axes: Mapping[str, tuple[str, int, int]], inputs: Inputs) -> dict[str, int]:
    sizes = {}
    for name, (key, axis, added) in axes.items():
        if key not in inputs or inputs[key].dim() <= axis:
            raise ContractError(f"encode gave {', '.join(inputs)}, but build_inputs makes {key!r}: they must agree")
        sizes[name] = inputs[key].shape[axis] - added
    return sizes


def _run_batches(
    model: SubmittedModel, module: nn.Module, examples: Sequence[Inputs], progress: Callable[[int], None]
) -> list[Tensor]:
    alike: dict[tuple[Any, ...], list[int]] = {}
    for row, inputs in enumerate(examples):
        alike.setdefault(tuple((name, tensor.shape) for name, tensor in sorted(inputs.items())), []).append(row)
    logits: dict[int, Tensor] = {}
    for rows in alike.values():
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            answers = _forward(model, module, [examples[row] for row in batch])
            logits.update(zip(batch, answers, strict=True))
            progress(len(logits))
    return [logits[row] for row in range(len(examples))]


def _forward(model: SubmittedModel, module: nn.Module, examples: Sequence[Inputs]) -> list[Tensor]:
    """Logits of samples of equal shapes; one by one where the model takes no batches."""
    batch = {name: torch.cat([inputs[name] for inputs in examples]) for name in examples[0]}
    logits = _logits(model.run("forward", lambda: module(**batch)))
    if logits.shape[0] != len(examples):
        if len(examples) == 1:
            raise ContractError(
                f"forward returned logits of shape {tuple(logits.shape)} for one sample; expected [1, classes]"
            )
        return [row for inputs in examples for row in _forward(model, module, [inputs])]
    return list(logits)


def _logits(result: Any) -> Tensor:
    logits = result if isinstance(result, Tensor) else getattr(result, "logits", None)
    if not isinstance(logits, Tensor) or logits.dim() != 2:
        found = f"a tensor of shape {tuple(logits.shape)}" if isinstance(logits, Tensor) else type(result).__name__
        raise ContractError(f"forward returned {found}; expected logits of shape [1, classes], or [1, 1] for a score")
    return logits


def _run_stages(
    model: SubmittedModel, stages: Sequence[nn.Module], examples: Sequence[Inputs], progress: Callable[[int], None]
) -> tuple[list[Tensor], list[int]]:
    torch.set_num_threads(1)  # for one sample at a time, threads cost more in waiting than they bring
    logits, exits = [], []
    for inputs in examples:
        state: Mapping[str, Tensor] = inputs
        for number, stage in enumerate(stages, start=1):
            state = model.run(f"stage {number}", lambda stage=stage, state=state: stage(dict(state)))
            if not isinstance(state, Mapping) or "logits" not in state:
                raise ContractError(f"stage {number} did not return a dict with 'logits'")
            if number == len(stages) or bool(state["exit"]):
                break
        logits.append(_logits(state["logits"])[0])
        exits.append(number)
        if len(exits) % BATCH == 0:
            progress(len(exits))
    return logits, exits


def answer_of(logits: Tensor, classes: int) -> int | float:
    """The class (argmax, lowest label on a tie), or the score (``classes`` is 0), of logits [classes]."""
    expected = classes or 1
    if logits.shape[-1] != expected:
        raise ContractError(f"forward returned {logits.shape[-1]} logits; this dataset takes {expected}")
    if not bool(torch.isfinite(logits).all()):
        raise ContractError("forward returned a logit that is not a finite number")
    return int(logits.argmax()) if classes else float(logits[0])
