"""Costs, measured: the sandbox traces, the parent prices.

A *need* is one operating point on one dataset, with the sizes that its samples have. The child answers each need
with a few tapes; a template made of them, checked on further ones, prices every path. Where no template fits, a
second child traces every distinct size.
"""

import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.cost.effective import Density, saved_flops
from harness.cost.parameters import Parameters, Weight, looked_up, summarise
from harness.cost.path_costs import PathCosts, price_each
from harness.cost.paths import Paths
from harness.cost.tape import Tape
from harness.cost.tape_json import from_json
from harness.cost.template import Template, fit, trace_sizes
from harness.findings import fail
from harness.sandbox.levels import Level
from harness.sandbox.runner import Message, sandboxed
from harness.submission import ModuleRun, Point, Submission

Sizes = dict[str, int]
Tracing = Literal["template", "per-path", "values"]
FEW = 6
"""Up to so many distinct sizes, all are traced."""


@dataclass(frozen=True, slots=True)
class Need:
    """One point on one dataset, and the sizes (or ELUE's modules) that its predictions name."""

    point: Point
    dataset: str
    sizes: tuple[Sizes, ...]
    modules: tuple[ModuleRun, ...] = ()
    weights: Path | None = None
    """The weights file, for a control flow that needs values."""


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """What the child told of one need: enough to price every path of it."""

    stages: int
    """0 for a static model."""
    tracing: Tracing
    tapes: Mapping[tuple[int, ...], Tape]
    """By sizes, in the order of the need's names."""
    template: Template | None
    weights: tuple[Weight, ...]
    module_tapes: Mapping[ModuleRun, Tape]

    def price(self, paths: Paths) -> PathCosts:
        """The costs of paths."""
        if self.template is not None:
            return self.template.price(paths)
        return price_each([tape for tape, _ in self._each(paths)], paths)

    def tape_at(self, sizes: Sizes) -> Tape:
        """The tape of a sample of these sizes; of all stages."""
        return self.tapes[tuple(sizes.values())] if self.template is None else self.template.at(sizes)

    def effective_flops(self, paths: Paths, nonzero: Mapping[str, int]) -> float:
        """Mean FLOPs per sample where products skip the zeros of the weights, given the non-zeros by name."""
        densities = {
            weight.name: Density(nonzero[weight.name], weight.elements)
            for weight in self.weights
            if weight.name in nonzero and weight.elements
        }
        whole = int((self.price(paths).flops * paths.samples).sum())
        if self.template is not None:
            saved = saved_flops(self.template.rows(paths), paths, densities)
        else:
            saved = sum(saved_flops(tape, own, densities) for tape, own in self._each(paths))
        return (whole - saved) / int(paths.samples.sum())

    def _each(self, paths: Paths) -> Iterator[tuple[Tape, Paths]]:
        """Every path alone, with its tape."""
        for row in range(len(paths)):
            sizes = {name: column[row : row + 1] for name, column in paths.sizes.items()}
            exits = None if paths.exit_stage is None else paths.exit_stage[row : row + 1]
            key = tuple(int(column[0]) for column in sizes.values())
            yield self.tapes[key], Paths(sizes, exits, paths.samples[row : row + 1])

    def all_tapes(self) -> list[Tape]:
        """Every tape that was traced."""
        return [*self.tapes.values(), *self.module_tapes.values()]

    def parameters(self, nonzero: Mapping[str, int] | None) -> Parameters:
        """Sizes of the model; non-zeros from its weights file."""
        return summarise(self.weights, looked_up(self.all_tapes()), nonzero)


@dataclass(frozen=True, slots=True)
class Asked:
    """A need, and the sizes that the child is asked to trace for it."""

    need: Need
    sizes: tuple[Sizes, ...]

    @property
    def job(self) -> Message:
        """The job of the child."""
        return {
            "verb": "trace",
            "dataset": self.need.dataset,
            "options": self.need.point.options,
            "weights": None if self.need.weights is None else str(self.need.weights),
            "sizes": self.sizes,
            "modules": [[run.name, list(run.shape)] for run in self.need.modules],
        }


def ask(need: Need) -> Asked:
    """All sizes where they are few; else those that make a template, and further ones to check it."""
    if len(need.sizes) <= FEW:
        return Asked(need, need.sizes)
    return Asked(need, tuple(trace_sizes(need.sizes, secrets.randbits(63))))


def measured_models(
    submission: Submission,
    asked: Sequence[Asked],
    answers: Sequence[Message],
    level: Level,
    reads: Sequence[Path] = (),
) -> list[MeasuredModel]:
    """What was measured, a model for each need, in their order; traces again where no template fits.

    ``reads`` are the weights files that the child may read beside the folder.

    Raises:
        ParetoNLPError: the submitted code failed, or sent something that is no tape.
    """
    models = [_model(each, answer) for each, answer in zip(asked, answers, strict=True)]
    again = [Asked(each.need, each.need.sizes) for each, model in zip(asked, models, strict=True) if model is None]
    if again:
        with sandboxed(submission.root, [each.job for each in again], level=level, reads=reads) as child:
            further = iter([_traced_each(each, answer) for each, answer in zip(again, child.answers(), strict=True)])
        models = [next(further) if model is None else model for model in models]
    return [model for model in models if model is not None]


def _model(asked: Asked, answer: Message) -> MeasuredModel | None:
    """The model of an answer; None where every distinct size must be traced."""
    if asked.need.modules or len(asked.sizes) == len(asked.need.sizes):
        return _traced_each(asked, answer)
    tapes = _tapes(answer, len(asked.sizes))
    if any(tape.with_values for tape in tapes):
        return None
    template = fit(list(zip(asked.sizes, tapes, strict=True)))
    if template is None:
        return None
    weights = _weights(answer, tapes)
    return MeasuredModel(_stages(answer), "template", _by_sizes(asked, tapes), template, weights, {})


def _traced_each(asked: Asked, answer: Message) -> MeasuredModel:
    modules = asked.need.modules
    tapes = _tapes(answer, len(modules or asked.sizes))
    tracing: Tracing = "values" if any(tape.with_values for tape in tapes) else "per-path"
    weights = _weights(answer, () if modules else tapes)  # a module by itself has other names than in the whole
    if modules:
        return MeasuredModel(0, tracing, {}, None, weights, dict(zip(modules, tapes, strict=True)))
    return MeasuredModel(_stages(answer), tracing, _by_sizes(asked, tapes), None, weights, {})


def _by_sizes(asked: Asked, tapes: list[Tape]) -> dict[tuple[int, ...], Tape]:
    return {tuple(sizes.values()): tape for sizes, tape in zip(asked.sizes, tapes, strict=True)}


def _tapes(answer: Message, expected: int) -> list[Tape]:
    tapes = from_json(answer.get("tapes"))
    if len(tapes) != expected:
        raise fail("no-answer", f"the submitted code sent {len(tapes)} tapes; {expected} were asked for")
    return list(tapes)


def _stages(answer: Message) -> int:
    stages = answer.get("stages")
    if type(stages) is not int or not 0 <= stages <= 10_000:
        raise fail("no-answer", f"the submitted code says that it has {stages!r} stages")
    return stages


def _weights(answer: Message, tapes: Sequence[Tape]) -> tuple[Weight, ...]:
    """The stored tensors, checked: a stranger's word is data, and what the graph reads must be among them."""
    listed = answer.get("weights")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise fail("no-answer", "the submitted code sent no list of weights")
    weights = {weight.name: weight for weight in map(_weight, listed)}
    for tape in tapes:
        for leaf in tape.leaves:
            value = tape.values[leaf.value]
            if leaf.kind != "parameter" or value.layout != "strided":
                continue
            weight = weights.get(leaf.name)
            if weight is None or weight.shape != value.shape or weight.elements != math.prod(value.shape):
                raise fail(
                    "hidden-weights",
                    f"the model reads the parameter {leaf.name!r} of shape {list(value.shape)}, "
                    f"which its list of weights {'lacks' if weight is None else 'has otherwise'}",
                )
    return tuple(weights.values())


def _weight(entry: Mapping[str, Any]) -> Weight:
    texts = {name: entry.get(name) for name in ("name", "dtype", "layout")}
    numbers = {name: entry.get(name) for name in ("elements", "bytes")}
    shape, nonzero, index = entry.get("shape"), entry.get("nonzero"), entry.get("index")
    sane = (
        all(isinstance(text, str) and len(text) <= 1000 for text in texts.values())
        and all(type(number) is int and 0 <= number < 1 << 53 for number in numbers.values())
        and isinstance(shape, list)
        and all(type(size) is int and size >= 0 for size in shape)
        and (nonzero is None or (type(nonzero) is int and nonzero >= 0))
        and isinstance(index, bool)
    )
    if not sane:
        raise fail("no-answer", "the submitted code sent a weight that is none")
    return Weight(shape=tuple(shape), nonzero=nonzero, index=index, **texts, **numbers)  # type: ignore[arg-type]
