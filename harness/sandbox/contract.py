"""The functions of a submission's ``model.py``, called the way the contract says. Runs in the child only."""

import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

Inputs = dict[str, Tensor]


class ContractError(Exception):
    """``model.py`` raised, or gave back something that the contract does not allow. The message is for its author."""


class SubmittedModel:
    """``model.py`` of a submission folder, imported."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "model.py"
        sys.path.insert(0, str(folder))  # model.py may import the files beside it
        spec = importlib.util.spec_from_file_location("model", self._path)
        if spec is None or spec.loader is None:
            raise ContractError(f"{self._path} can not be imported")
        loader = spec.loader
        self._module: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules["model"] = self._module
        self._call("import", lambda: loader.exec_module(self._module))

    def has(self, name: str) -> bool:
        """Whether model.py defines a function of that name."""
        return callable(getattr(self._module, name, None))

    def build(self, dataset: str, options: Mapping[str, Any]) -> nn.Module | list[nn.Module]:
        """The model of an operating point: one module, or the stages of a dynamic one. In evaluation mode."""
        name = "build_stages" if self.has("build_stages") else "build_model"
        built = self._call(name, lambda: getattr(self._module, name)(dataset, **options))
        if name == "build_model":
            if not isinstance(built, nn.Module):
                raise ContractError(f"build_model returned {type(built).__name__}, not an nn.Module")
            return built.eval()
        if not isinstance(built, Sequence) or not built or not all(isinstance(stage, nn.Module) for stage in built):
            raise ContractError("build_stages did not return a non-empty list of nn.Modules")
        return [stage.eval() for stage in built]

    def build_modules(self, dataset: str, options: Mapping[str, Any]) -> dict[str, nn.Module]:
        """The modules of a submission in ELUE's form, by the names that its prediction files use."""
        built = self._call("build_modules", lambda: self._module.build_modules(dataset, **options))
        if not isinstance(built, Mapping) or not all(isinstance(module, nn.Module) for module in built.values()):
            raise ContractError("build_modules did not return a dict of nn.Modules")
        return {str(name): module.eval() for name, module in built.items()}

    def inputs(self, dataset: str, sizes: Mapping[str, int], options: Mapping[str, Any]) -> Inputs:
        """One sample of these sizes; BERT-style ``input_ids`` where model.py does not say."""
        if not self.has("build_inputs"):
            if set(sizes) != {"num_tokens"}:
                names = ", ".join(sizes) or "nothing"
                raise ContractError(f"the sizes are {names}: model.py needs build_inputs to make inputs of them")
            return {"input_ids": torch.zeros(1, sizes["num_tokens"], dtype=torch.long)}
        built = self._call("build_inputs", lambda: self._module.build_inputs(dataset, dict(sizes), **options))
        if not isinstance(built, Mapping) or not all(isinstance(tensor, Tensor) for tensor in built.values()):
            raise ContractError("build_inputs did not return a dict of tensors")
        for name, tensor in built.items():
            if tensor.dim() == 0 or tensor.shape[0] != 1:
                raise ContractError(
                    f"build_inputs made {name!r} of shape {tuple(tensor.shape)}; its first axis is the batch, 1"
                )
        return {str(name): tensor for name, tensor in built.items()}

    def encode(self, example: Mapping[str, str], dataset: str, options: Mapping[str, Any]) -> Inputs:
        """The inputs of one sample, with a batch axis of 1."""
        encoded = self._call("encode", lambda: self._module.encode(dict(example), dataset, **options))
        if not isinstance(encoded, Mapping) or not encoded:
            raise ContractError(f"encode returned {type(encoded).__name__}, not a dict of lists")
        tensors = {}
        for name, values in encoded.items():
            try:
                tensors[str(name)] = torch.as_tensor(values).unsqueeze(0)
            except (TypeError, ValueError, RuntimeError) as error:
                raise ContractError(f"encode gave {name!r} as something that is no list of numbers: {error}") from error
        return tensors

    def run(self, what: str, function: Any) -> Any:
        """Run a piece of the submitted model; whatever it raises becomes a ``ContractError`` that names the line."""
        return self._call(what, function)

    def _call(self, what: str, function: Any) -> Any:
        try:
            return function()
        except ContractError:
            raise
        except Exception as error:
            raise ContractError(
                f"{self._place(error)}{what} raised {type(error).__name__}: {str(error)[:1500]}"
            ) from error

    def _place(self, error: BaseException) -> str:
        """``model.py:37: `` for the deepest line of the submission on the way to the error."""
        if isinstance(error, SyntaxError) and error.filename:
            return f"{Path(error.filename).name}:{error.lineno}: "
        folder = self._path.parent
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if folder in Path(frame.filename).parents
        ]
        return f"{Path(frames[-1].filename).relative_to(folder)}:{frames[-1].lineno}: " if frames else ""
