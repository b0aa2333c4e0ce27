"""How many of a model's weights are zero, and how much of their magnitude lies in how few of them.

Weights are read from safetensors files tensor by tensor. Magnitudes are sorted into bins, each 1/16 of a power of
two wide: counts and sums of bins add up over tensors, of any number and size.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from harness.findings import ParetoNLPError, did_you_mean, fail
from harness.submission import LocalWeights, parse_reference, read_header, read_manifest

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from torch import Tensor

BINS = 2**12
"""The first 12 of the 31 bits of a positive fp32, its exponent and 4 bits of its mantissa, sort as it does."""
NUMBERED = re.compile(r"(?:^|\.)(\w+)\.(\d+)\.(.+)")
SHARD = re.compile(r"model-\d+-of-(\d+)\.safetensors")
OUTSIDE, VECTORS = "outside layers", "biases and norms"


@dataclass(frozen=True, slots=True)
class Source:
    """The files that hold the weights of one model; ``point`` and ``dataset`` where it is one of a submission."""

    files: tuple[Path, ...]
    point: str = ""
    dataset: str = ""

    @property
    def name(self) -> str:
        """As a legend calls it."""
        return f"{self.point}, {self.dataset}" if self.point else "all weights"


@dataclass(frozen=True, slots=True)
class Tally:
    """What some weights add up to."""

    elements: int
    nonzero: int
    l1: float
    """The sum of |w|."""
    counts: NDArray[np.int64]
    """Elements in each bin of magnitude, [BINS]."""
    sums: NDArray[np.float64]
    """The sum of |w| in each bin, [BINS]."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.elements + other.elements,
            self.nonzero + other.nonzero,
            self.l1 + other.l1,
            self.counts + other.counts,
            self.sums + other.sums,
        )

    @property
    def share(self) -> float:
        """How much of the weights is not zero."""
        return self.nonzero / self.elements if self.elements else 0.0


Part = tuple[str, str]
"""``overall``, ``layer`` or ``kind``, and which."""


def find_sources(model: Path) -> list[Source]:
    """The models of a submission with weights on this machine, or the one of a file or a transformers folder.

    Raises:
        ParetoNLPError: there is nothing of the kind.

    """
    if (model / "submission.yaml").is_file():
        return _of_submission(model)
    if model.is_dir():
        return [Source(_of_transformers(model))]
    if not model.exists():
        raise _not_found(model)
    if model.suffix != ".safetensors":
        raise _foreign(model, f"{model} is no safetensors file.")
    return [Source((model,))]


def measure(files: Iterable[Path]) -> dict[Part, Tally]:
    """The tally of all floating-point weights, of each layer, and of each kind of matrix.

    Raises:
        ParetoNLPError: a file is broken, or holds no weights.

    """
    from safetensors import safe_open

    tallies: dict[Part, Tally] = {}
    for path in files:
        read_header(path)  # says what is wrong with a file in words
        with safe_open(path, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - it is no dict
                tensor = tensors.get_tensor(name)
                if tensor.is_floating_point():
                    one = tally(tensor)
                    for part in _parts(name, tensor.dim()):
                        tallies[part] = tallies[part] + one if part in tallies else one
    if not tallies:
        raise fail("no-weights", "There are no floating-point weights in this file.", file=str(path))
    return dict(sorted(tallies.items(), key=lambda item: _order(item[0])))


def tally(tensor: "Tensor") -> Tally:
    """Of one tensor of any shape."""
    import torch

    magnitudes = tensor.detach().flatten().float().abs()
    bins = (magnitudes.view(torch.int32) >> 19).numpy()
    values = magnitudes.numpy()
    sums = np.bincount(bins, values, BINS)
    return Tally(len(values), int(np.count_nonzero(values)), float(sums.sum()), np.bincount(bins, minlength=BINS), sums)


def records(source: Source, tallies: Mapping[Part, Tally]) -> list[dict[str, str | float | int | None]]:
    """A record for each part of a model, as a table has it."""
    return [
        {
            "point": source.point,
            "dataset": source.dataset,
            "by": by,
            "part": part,
            "weights": each.elements,
            "nonzero": each.nonzero,
            "nonzero_share": each.share,
            "l1": each.l1,
        }
        for (by, part), each in tallies.items()
    ]


def kept_mass(weights: Tally, points: int = 201) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shares of the weights, the largest first, from 0 to 1; and the share of their L1 mass that is in them.

    >>> import torch
    >>> shares, mass = kept_mass(tally(torch.tensor([0.0, -3.0, 1.0, 0.0])), 5)
    >>> shares.tolist(), mass.tolist()
    ([0.0, 0.25, 0.5, 0.75, 1.0], [0.0, 0.75, 1.0, 1.0, 1.0])
    """
    shares = np.linspace(0, 1, points)
    filled = np.flatnonzero(weights.counts)[::-1]
    kept = np.concatenate([[0], weights.counts[filled].cumsum()]) / weights.elements
    mass = np.concatenate([[0], weights.sums[filled].cumsum()]) / (weights.l1 or 1)
    return shares, np.interp(shares, kept, mass)


def draw(curves: Mapping[str, Tally]) -> "Figure":
    """The L1 mass that is kept against the share of weights that is, the largest first; a line for each name."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for name, weights in curves.items():
        shares, mass = kept_mass(weights)
        figure.add_trace(Scatter(x=100 * shares, y=100 * mass, name=name, mode="lines"))
    figure.update_layout(
        xaxis_title="weights kept, the largest first (%)",
        yaxis_title="L1 mass kept (%)",
        xaxis_range=[0, 100],
        yaxis_range=[0, 100],
        template="simple_white",
    )
    return figure


def _of_submission(folder: Path) -> list[Source]:
    manifest, _, findings = read_manifest(folder / "submission.yaml")
    if manifest is None:
        raise ParetoNLPError(*findings)
    found = []
    for point in manifest.points:
        for dataset, reference in point.weights.items():
            place = parse_reference(reference)
            if isinstance(place, LocalWeights) and (folder / place.path).is_file():
                found.append(Source((folder / place.path,), point.name, dataset))
    if not found:
        raise fail(
            "no-weights",
            f"{folder} has no weights on this machine.",
            remedy="Train the submission, or fetch the files that its submission.yaml names.",
        )
    return found


def _of_transformers(folder: Path) -> tuple[Path, ...]:
    """``model.safetensors``, or all its shards."""
    if (folder / "model.safetensors").is_file():
        return (folder / "model.safetensors",)
    shards = {path: match for path in sorted(folder.iterdir()) if (match := SHARD.fullmatch(path.name))}
    if not shards:
        raise _foreign(folder, f"{folder} holds neither submission.yaml nor model.safetensors.")
    wanted = int(next(iter(shards.values()))[1])
    if len(shards) != wanted:
        raise fail("no-weights", f"{folder} has {len(shards)} of the {wanted} files of its model.")
    return tuple(shards)


def _foreign(path: Path, message: str) -> ParetoNLPError:
    pickled = path.is_dir() and any(path.glob("*.bin"))
    return fail(
        "no-weights",
        message,
        expected="a submission folder, a .safetensors file, or a folder written by save_pretrained",
        remedy="Weights in .bin files are not read: save the model again with save_pretrained." if pickled else None,
    )


def _not_found(path: Path) -> ParetoNLPError:
    beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = did_you_mean(path.name, beside)
    return fail(
        "no-such-model",
        f"There is nothing at {path}.",
        remedy=hint if hint.startswith("Did") else "Give a submission folder or a .safetensors file.",
    )


def _parts(name: str, dimensions: int) -> Iterator[Part]:
    """What a tensor is part of: ``encoder.layer.3.output.dense.weight`` of ``layer 3`` and ``output.dense``."""
    numbered = NUMBERED.search(name)
    path = numbered[3] if numbered else ".".join(name.split(".")[-3:])
    path = f".{path}".removesuffix(".weight").removeprefix(".") or (numbered[1] if numbered else name)
    yield "overall", ""
    yield "layer", f"{numbered[1]} {numbered[2]}" if numbered else OUTSIDE
    yield "kind", path if dimensions > 1 else VECTORS


def _order(part: Part) -> tuple[int, bool, list[tuple[int, str]]]:
    """Overall, layers, kinds; by number, with what is no layer and no matrix last."""
    by, name = part
    words = re.split(r"(\d+)", name)
    number_first = [(int(word), "") if word.isdigit() else (-1, word) for word in words]
    return ("overall", "layer", "kind").index(by), name in (OUTSIDE, VECTORS), number_first
