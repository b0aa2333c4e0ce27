"""What modules are given: second moments of their inputs, over the tokens of a sample of training examples.

Memory does not grow with the sample: a second moment is [n, n] whatever it sums, and the hidden states that
enter a layer wait on disk, a file a batch, until the layer is done with and they go on through it.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from baselines.examples import Examples, pad
from baselines.layers.classifier import Classifier

BATCH = 32
"""Examples at a time."""

Rows = NDArray[np.int64]


def calibration_rows(rows: int, seed: int) -> tuple[Rows, Rows]:
    """Which of a dataset's training examples are calibrated on, and which others ranks are searched with.

    A tenth is calibrated on, at least 500 and at most 2,000; 256 are searched with, a quarter where there are few.
    """
    drawn = np.random.default_rng(seed).permutation(rows)
    searched = min(256, rows // 4)
    return drawn[searched:][: min(max(500, rows // 10), 2000)], drawn[:searched]


def second_moment(batches: Iterable[Tensor]) -> Tensor:
    """The sum of x x^T over vectors that come in batches [count, n]: [n, n], float64."""
    total: Tensor | None = None
    for batch in batches:
        vectors = batch.double()
        product = vectors.T @ vectors
        total = product if total is None else total.add_(product)
    if total is None:
        raise ValueError("no vectors")
    return total


def with_one(vectors: Tensor) -> Tensor:
    """[x; 1] for every x: [count, n] to [count, n + 1], so that a bias is a weight."""
    return torch.cat([vectors, vectors.new_ones(len(vectors), 1)], 1)


class HiddenStates:
    """The hidden states that enter a layer, the first one until they are advanced, for some examples.

    Batches are of examples of like lengths.
    """

    def __init__(self, model: Classifier, examples: Examples, rows: Rows, pad_token: int) -> None:
        self.examples, self.pad_token = examples, pad_token
        self.device = next(model.parameters()).device
        lengths = np.array(examples.lengths)
        by_length = rows[np.argsort(lengths[rows], kind="stable")]
        self.batches = [by_length[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        self._folder = TemporaryDirectory(prefix="paretonlp-")
        for number in range(len(self.batches)):
            inputs = self.batch(number)
            del inputs["labels"]
            self._keep(number, input_of(model.layers[0], partial(model, **inputs)))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Each batch: states [batch, tokens, d], and True on tokens, False on padding [batch, tokens]."""
        for number, rows in enumerate(self.batches):
            states = torch.from_numpy(np.load(self._file(number))).to(self.device)
            lengths = torch.tensor([len(self.examples.inputs[row]["input_ids"]) for row in rows])
            yield states, (torch.arange(states.shape[1]) < lengths[:, None]).to(self.device)

    def batch(self, number: int) -> dict[str, Tensor]:
        """Inputs and ``labels`` of a batch, padded, on the model's device."""
        inputs = pad([self.examples[row] for row in self.batches[number]], self.pad_token)
        return {name: tensor.to(self.device) for name, tensor in inputs.items() if name != "teacher_logits"}

    def inputs(self, layer: nn.Module, path: str) -> Iterator[Tensor]:
        """What a module of the layer that the states enter is given, [tokens, n] a batch, padding left out."""
        module = layer.get_submodule(path)
        for states, mask in self:
            yield input_of(module, partial(layer, states, mask[:, None, None]))[mask]

    def advance(self, layer: nn.Module) -> None:
        """Send the states through the layer: now they enter the next."""
        for number, (states, mask) in enumerate(self):
            self._keep(number, layer(states, mask[:, None, None]))

    def _keep(self, number: int, states: Tensor) -> None:
        np.save(self._file(number), states.cpu().numpy())

    def _file(self, number: int) -> Path:
        return Path(self._folder.name) / f"{number}.npy"


class _Reached(Exception):  # noqa: N818 - it is no error
    pass


def input_of(module: nn.Module, run: Callable[[], object]) -> Tensor:
    """The first argument that a module is given while ``run`` runs; what would come after is not computed."""
    given: list[Tensor] = []

    def stop(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        given.append(arguments[0])
        raise _Reached

    hook = module.register_forward_pre_hook(stop)
    try:
        run()
    except _Reached:
        pass
    finally:
        hook.remove()
    return given[0]
