"""Deep averaging network: the encoder is distilled into a mean of n-gram vectors (sparse distillation).

Q. Ye, M. Khabsa, M. Lewis, S. Wang, X. Ren and A. Jaech, "Sparse Distillation: Speeding Up Text Classification by
Using Bigger Student Models", NAACL 2022, arXiv 2110.08536.

**Model** (section 3). A text is the set of its word n-grams, n = 1 to 4, as far as they are among the |V| that
most training texts hold. With E the table [|V|, w] and a the n-grams of a text,

    h = ReLU(W mean(E[a]) + b)                                                         (i)
    logits = A h + c                                                                   (ii, single texts)
    logits = A [h1, h2, h1 * h2, |h1 - h2|] + c                                        (iii, pairs, each encoded apart)

A sample costs a w additions, w^2 (2 w^2 for pairs) and w C (4 w C) MACs: the table, which has nearly all
parameters, costs memory and next to no work. Dropout 0.1 on the mean and on h. Texts are read whole:
``max_length`` is the teacher's.

**Training** (section 3.2). First the teacher's logits t are learned, KL(softmax t || softmax logits) (iv; squared
error for scores), on the training texts and, without their labels, on those that the cap on training examples
leaves out, up to 67,000 in all: where the paper has millions of texts of the domain, there are only these. Then
the labels. SparseAdam for the table, Adam for the rest. The teacher is the dense model, at SciTail the one that
went through SNLI; its student learns that from the logits.

**Points** (section 5.3, n-grams dropped after training). ``ngrams-V-width-W`` is cut from a table trained at 100,000
n-grams, or as many as the texts have: the rows of the V commonest stay as they are. So points of one width
share a training; a point of more than 100,000 has its own.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from baselines.backbone import Backbone
from baselines.distillation import from_stored_logits
from baselines.drafting import Draft, drafting
from baselines.examples import Encode, Examples, Lesson, draw_rows, encode_split
from baselines.layers.ngram_reader import (
    FIRST,
    HASH_BYTES,
    TRAINED,
    hashes_file,
    texts_of,
    trained_size,
)
from baselines.methods import dense
from baselines.optimizers import with_sparse_tables
from baselines.publishing import publish
from baselines.recipe import Request, describe, load_lesson, no_such_point
from baselines.states import kept_state, load_state
from baselines.teaching import stored_logits
from baselines.training import FineTuning, fine_tune
from baselines.vocabulary import common_ngrams
from harness.tasks.loading import load_split
from harness.tasks.types import Task

MOST_TEXTS = 67_000
"""Texts to learn the teacher's logits on; more, where more of them have labels to learn from, are drawn from."""

# sparse gradients have no norm to be shortened by
DISTILLING = FineTuning(epochs=20, learning_rate=3e-3, batch_size=128, weight_decay=0.0, max_grad_norm=0.0)
TUNING = FineTuning(epochs=5, learning_rate=3e-4, batch_size=32, weight_decay=0.0, max_grad_norm=0.0)

TABLE = "encoder.table.weight"
POINT = re.compile(r"ngrams-([1-9]\d*)(k?)-width-([1-9]\d*)")


@dataclass(frozen=True, slots=True)
class Shape:
    """The options of a point."""

    ngrams: int
    width: int

    @property
    def trained(self) -> "Shape":
        """What it is cut from."""
        return Shape(trained_size(self.ngrams), self.width)


@dataclass(frozen=True, slots=True)
class Corpus:
    """A dataset's training texts; as examples whose inputs are the texts by column."""

    lesson: Lesson
    """Those that have labels to learn from."""
    texts: Examples
    """These and others; the gold of the others serves nothing."""


def default_points(backbone: Backbone) -> tuple[str, ...]:
    """Two widths, each whole and with a tenth of the n-grams."""
    return tuple(f"ngrams-{count}-width-{width}" for width in (256, 64) for count in ("100k", "10k"))


def build(request: Request, backbone: Backbone) -> Path:
    """Distil every dataset's dense model at every width, cut the tables, and publish the submission."""
    shapes = {name: _shape(name) for name in request.points or default_points(backbone)}
    weights, vocabularies = {}, {}
    with drafting(request, backbone, "dan") as draft:
        for name in ("config.json", "tokenizer.json"):
            (draft.folder / "assets" / name).unlink()  # it reads words, not tokens
        for task in request.trained_tasks:
            dataset, corpus = task.dataset.name, _corpus(task, request)
            vocabularies[dataset] = _add_vocabulary(corpus.texts, task, shapes.values(), draft)
            draft.add_asset("vocabularies.json", vocabularies)
            states = _train(task, {shape.trained for shape in shapes.values()}, corpus, draft, backbone, request)
            for point, shape in shapes.items():
                weights[point, dataset] = _cut(states[shape.trained], dataset, shape, draft, request)
        manifest = describe(
            request,
            "dan",
            {point: {"ngrams": shape.ngrams, "width": shape.width} for point, shape in shapes.items()},
            {"num_ngrams": None, "num_ngrams_1": None, "num_ngrams_2": None},
            title=f"{request.backbone_name} distilled into a deep averaging network",
            description="A text is the mean of the vectors of its n-grams of 1 to 4 words; distilled from the "
            f"fine-tuned model on up to {MOST_TEXTS:,} texts, then fine-tuned on labels. ngrams-V-width-W: the V "
            "commonest n-grams of the training texts, vectors of W.",
            paper="https://arxiv.org/abs/2110.08536",
        )
        return publish(draft.folder, manifest, weights, request.out)


def _corpus(task: Task, request: Request) -> Corpus:
    """The texts of the lesson, then of rows that the cap leaves out, as long as there are fewer than MOST_TEXTS."""
    lesson = load_lesson(task, dict, 0, request)
    split = load_split(task.dataset, "train", request.data_dir)
    drawn = draw_rows(split.rows, request.most_examples(task.dataset.name), request.seed)
    rest = np.setdiff1d(np.arange(split.rows), drawn)
    more = draw_rows(len(rest), max(0, MOST_TEXTS - len(drawn)), request.seed)
    others = encode_split(split, dict, rest[more])
    inputs, gold = [*lesson.train.inputs, *others.inputs], np.concatenate([lesson.train.gold, others.gold])
    return Corpus(lesson, Examples(inputs, gold))


def _add_vocabulary(texts: Examples, task: Task, shapes: Iterable[Shape], draft: Draft) -> str:
    """Write the hashes of the commonest n-grams into the assets; a digest of them.

    The digest is of those that every point's vocabulary begins with, whatever points are asked for: where it
    changes, ids mean other n-grams, and points published before are not kept.
    """
    sizes = {shape.trained.ngrams for shape in shapes}
    columns = task.dataset.text_columns
    codes = common_ngrams([text for sample in texts.inputs for text in texts_of(sample, columns)], max(sizes))
    for size in sizes:
        file = draft.folder / "assets" / hashes_file(task.dataset.name, size)
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(codes[: size * HASH_BYTES])
    return hashlib.sha256(codes[: TRAINED * HASH_BYTES]).hexdigest()


def _train(
    task: Task, shapes: Collection[Shape], corpus: Corpus, draft: Draft, backbone: Backbone, request: Request
) -> dict[Shape, Path]:
    """The states of tables of these shapes with what is on them."""
    taught = _taught(task, corpus, backbone, request)
    states = {}
    for ngrams in sorted({shape.ngrams for shape in shapes}):
        encode = draft.encode(task.dataset.name, ngrams=ngrams)
        distilling, tuning = _encoded(replace(corpus.lesson, train=taught), encode), _encoded(corpus.lesson, encode)
        for shape in sorted(shapes, key=lambda shape: -shape.width):
            if shape.ngrams == ngrams:
                states[shape] = _train_one(task, shape, distilling, tuning, draft, request)
    return states


def _taught(task: Task, corpus: Corpus, backbone: Backbone, request: Request) -> Examples:
    """At most MOST_TEXTS of the texts, with what the teacher answers."""
    dataset = task.dataset.name
    teacher = dense.teacher(task, backbone, request)
    rows = draw_rows(len(corpus.texts), MOST_TEXTS, request.seed)
    texts = [corpus.texts.inputs[row] for row in rows]
    with drafting(replace(request, tasks=(task,)), backbone, "dense") as draft:
        tokens = [*map(draft.encode(dataset), texts)]
    logits = stored_logits(
        f"logits-{dataset}",
        teacher.model,
        teacher.state,
        tokens,
        pad_token=teacher.lesson.pad_token,
        bf16=request.bf16,
        cache=request.cache,
        say=request.say,
    )
    return Examples(texts, corpus.texts.gold[rows], logits)


def _encoded(lesson: Lesson, encode: Encode) -> Lesson:
    """A lesson of texts as the student reads it."""
    train, validation = (
        replace(examples, inputs=[*map(encode, examples.inputs)]) for examples in (lesson.train, lesson.validation)
    )
    return replace(lesson, train=train, validation=validation)


def _train_one(task: Task, shape: Shape, distilling: Lesson, tuning: Lesson, draft: Draft, request: Request) -> Path:
    """The state of one table with what is on it, distilled, then fine-tuned."""
    dataset = task.dataset.name
    torch.manual_seed(request.seed)
    student = draft.model.build_model(dataset, ngrams=shape.ngrams, width=shape.width)
    name = f"dan-{dataset}-{shape.ngrams}-width-{shape.width}"
    train = partial(fine_tune, definition=draft.definition, cache=request.cache, say=request.say)
    distilled = train(
        f"{name}-distilled",
        student,
        distilling,
        replace(DISTILLING, seed=request.seed),
        objective=from_stored_logits(label_weight=0),  # (iv)
        optimizer=with_sparse_tables(DISTILLING.learning_rate),
    )
    load_state(student, distilled)
    config = replace(TUNING, seed=request.seed)
    return train(name, student, tuning, config, optimizer=with_sparse_tables(TUNING.learning_rate))


def _cut(trained: Path, dataset: str, shape: Shape, draft: Draft, request: Request) -> Path:
    """The state with the rows of a point's n-grams; the trained one itself where these are all."""
    rows = FIRST + draft.model.num_known(dataset, shape.ngrams)
    if rows == FIRST + draft.model.num_known(dataset, shape.trained.ngrams):
        return trained

    def make() -> dict[str, Tensor]:
        return {name: tensor[:rows] if name == TABLE else tensor for name, tensor in load_file(trained).items()}

    name = f"dan-{dataset}-{shape.ngrams}-width-{shape.width}"
    return kept_state(request.cache, name, ["first rows", trained.parent.name, str(rows)], make)


def _shape(point: str) -> Shape:
    """``ngrams-10k-width-64`` to 10,000 n-grams and vectors of 64."""
    found = POINT.fullmatch(point)
    if found is None:
        raise no_such_point(point, "ngrams-V-width-W, such as ngrams-10k-width-64 or ngrams-500-width-64")
    return Shape(int(found[1]) * (1000 if found[2] else 1), int(found[3]))
