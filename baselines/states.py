"""State dicts in the cache: made once, under a hash of everything that decides them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from harness.atomic import write_whole
from harness.findings import fail

VERSION = 1
"""Part of every hash: raise it when a change in how states are made changes what they hold."""


def kept_state(cache: Path, name: str, key: Sequence[str], make: Callable[[], Mapping[str, Tensor]]) -> Path:
    """The file of a state dict, from the cache or made now and written whole.

    ``name`` is for people; ``key`` is all that decides the outcome: the file of the state that it is made
    from, the settings, a draft's definition.
    """
    digest = hashlib.sha256("\n".join([str(VERSION), *key]).encode()).hexdigest()[:16]
    path = cache / "states" / f"{name}-{digest}.safetensors"
    if not path.exists():
        write_state(make(), path)
    return whole(path)


def whole(path: Path) -> Path:
    """The file of a state dict; raises ParetoNLPError where it was cut, or is none."""
    try:
        with safe_open(path, "pt"):  # reads the header, and holds the file's length against it
            return path
    except SafetensorError as error:
        raise fail(
            "damaged-state",
            f"The state dict cannot be read: {error}.",
            file=str(path),
            remedy="Remove the file; it is made anew.",
        ) from error


def write_state(state: Mapping[str, Tensor], path: Path) -> None:
    """A state dict as safetensors, whole or not at all."""
    write_whole(path, save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in state.items()}))


def load_state(model: nn.Module, path: Path) -> nn.Module:
    """The model with the state of a file, in evaluation mode."""
    model.load_state_dict(load_file(whole(path)))
    return model.eval()


def about_the_mean(state: Mapping[str, Tensor], gold: NDArray[Any]) -> dict[str, Tensor]:
    """A first state whose new answer layers start at the mean of the scores; of classes, the state as it is.

    A bias of 0 under scores of 0 to 5 starts with a loss that is nearly all offset. The rates that pretrained
    encoders are fine-tuned at move a bias by a few hundredths in a whole training, so the encoder makes up for it:
    all of its hidden states go the same way, the more so the more exits ask for it, and what told one text from
    another is lost (``docs/findings.md``).
    """
    if gold.dtype.kind != "f":
        return dict(state)
    return {
        name: torch.full_like(tensor, float(gold.mean())) if tensor.shape == (1,) and not tensor.any() else tensor
        for name, tensor in state.items()
    }


def take_over(fresh: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A first state with what was learned on another dataset: an answer layer of another width stays fresh."""
    return {
        name: learned[name] if name in learned and learned[name].shape == tensor.shape else tensor
        for name, tensor in fresh.items()
    }
