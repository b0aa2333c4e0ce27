"""One optimizer made of two does what the two do apart, and goes on after a checkpoint as if there were none."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, SparseAdam
from torch.optim.lr_scheduler import LambdaLR

from baselines.examples import Examples, Lesson
from baselines.layers.ngram import TextPair
from baselines.optimizers import AdamWithSparseTables, with_sparse_tables
from baselines.training import FineTuning, fine_tune
from harness.quality.metrics import METRICS

RATE = 0.03
CONFIG = FineTuning(epochs=3, learning_rate=RATE, batch_size=4, weight_decay=0.0, max_grad_norm=0.0, seed=5)


def new_model() -> TextPair:
    torch.manual_seed(3)
    return TextPair(20, 4, 2)


def batch(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randint(1, 20, (3, 4), generator=generator) for name in ("ngrams_1", "ngrams_2")}


def take(model: nn.Module, optimizers: list[Optimizer], schedulers: list[LambdaLR], seeds: range) -> None:
    for seed in seeds:
        torch.manual_seed(seed)  # dropout
        model.zero_grad()
        model(**batch(seed)).square().sum().backward()
        for each in (*optimizers, *schedulers):
            each.step()


def falling(optimizer: Optimizer) -> LambdaLR:
    return LambdaLR(optimizer, lambda step: 1 / (1 + step))


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in one.state_dict().items())


def test_both_parts_step_as_they_do_apart() -> None:
    together, apart = new_model(), new_model()
    one = AdamWithSparseTables(together, RATE)
    rest = [parameter for name, parameter in apart.named_parameters() if "table" not in name]
    two = [SparseAdam([apart.encoder.table.weight], lr=RATE), Adam(rest, lr=RATE)]
    schedulers = [falling(optimizer) for optimizer in two]
    schedule = falling(one)
    for step in range(5):
        take(together, [one], [schedule], range(step, step + 1))
        take(apart, two, schedulers, range(step, step + 1))
        assert same(together, apart)
    assert not same(together, new_model())


def test_rows_that_no_batch_looks_up_stay() -> None:
    model = new_model()
    take(model, [AdamWithSparseTables(model, RATE)], [], range(2))
    used = torch.cat([ids.flatten() for seed in range(2) for ids in batch(seed).values()]).unique()
    moved = (model.encoder.table.weight != new_model().encoder.table.weight).any(dim=1).nonzero().flatten()
    assert moved.tolist() == used.tolist()


def test_a_saved_state_goes_on_where_it_was(tmp_path: Path) -> None:
    uncut, cut = new_model(), new_model()
    optimizer = AdamWithSparseTables(uncut, RATE)
    take(uncut, [optimizer], [falling(optimizer)], range(6))

    before = AdamWithSparseTables(cut, RATE)
    schedule = falling(before)
    take(cut, [before], [schedule], range(3))
    torch.save([cut.state_dict(), before.state_dict(), schedule.state_dict()], tmp_path / "checkpoint")
    resumed = new_model()
    after = AdamWithSparseTables(resumed, RATE)
    schedule = falling(after)
    weights, state, steps = torch.load(tmp_path / "checkpoint", weights_only=True)
    resumed.load_state_dict(weights)
    after.load_state_dict(state)
    schedule.load_state_dict(steps)
    take(resumed, [after], [schedule], range(3, 6))
    assert same(uncut, resumed)


def test_a_copy_of_a_state_is_no_view_of_it() -> None:
    model = new_model()
    optimizer = AdamWithSparseTables(model, RATE)
    take(model, [optimizer], [], range(1))
    state = copy.deepcopy(optimizer.state_dict())
    assert len(state["state"]) == len(list(model.parameters()))
    assert [len(group["params"]) for group in state["param_groups"]] == [1, 4]


def test_a_closure_gives_its_loss() -> None:
    model = new_model()
    optimizer = AdamWithSparseTables(model, RATE)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model(**batch(0)).square().sum()
        loss.backward()
        return loss

    first = optimizer.step(closure)
    assert optimizer.step(closure) < first


def lesson() -> Lesson:
    rng = np.random.default_rng(7)

    def examples(count: int) -> Examples:
        bags = [{name: rng.integers(1, 20, rng.integers(1, 9)).tolist() for name in batch(0)} for _ in range(count)]
        return Examples(bags, np.array([int(np.mean(bag["ngrams_1"]) > np.mean(bag["ngrams_2"])) for bag in bags]))

    return Lesson(examples(22), examples(9), METRICS["accuracy"])


class CutError(Exception):
    """The power goes."""


def test_a_cut_training_ends_where_an_uncut_one_does(tmp_path: Path) -> None:
    """Through the Trainer: sparse gradients, checkpoints, the falling rate."""

    def cut(line: str) -> None:
        if line.startswith("bags: step 8 of 18"):
            raise CutError

    def train(cache: Path, say: Callable[[str], None] = lambda _: None) -> dict[str, Tensor]:
        optimizer = with_sparse_tables(RATE)
        state = fine_tune(
            "bags", new_model(), lesson(), CONFIG, definition="", cache=cache, say=say, optimizer=optimizer
        )
        return load_file(state)

    expected = train(tmp_path / "uncut")
    with pytest.raises(CutError):
        train(tmp_path / "cut", cut)
    assert list((tmp_path / "cut").glob("training/*/checkpoints/*/optimizer.pt"))
    found = train(tmp_path / "cut")
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name
    assert not torch.equal(expected["encoder.table.weight"], new_model().encoder.table.weight)
