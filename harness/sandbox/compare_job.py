"""What other counters say of the same model and inputs. Runs in the child only."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from harness.sandbox.contract import ContractError, SubmittedModel


def compare(model: SubmittedModel, job: Mapping[str, Any]) -> dict[str, Any]:
    """MACs by operator according to every counter named in ``job["counters"]``: ``fvcore``, ``torch``."""
    torch.manual_seed(0)
    built = model.build(job["dataset"], job["options"])
    if isinstance(built, list):
        raise ContractError("other counters take a static model; this one is made of stages")
    inputs = model.inputs(job["dataset"], job["sizes"][0], job["options"])
    counters = {name: model.run(name, lambda name=name: COUNTERS[name](built, inputs)) for name in job["counters"]}
    return {"counters": counters}


def fvcore_macs(model: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, float]:
    """fvcore's count by operator: what it calls a FLOP is a MAC, and operators that it does not know are left out."""
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(_ByPosition(model, tuple(inputs)), tuple(inputs.values()))
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return {name: float(count) for name, count in analysis.by_operator().items()}


def torch_macs(model: nn.Module, inputs: Mapping[str, Tensor]) -> dict[str, float]:
    """Half of what ``torch.utils.flop_counter`` counts (two FLOPs a MAC), by operator."""
    from torch.utils.flop_counter import FlopCounterMode

    model.requires_grad_(False)  # its tracker of modules fails on weights that are handed to a module as inputs
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**inputs)
    return {str(operator): count / 2 for operator, count in counter.get_flop_counts().get("Global", {}).items()}


COUNTERS: dict[str, Callable[[nn.Module, Mapping[str, Tensor]], dict[str, float]]] = {
    "fvcore": fvcore_macs,
    "torch": torch_macs,
}


class _ByPosition(nn.Module):
    """fvcore traces with positional inputs only, and takes tensors only for answers."""

    def __init__(self, model: nn.Module, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *tensors: Tensor) -> Any:
        """Run the model with its inputs by name."""
        result = self.model(**dict(zip(self.names, tensors, strict=True)))
        return result if isinstance(result, Tensor) else result[0]
