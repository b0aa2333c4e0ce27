"""What a teacher answers on texts, computed once."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.examples import pad
from baselines.states import kept_state

AT_ONCE = 64

Inputs = Sequence[Mapping[str, Sequence[int]]]


def stored_logits(
    name: str,
    model: nn.Module,
    state: Path,
    inputs: Inputs,
    *,
    pad_token: int,
    bf16: bool,
    cache: Path,
    say: Callable[[str], None],
) -> NDArray[np.float32]:
    """Logits [rows, outputs] of a model, from the cache or computed now.

    Args:
        name: for people.
        model: takes padded batches and returns logits; in evaluation mode.
        state: the file of its weights, as the training left it.
        inputs: token ids without batch axis.
        pad_token: the id of padding.
        bf16: matrix products in bfloat16.
        cache: where states are kept.
        say: takes lines of progress.

    """
    digest = hashlib.sha256(json.dumps([dict(sample) for sample in inputs]).encode()).hexdigest()
    key = ["logits", state.parent.name, digest, f"bf16 {bf16}"]
    kept = kept_state(cache, name, key, lambda: {"logits": _logits(name, model, inputs, pad_token, bf16, say)})
    return load_file(kept)["logits"].numpy()


@torch.no_grad()
def _logits(
    name: str, model: nn.Module, inputs: Inputs, pad_token: int, bf16: bool, say: Callable[[str], None]
) -> Tensor:
    """[rows, outputs], fp32; batches of like lengths, padded and masked."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    by_length = np.argsort([len(sample["input_ids"]) for sample in inputs], kind="stable")
    batches = np.array_split(by_length, -(-len(inputs) // AT_ONCE))
    answered = []
    for done, rows in enumerate(batches, start=1):
        batch = pad([inputs[row] for row in rows], pad_token)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = model(**{input_name: tensor.to(device) for input_name, tensor in batch.items()})
        answered.append(logits.float().cpu())
        if done * 10 // len(batches) > (done - 1) * 10 // len(batches):
            say(f"{name}: batch {done} of {len(batches)}")
    return torch.cat(answered)[torch.from_numpy(np.argsort(by_length))]
