"""From a model and its inputs to a tape: the recorder's public face."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from harness.cost.recorder import NeedsValues, Recorder
from harness.cost.tape import Tape

Model = TypeVar("Model")


def build_on_meta(build: Callable[[], Model]) -> tuple[Model, Recorder]:
    """Build a model on the ``meta`` device: no memory, no arithmetic, but small constants made on the way are known.

    Returns the model and the recorder that watched it being built; trace the model with that recorder.
    """
    recorder = Recorder()
    with torch.inference_mode(False), torch.no_grad(), torch.device("meta"), _ConstantsOnCPU(), recorder:
        model = build()
    recorder.restart()
    return model, recorder


class _ConstantsOnCPU(torch.overrides.TorchFunctionMode):
    """``torch.tensor([...], device="meta")`` drops its values before any dispatch: make it on the CPU, then move it."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func not in (torch.tensor, torch.as_tensor, torch.asarray) or (args and isinstance(args[0], Tensor)):
            return func(*args, **kwargs)
        device = kwargs.pop("device", None) or torch.get_default_device()
        return func(*args, **kwargs, device="cpu").to(device)


def record(model: nn.Module, inputs: Mapping[str, Tensor], recorder: Recorder | None = None) -> Tape:
    """Record one forward of a model, in evaluation mode.

    ``inputs`` are the keyword tensors of ``forward``. Weights may be real or on meta: no arithmetic is done with
    them, unless ``recorder`` was made ``with_values``. The model is left as it was: no hook, mode, patch or changed
    buffer stays.

    Raises:
        NeedsValues: the control flow depends on values that only real weights can tell.
    """
    recorder = recorder or Recorder()
    recorder.restart()
    recorder.adopt(model)
    given = {name: recorder.add_input(tensor, name) for name, tensor in inputs.items()}
    with _evaluating(recorder.modules), _whole_operators(), recorder.observer.watching(), recorder:
        outputs = _named(model(**inputs))
    return Tape(
        values=tuple(recorder.values),
        inputs=given,
        nodes=tuple(recorder.nodes),
        outputs={name: recorder.value_of(tensor) for name, tensor in outputs.items()},
        leaves=recorder.leaves(),
        with_values=recorder.with_values,
    )


def record_stages(stages: Sequence[nn.Module], inputs: Mapping[str, Tensor], recorder: Recorder | None = None) -> Tape:
    """Record every stage of a dynamic model, one after the other, exits ignored.

    Nodes carry the number of their stage, from 1. Outputs are named ``1.logits``, ``1.exit`` and so on.

    Raises:
        NeedsValues: as ``record``.
        TypeError: a stage returned something other than a dict of tensors with ``logits``.
    """
    recorder = recorder or Recorder()
    recorder.restart()
    whole = nn.ModuleList(stages)
    recorder.adopt(whole)
    given = {name: recorder.add_input(tensor, name) for name, tensor in inputs.items()}
    outputs: dict[str, int] = {}
    state: Mapping[str, Tensor] = dict(inputs)
    with _evaluating(recorder.modules), _whole_operators(), recorder.observer.watching(), recorder:
        for number, stage in enumerate(stages, start=1):
            recorder.stage = number
            state = _checked_state(stage(state), number, last=number == len(stages))
            for name in ("logits", "exit"):
                if name in state:
                    outputs[f"{number}.{name}"] = recorder.value_of(state[name])
    return Tape(
        values=tuple(recorder.values),
        inputs=given,
        nodes=tuple(recorder.nodes),
        outputs=outputs,
        leaves=recorder.leaves(),
        with_values=recorder.with_values,
    )


def _checked_state(state: Any, number: int, *, last: bool) -> Mapping[str, Tensor]:
    if not isinstance(state, Mapping):
        raise TypeError(
            f"stage {number} returned {type(state).__name__}; a stage maps a dict of tensors to a dict of tensors"
        )
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"stage {number} returned {name!r} as {type(value).__name__}; the state holds tensors only")
    for name in ("logits",) if last else ("logits", "exit"):
        if name not in state:
            raise TypeError(
                f"stage {number} returned no {name!r} (it returned {', '.join(map(str, state)) or 'nothing'})"
            )
    return state


def _named(result: Any) -> dict[str, Tensor]:
    """The tensors that a model returned, by name: ``logits`` where it is one tensor."""
    if isinstance(result, Tensor):
        return {"logits": result}
    if isinstance(result, Mapping):
        return {str(name): value for name, value in result.items() if isinstance(value, Tensor)}
    if isinstance(result, list | tuple):
        return {str(position): value for position, value in enumerate(result) if isinstance(value, Tensor)}
    return {}


@contextmanager
def _whole_operators() -> Iterator[None]:
    """Inference mode hands composite operators to the recorder before they are taken apart.

    The key that tracks views and in-place changes for autograd is left out: it refuses stand-ins for views of weights.
    """
    untracked = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
    with torch.inference_mode(), torch._C._ExcludeDispatchKeyGuard(untracked):
        yield


@contextmanager
def _evaluating(modules: Sequence[nn.Module]) -> Iterator[None]:
    """Evaluation mode, and every module's own mode back afterwards."""
    training = [module for module in modules if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


__all__ = ["NeedsValues", "Recorder", "build_on_meta", "record", "record_stages"]
