"""Dense: the whole encoder is fine-tuned. The reference that compressed models are held against.

**Model.** A BERT-like encoder and a linear layer on the pooled first token. The point ``layers-d`` keeps
embeddings and the first d layers of the backbone; its pooler and answer layer are the backbone's and new.
Points are trained apart: each is the best that its depth can do, not a cut through one model.

**Training.** All parameters, AdamW (weight decay 0.01), learning rate 5e-5 with 6 % linear warm-up and
linear decay, dropout as in the backbone. Cross-entropy for classes, squared error for scores. The epoch
that scores best on held-out examples is handed in. Without pretrained weights (a backbone folder with a
config alone): ten passes in batches of 64; learning rate 2e-3 / d, as norms behind the residuals make
deep encoders diverge at rates that suit shallow ones.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from baselines.backbone import Backbone
from baselines.export import definition, draft_folder, publish
from baselines.recipe import Request, load_lesson
from baselines.training import FineTuning, fine_tune
from harness.findings import fail
from harness.submission.manifest import Manifest, Point
from harness.tasks.types import Task

MAX_LENGTH = {"sst2": 64, "imdb": 256, "boolq": 256}
"""Longest input in tokens, where it is not 128."""

EPOCHS = {"mrpc": 5, "stsb": 4, "rte": 5, "wnli": 5, "cb": 10, "copa": 5, "wsc": 5, "scitail": 10}
"""Datasets of few examples: passes over them, in batches of 16. Others: 3 passes, batches of 32."""


def build(request: Request, backbone: Backbone, depths: Sequence[int]) -> Path:
    """Fine-tune every dataset at every depth (none given: the full one) and publish the submission."""
    depths = depths or (backbone.config.num_hidden_layers,)
    for depth in depths:
        if not 1 <= depth <= backbone.config.num_hidden_layers:
            raise fail(
                "no-such-depth",
                f"{depth} layers are asked of a backbone of {backbone.config.num_hidden_layers}.",
                remedy="Change --depths.",
            )
    lengths = [(task.dataset, _max_length(task, request, backbone)) for task in request.tasks]
    with TemporaryDirectory(prefix="paretonlp-") as scratch:
        draft = Path(scratch) / request.name
        model = draft_folder(draft, "dense", backbone, lengths)
        weights = {
            (_point(depth), task.dataset.name): _train(task, depth, model, definition(draft), backbone, request)
            for task in request.trained_tasks
            for depth in depths
        }
        return publish(draft, _manifest(request, backbone, depths), weights, request.out)


def _train(task: Task, depth: int, model: ModuleType, definition: str, backbone: Backbone, request: Request) -> Path:
    """The state of one model, fine-tuned."""
    dataset = task.dataset
    encode = partial(model.encode, dataset=dataset.name)
    network = model.build_model(dataset.name, num_layers=depth)
    network.encoder.load_state_dict(backbone.initial_state(depth, dataset.num_outputs, request.seed))
    return fine_tune(
        f"dense-{dataset.name}-{_point(depth)}",
        network,
        load_lesson(task, encode, backbone.config.pad_token_id, request),
        _fine_tuning(dataset.name, depth, backbone, request),
        definition=definition,
        cache=request.cache,
        say=request.say,
    )


def _point(depth: int) -> str:
    return f"layers-{depth}"


def _max_length(task: Task, request: Request, backbone: Backbone) -> int:
    wanted = request.max_length or MAX_LENGTH.get(task.dataset.name, 128)
    return min(wanted, backbone.max_tokens)


def _fine_tuning(dataset: str, depth: int, backbone: Backbone, request: Request) -> FineTuning:
    few = dataset in EPOCHS
    return FineTuning(
        epochs=EPOCHS.get(dataset, 3) if backbone.is_pretrained else 10,
        learning_rate=5e-5 if backbone.is_pretrained else 2e-3 / depth,
        batch_size=16 if few else 32 if backbone.is_pretrained else 64,
        bf16=request.bf16,
        seed=request.seed,
    )


def _manifest(request: Request, backbone: Backbone, depths: Sequence[int]) -> Manifest:
    return Manifest(
        name=request.name,
        method="dense",
        title=f"Fine-tuned {request.backbone_name}",
        description="All parameters are fine-tuned, each dataset and depth on its own; "
        "layers-d keeps the first d layers of the backbone.",
        authors=("ParetoNLP",),
        backbone=request.backbone_name,
        licence="Apache-2.0",
        sizes={"num_tokens": backbone.max_tokens},
        points=tuple(Point(name=_point(d), options={"num_layers": d}) for d in depths),
    )
