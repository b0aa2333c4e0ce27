"""What the low-rank methods share: ranks by the names of operating points, and the points' states.

A point is an architecture, whose ranks model.py reads from ``assets/ranks/<architecture>/<dataset>.json``,
or ``<architecture>-tuned``: the same ranks, trained on.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.backbone import Backbone
from baselines.drafting import Draft, drafting
from baselines.factoring import break_even
from baselines.layers.classifier import LINEARS, Classifier
from baselines.methods.dense import Teacher, teacher
from baselines.publishing import publish
from baselines.recipe import Request, describe, no_such_point
from baselines.schedule import fine_tuning, mending
from baselines.states import kept_state, load_state
from baselines.training import FineTuning, fine_tune

UNIFORM = ("rank-60", "rank-40", "rank-30", "rank-20", "rank-10", "rank-40-tuned", "rank-20-tuned", "rank-10-tuned")
"""The default points at uniform ranks."""

_RANK = re.compile(r"rank-([1-9]\d?)")
_FIRST = re.compile(r"(layer\.\d+\..+)\.first\.weight")
_QUERY = re.compile(r"(layer\.\d+)\.attention\.self\.query\.(?:second\.)?bias")

Compress = Callable[[Teacher, str, Callable[[str], None]], nn.Module]
"""A dense model, an architecture, and what takes lines of progress, to the compressed model; the teacher's stays."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What an operating point is made of."""

    architecture: str
    tuned: bool = False


def settings_of(points: Sequence[str], is_architecture: Callable[[str], bool], expected: str) -> dict[str, Setting]:
    """Points by their names; a name that is none is refused, with what is ``expected``.

    Only architectures that their name decides may be ``-tuned``: the ranks that a search finds belong to its own point.
    """
    settings = {}
    for point in points:
        architecture = point.removesuffix("-tuned")
        tuned = architecture != point
        if not is_architecture(architecture) or (tuned and percent_of(architecture) is None):
            raise no_such_point(point, expected)
        settings[point] = Setting(architecture, tuned)
    return settings


def percent_of(architecture: str) -> int | None:
    """``rank-25`` to 25; None for another name."""
    match = _RANK.fullmatch(architecture)
    return int(match[1]) if match else None


def uniform_ranks(model: Classifier, percent: int) -> dict[str, int]:
    """Every matrix [m, n] at a percentage of min(m, n), where that is below break-even."""
    shapes = {name: model.layers[0].get_submodule(name) for name in LINEARS}
    ranks = {name: share_of(min(linear.weight.shape), percent) for name, linear in shapes.items()}
    return in_every_layer(model, ranks)


def in_every_layer(model: Classifier, ranks: Mapping[str, int]) -> dict[str, int]:
    """Ranks of one layer's ``LINEARS`` for all layers; a matrix that they do not make cheaper is left out: dense."""
    return {
        f"layer.{number}.{name}": rank
        for number, layer in enumerate(model.layers)
        for name, rank in ranks.items()
        if rank < break_even(layer.get_submodule(name))
    }


def share_of(size: int, percent: int) -> int:
    """A percentage of a size, rounded, at least 1."""
    return max(1, round(size * percent / 100))


def ranks_of(state: Mapping[str, Tensor], width: int, num_heads: int) -> dict[str, int]:
    """The ranks that the shapes of a compressed model's state tell, as ``layers.low_rank.shrink`` takes them."""
    ranks = {}
    for name, tensor in state.items():
        if match := _FIRST.search(name):
            ranks[match[1]] = len(tensor)
        if (match := _QUERY.search(name)) and len(tensor) < width:
            ranks[f"{match[1]}.scores"] = len(tensor) // num_heads
    return ranks


@dataclass(frozen=True, slots=True)
class LowRank:
    """A low-rank method at work on a request."""

    method: str
    """Its name."""
    compress: Compress
    request: Request
    backbone: Backbone

    def build(self, settings: Mapping[str, Setting], **card: str) -> Path:
        """Publish the submission: every point's setting on every dataset; ``title``, ``description``, ``paper``."""
        with drafting(self.request, self.backbone, "low_rank") as draft:
            weights = {}
            for task in self.request.trained_tasks:
                dense = teacher(task, self.backbone, self.request)
                for point, setting in settings.items():
                    weights[point, task.dataset.name] = self._state(task.dataset.name, dense, setting, draft)
            manifest = describe(
                self.request,
                self.method,
                {point: {"ranks": setting.architecture} for point, setting in settings.items()},
                {"num_tokens": self.backbone.max_tokens},
                **card,
            )
            return publish(draft.folder, manifest, weights, self.request.out)

    def _state(self, dataset: str, dense: Teacher, setting: Setting, draft: Draft) -> Path:
        """The state of a point; the ranks that it shows go to the draft's assets."""
        name = f"{self.method}-{dataset}-{setting.architecture}"
        say, config = self.request.say, self.backbone.config
        state = kept_state(
            self.request.cache,
            name,
            [name, dense.state.parent.name, draft.definition, str(self.request.seed)],
            lambda: self.compress(dense, setting.architecture, lambda line: say(f"{name}: {line}")).state_dict(),
        )
        ranks = ranks_of(load_file(state), config.hidden_size, config.num_attention_heads)
        draft.add_asset(f"ranks/{setting.architecture}/{dataset}.json", ranks)
        if not setting.tuned:
            return state
        return fine_tune(
            f"{name}-tuned",
            load_state(draft.model.build_model(dataset, ranks=setting.architecture), state),
            dense.lesson,
            self._further_training(dataset),
            definition=draft.definition,
            cache=self.request.cache,
            say=say,
        )

    def _further_training(self, dataset: str) -> FineTuning:
        depth, request = self.backbone.config.num_hidden_layers, self.request
        return mending(fine_tuning(dataset, depth, self.backbone, bf16=request.bf16, seed=request.seed))
