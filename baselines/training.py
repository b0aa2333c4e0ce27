"""Training with the transformers Trainer: resumable, and never done twice.

What is trained is a submission's own model, on what its own ``encode`` returns. The outcome is one
safetensors file in the cache, under a hash of everything that decides it::

    <cache>/training/<name>-<hash>/model.safetensors   the best epoch's state dict, fp32
                                   summary.json        settings, score of each epoch
                                   checkpoints/        the Trainer's, while it is not done
"""

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader, Sampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback
from transformers.trainer_pt_utils import LengthGroupedSampler

from baselines.batching import EqualLengths
from baselines.checkpoints import last_checkpoint
from baselines.examples import TARGETS, Examples, Lesson, pad
from baselines.locking import alone
from baselines.objective import SUPERVISED, Batch, Objective
from baselines.states import whole, write_state

VERSION = 2
"""Part of every hash: raise it when a change in this file changes what training yields."""

STATE = "model.safetensors"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class FineTuning:
    """The optimisation: AdamW, the learning rate rising linearly, then falling linearly to 0."""

    epochs: int
    learning_rate: float
    batch_size: int
    weight_decay: float = 0.01
    warmup: float = 0.06
    """Share of the steps during which the learning rate rises."""
    bf16: bool = False
    """Matrix products in bfloat16, weights and sums in fp32: about twice as fast where the processor has it."""
    equal_lengths: bool = False
    """Batches of samples of one length only, for models that cannot tell padding from text."""
    max_grad_norm: float = 1.0
    """Gradients longer than this are shortened to it; 0: never."""
    seed: int = 0


def fine_tune(
    name: str,
    model: nn.Module,
    lesson: Lesson,
    config: FineTuning,
    *,
    definition: str,
    cache: Path,
    say: Say = print,
    objective: Objective = SUPERVISED,
    optimizer: Callable[[nn.Module], Optimizer] | None = None,
) -> Path:
    """Train the model from the state it is in; return the file of the state dict of its best epoch.

    A training found in the cache is not done again; one that was cut goes on after its last epoch; one that another
    process is at is waited for.
    The model given is trained in place: load the returned file for the best state.

    Args:
        name: for people.
        model: in the state to start from. Parameters without gradient stay as they are.
        lesson: what it learns from.
        config: the optimisation.
        definition: a digest of the code and configuration behind the model.
        cache: where trainings are kept.
        say: takes lines of progress.
        objective: what is minimised.
        optimizer: makes another optimizer than AdamW of the model; its name is part of the key.

    """
    key = _key(model, definition, lesson, config, [objective.key, optimizer.__name__ if optimizer else "adamw"])
    folder = cache / "training" / f"{name}-{key[:16]}"
    with alone(folder, cache, say):
        if (folder / STATE).exists():
            say(f"{name}: trained before ({folder})")
        else:
            _train(name, model, lesson, config, folder, say, objective, optimizer)
    return whole(folder / STATE)


def _train(
    name: str,
    model: nn.Module,
    lesson: Lesson,
    config: FineTuning,
    folder: Path,
    say: Say,
    objective: Objective,
    optimizer: Callable[[nn.Module], Optimizer] | None,
) -> None:
    """Go on after the last whole checkpoint, if there is one; the state is written last."""
    checkpoints = folder / "checkpoints"
    trainer = _Trainer(
        objective,
        config,
        model=model,
        optimizers=(optimizer(model) if optimizer else None, None),
        args=_arguments(config, checkpoints),
        train_dataset=lesson.train,
        eval_dataset=lesson.validation,
        data_collator=lambda samples: pad(samples, lesson.pad_token),
        compute_metrics=lambda outcome: {"score": lesson.metric.score(answers(outcome[0]), outcome[1])},
        callbacks=[_Progress(name, say)],
    )
    trainer.remove_callback(PrinterCallback)
    say(f"{name}: {_estimate(model, lesson, config, objective)}")
    trainer.train(resume_from_checkpoint=last_checkpoint(checkpoints, say))
    scores = [entry["eval_score"] for entry in trainer.state.log_history if "eval_score" in entry]
    summary = {"config": asdict(config), "rows": len(lesson.train), "validation_scores": scores}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    write_state(model.state_dict(), folder / STATE)
    shutil.rmtree(checkpoints)


def answers(logits: NDArray[Any]) -> NDArray[Any]:
    """Logits [rows, classes] to classes (lowest on a tie), [rows, 1] to scores."""
    return logits[:, 0] if logits.shape[1] == 1 else logits.argmax(axis=1)


class _Trainer(Trainer):
    """The Trainer for an objective, and for samples of which only the lengths matter to batches."""

    def __init__(self, objective: Objective, config: FineTuning, **trainer: Any) -> None:
        super().__init__(**trainer)
        self.objective, self.config = objective, config

    def compute_loss(self, model: nn.Module, inputs: dict[str, Tensor], return_outputs: bool = False, **_: Any) -> Any:
        """The Trainer asks for outputs when it evaluates; then the loss serves nothing."""
        batch = _batch(inputs)
        if return_outputs:
            logits = self.objective.logits(model, batch)
            return logits.new_zeros(()), {"logits": logits}
        return self.objective.loss(model, batch)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches of samples of like lengths, or of equal ones."""
        return self._equal(self.train_dataset) if self.config.equal_lengths else super().get_train_dataloader()

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        """Batches in order, or of samples of equal lengths."""
        return (
            self._equal(self.eval_dataset) if self.config.equal_lengths else super().get_eval_dataloader(eval_dataset)
        )

    def _get_grad_norm(self, _model: nn.Module, grad_norm: Any = None) -> Any:
        """Only that which gradients were shortened by: of sparse ones torch computes none."""
        return grad_norm

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return LengthGroupedSampler(self.args.train_batch_size, lengths=(train_dataset or self.train_dataset).lengths)

    def _get_eval_sampler(self, eval_dataset: Any) -> Sampler[int]:
        order = torch.Generator().manual_seed(self.args.seed)
        return LengthGroupedSampler(self.args.eval_batch_size, lengths=eval_dataset.lengths, generator=order)

    def _equal(self, examples: Examples) -> DataLoader[Any]:
        batches = EqualLengths(examples.lengths, self.config.batch_size)
        return self.accelerator.prepare(DataLoader(examples, batch_sampler=batches, collate_fn=self.data_collator))


def _batch(inputs: dict[str, Tensor]) -> Batch:
    targets = {name: inputs[name] for name in TARGETS & inputs.keys()}
    return Batch({name: tensor for name, tensor in inputs.items() if name not in TARGETS}, **targets)


class _Progress(TrainerCallback):
    """Some ten lines a training: how far it is, the minutes left, each epoch's score."""

    def __init__(self, name: str, say: Say) -> None:
        self.name, self.say = name, say
        self.begun, self.first_step = 0.0, 0

    def on_train_begin(self, *event: Any, **_: Any) -> None:
        """The Trainer calls with (arguments, state, control), here and below."""
        self.begun, self.first_step = time.monotonic(), event[1].global_step
        if self.first_step:
            self.say(f"{self.name}: goes on after step {self.first_step} of {event[1].max_steps}")

    def on_step_end(self, *event: Any, **_: Any) -> None:
        """A line each tenth of the way."""
        step, last = event[1].global_step, event[1].max_steps
        if step * 10 // last > (step - 1) * 10 // last:
            minutes = (time.monotonic() - self.begun) / 60
            left = minutes * (last - step) / (step - self.first_step)
            self.say(f"{self.name}: step {step} of {last}, {minutes:.1f} min, {left:.1f} left")

    def on_evaluate(self, *event: Any, metrics: dict[str, float], **_: Any) -> None:
        """A line each epoch."""
        epoch = f"epoch {event[1].epoch:.0f} of {event[0].num_train_epochs:.0f}"
        self.say(f"{self.name}: {epoch}, validation {metrics['eval_score']:.4f}")


def _arguments(config: FineTuning, checkpoints: Path) -> TrainingArguments:
    """Batches of like lengths; an evaluation and a checkpoint each epoch; the best epoch wins."""
    return TrainingArguments(
        output_dir=str(checkpoints),
        num_train_epochs=config.epochs,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=64,
        train_sampling_strategy="group_by_length",
        max_grad_norm=config.max_grad_norm,
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        logging_strategy="no",
        report_to="none",
        label_names=["labels"],
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        disable_tqdm=True,
        use_cpu=not torch.cuda.is_available(),
        bf16=config.bf16,
        seed=config.seed,
    )


def _key(model: nn.Module, definition: str, lesson: Lesson, config: FineTuning, more: list[str]) -> str:
    """sha256 of all that decides the outcome: the model and its first state, examples, settings."""
    settings = [VERSION, definition, repr(model), asdict(config), lesson.metric.name, lesson.pad_token, *more]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    for name, tensor in model.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype} {name in frozen}".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    for examples in (lesson.train, lesson.validation):
        digest.update(json.dumps([dict(sample) for sample in examples.inputs]).encode())
        digest.update(examples.gold.tobytes())
        digest.update(b"" if examples.teacher_logits is None else examples.teacher_logits.tobytes())
    return digest.hexdigest()


def _estimate(model: nn.Module, lesson: Lesson, config: FineTuning, objective: Objective) -> str:
    """What is ahead, in minutes: one batch of typical length is timed, forward and backward."""
    train = lesson.train
    lengths = np.array(train.lengths)
    middle = np.argsort(lengths)[len(train) // 2 :][: config.batch_size]
    if config.equal_lengths:
        middle = middle[lengths[middle] == lengths[middle[0]]]
    device = next(model.parameters()).device
    inputs = pad([train[int(row)] for row in middle], lesson.pad_token)
    batch = _batch({name: tensor.to(device) for name, tensor in inputs.items()})
    with torch.random.fork_rng():
        for _ in range(2):  # the first time warms up
            begun = time.perf_counter()
            with torch.autocast(device.type, torch.bfloat16, enabled=config.bf16):
                value = objective.loss(model, batch)
            value.backward()
            model.zero_grad()
            if device.type == "cuda":
                torch.cuda.synchronize()  # else only the launch is timed
            seconds = time.perf_counter() - begun
    speed = lengths[middle].sum() / seconds
    # an evaluation does a third of the work: no backward pass
    work = config.epochs * (train.tokens + lesson.validation.tokens / 3)
    return (
        f"{config.epochs} epochs of {len(train):,} examples, {train.tokens:,} tokens; "
        f"about {work / speed / 60:.1f} min at {speed:,.0f} tokens a second"
    )
