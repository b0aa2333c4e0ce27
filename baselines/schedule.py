"""How long and how fast each dataset is trained on: the settings that all methods share."""

from dataclasses import replace

from baselines.backbone import Backbone
from baselines.training import FineTuning
from harness.tasks import task as find_task
from harness.tasks.types import Task

MAX_LENGTH = {"sst2": 64, "imdb": 256, "boolq": 256}
"""Longest input in tokens, where it is not 128."""

EPOCHS = {"mrpc": 5, "stsb": 4, "rte": 5, "wnli": 5, "cb": 10, "copa": 5, "wsc": 5, "scitail": 10, "imdb": 2}
"""Datasets of few or long examples: passes over them, in batches of 16. Others: 3 passes, batches of 32."""

AFTER = {"scitail": "elue/snli"}
"""Datasets too small to learn from alone: training goes on from the model of another, with a new answer layer."""


def max_length(dataset: str, wanted: int | None, most: int) -> int:
    """The longest input in tokens: what is wanted, else the dataset's own, as far as the backbone goes (``most``)."""
    return min(wanted or MAX_LENGTH.get(dataset, 128), most)


def prior_task(dataset: str, backbone: Backbone) -> Task | None:
    """The task whose model a dataset's training goes on from, if any: one of ``AFTER``, for pretrained backbones."""
    return find_task(AFTER[dataset]) if dataset in AFTER and backbone.is_pretrained else None


def fine_tuning(dataset: str, depth: int, backbone: Backbone, *, bf16: bool, seed: int) -> FineTuning:
    """The optimisation of a whole encoder of ``depth`` layers.

    Pretrained: learning rate 5e-5. From scratch: ten passes in batches of 64 at 2e-3 / depth, as norms behind
    the residuals make deep encoders diverge at rates that suit shallow ones.
    """
    few = dataset in EPOCHS
    return FineTuning(
        epochs=EPOCHS.get(dataset, 3) if backbone.is_pretrained else 10,
        learning_rate=5e-5 if backbone.is_pretrained else 2e-3 / depth,
        batch_size=16 if few else 32 if backbone.is_pretrained else 64,
        bf16=bf16,
        seed=seed,
    )


def mending(full: FineTuning) -> FineTuning:
    """To train on what was compressed after training: a third of the passes, at the same learning rate."""
    return replace(full, epochs=max(1, round(full.epochs / 3)))
