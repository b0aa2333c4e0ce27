"""Trainings: done once, resumable to the same end, driven by the right loss."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.examples import Examples, Lesson
from baselines.objective import label_loss
from baselines.training import FineTuning, answers, fine_tune
from harness.findings import ParetoNLPError
from harness.quality.metrics import METRICS, Metric

CONFIG = FineTuning(epochs=3, learning_rate=0.02, batch_size=4, seed=5)


class Bag(nn.Module):
    """The mean of token embeddings, dropout, and a linear answer."""

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.dropout = nn.Dropout(0.3)
        self.answer = nn.Linear(8, outputs)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        weight = attention_mask[..., None] / attention_mask.sum(1)[:, None, None]
        return self.answer(self.dropout((self.words(input_ids) * weight).sum(1)))


def new_model(outputs: int = 2) -> Bag:
    torch.manual_seed(3)
    return Bag(outputs)


def lesson(rows: int = 22, regression: bool = False) -> Lesson:
    rng = np.random.default_rng(7)

    def examples(count: int) -> Examples:
        ids = [rng.integers(1, 20, rng.integers(2, 9)).tolist() for _ in range(count)]
        mean = np.array([np.mean(sample) for sample in ids])
        return Examples([{"input_ids": i} for i in ids], mean / 4 if regression else (mean > 10).astype(np.int64))

    def closeness(given: np.ndarray, gold: np.ndarray) -> float:
        return float(-np.mean((given - gold) ** 2))

    return Lesson(examples(rows), examples(9), metric(closeness))


def metric(score: Callable[[np.ndarray, np.ndarray], float], name: str = "closeness") -> Metric:
    return replace(METRICS["accuracy"], name=name, parts={name: score})


def train(cache: Path, config: FineTuning = CONFIG, **changes: object) -> tuple[Path, list[str]]:
    """The state's file, and the lines that were said."""
    lines: list[str] = []
    arguments = {"definition": "bag", "cache": cache, "say": lines.append} | changes
    given = arguments.pop("lesson", None) or lesson()
    return fine_tune("bag", new_model(), given, config, **arguments), lines


class CutError(Exception):
    """The power goes."""


def cut_when(beginning: str):
    def say(line: str) -> None:
        if line.startswith(f"bag: {beginning}"):
            raise CutError

    return say


def test_a_finished_training_is_not_done_again(tmp_path: Path) -> None:
    first, lines = train(tmp_path)
    written = first.stat().st_mtime_ns
    second, lines_again = train(tmp_path)
    assert second == first
    assert first.stat().st_mtime_ns == written
    assert any("epoch 3 of 3" in line for line in lines)
    assert len(lines_again) == 1
    assert "trained before" in lines_again[0]
    assert sorted(file.name for file in first.parent.iterdir()) == ["model.safetensors", "summary.json"]


def test_a_training_that_another_is_at_is_waited_for(tmp_path: Path) -> None:
    waited: list[str] = []
    model, given = new_model(), lesson()  # made before, as the first training draws random numbers meanwhile
    second = Thread(
        target=lambda: fine_tune("bag", model, given, CONFIG, definition="bag", cache=tmp_path, say=waited.append)
    )

    def say(line: str) -> None:
        if "step" in line and not second.ident:
            second.start()
        while second.ident and not waited:
            second.join(0.01)

    train(tmp_path, say=say)
    second.join()
    assert "another process is at work on it" in waited[0]
    assert "trained before" in waited[1]
    assert len(waited) == 2


def test_a_cut_training_ends_where_an_uncut_one_does(tmp_path: Path) -> None:
    uncut, _ = train(tmp_path / "uncut")
    with pytest.raises(CutError):  # the first epoch's checkpoint is written, the second epoch is under way
        train(tmp_path / "cut", say=cut_when("step 8 of 18"))
    resumed, lines = train(tmp_path / "cut")
    assert any("goes on after step 6 of 18" in line for line in lines)
    assert not any("epoch 1 of 3" in line for line in lines)
    expected, found = load_file(uncut), load_file(resumed)
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name


def test_a_checkpoint_cut_while_being_written_is_passed_over(tmp_path: Path) -> None:
    uncut, _ = train(tmp_path / "uncut")
    with pytest.raises(CutError):
        train(tmp_path / "cut", say=cut_when("epoch 3"))
    (checkpoints,) = (tmp_path / "cut").glob("training/*/checkpoints")
    (checkpoints / "checkpoint-18").mkdir()
    (checkpoints / "checkpoint-18" / "model.safetensors").write_bytes(b"half")
    resumed, lines = train(tmp_path / "cut")
    assert any("goes on after step 12 of 18" in line for line in lines)
    assert torch.equal(load_file(uncut)["words.weight"], load_file(resumed)["words.weight"])


def cut_in_the_third_epoch(cache: Path) -> list[Path]:
    """The checkpoints that are left, of steps 6 and 12; the first is the best, as its score is rigged."""
    scores = iter([0.9, 0.1])
    with pytest.raises(CutError):
        train(cache, say=cut_when("step 15 of 18"), lesson=replace(lesson(), metric=metric(lambda *_: next(scores))))
    (checkpoints,) = cache.glob("training/*/checkpoints")
    return [checkpoints / "checkpoint-6", checkpoints / "checkpoint-12"]


def go_on(cache: Path, scores: list[float]) -> tuple[Path, list[str]]:
    given = iter(scores)
    return train(cache, lesson=replace(lesson(), metric=metric(lambda *_: next(given))))


@pytest.mark.parametrize("file", ["model.safetensors", "optimizer.pt"])
def test_a_damaged_checkpoint_is_said_and_the_training_goes_on_from_the_one_before(tmp_path: Path, file: str) -> None:
    uncut, _ = go_on(tmp_path / "uncut", [0.9, 0.1, 0.95])
    _, last = cut_in_the_third_epoch(tmp_path / "cut")
    (last / file).write_bytes((last / file).read_bytes()[:-100])
    resumed, lines = go_on(tmp_path / "cut", [0.1, 0.95])
    assert any(line.startswith(f"{last} is damaged and is removed: ") for line in lines)
    assert any("goes on after step 6 of 18" in line for line in lines)
    assert torch.equal(load_file(uncut)["words.weight"], load_file(resumed)["words.weight"])


def test_a_training_whose_best_checkpoint_is_damaged_does_not_end_with_another(tmp_path: Path) -> None:
    best, last = cut_in_the_third_epoch(tmp_path / "cut")
    (best / "model.safetensors").write_bytes(b"half")
    resumed, lines = go_on(tmp_path / "cut", [0.9, 0.1, 0.2])
    assert any(str(last) in line and "checkpoint-6, the best before it, is gone" in line for line in lines)
    assert not any("goes on" in line for line in lines)
    uncut, _ = go_on(tmp_path / "uncut", [0.9, 0.1, 0.2])
    assert torch.equal(load_file(uncut)["words.weight"], load_file(resumed)["words.weight"])


def test_a_training_cut_before_its_state_is_written_only_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncut, _ = train(tmp_path / "uncut")

    def cut(*_: object) -> None:
        raise CutError

    with monkeypatch.context() as patch:
        patch.setattr("baselines.training.write_state", cut)
        with pytest.raises(CutError):
            train(tmp_path / "cut")
    resumed, lines = train(tmp_path / "cut")
    assert not any("epoch" in line and "validation" in line for line in lines)
    assert torch.equal(load_file(uncut)["words.weight"], load_file(resumed)["words.weight"])


def test_a_cut_training_on_equal_lengths_ends_where_an_uncut_one_does(tmp_path: Path) -> None:
    config = replace(CONFIG, equal_lengths=True)
    uncut, lines = train(tmp_path / "uncut", config)
    (first_epoch,) = (index for index, line in enumerate(lines) if "epoch 1 of 3" in line)
    with pytest.raises(CutError):
        train(tmp_path / "cut", config, say=cut_when(lines[first_epoch + 2].removeprefix("bag: ").split(",")[0]))
    resumed, lines = train(tmp_path / "cut", config)
    assert any("goes on after step" in line for line in lines)
    assert torch.equal(load_file(uncut)["words.weight"], load_file(resumed)["words.weight"])


def test_a_damaged_finished_state_is_named_with_the_remedy(tmp_path: Path) -> None:
    state, _ = train(tmp_path)
    whole = state.read_bytes()
    state.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ParetoNLPError, match="Remove the file; it is made anew") as caught:
        train(tmp_path)
    assert caught.value.findings[0].file == str(state)
    state.unlink()
    assert train(tmp_path)[0].read_bytes() == whole


@pytest.mark.parametrize(
    ("config", "changes"),
    [
        (FineTuning(epochs=3, learning_rate=0.03, batch_size=4, seed=5), {}),
        (FineTuning(epochs=3, learning_rate=0.02, batch_size=4, seed=6), {}),
        (CONFIG, {"definition": "another model.py"}),
        (CONFIG, {"lesson": lesson(rows=21)}),
        (CONFIG, {"lesson": replace(lesson(), train=replace(lesson().train, gold=1 - lesson().train.gold))}),
        (CONFIG, {"lesson": replace(lesson(), pad_token=1)}),
        (CONFIG, {"lesson": replace(lesson(), metric=METRICS["accuracy"])}),
    ],
)
def test_whatever_decides_the_outcome_is_in_the_name(
    tmp_path: Path, config: FineTuning, changes: dict[str, object]
) -> None:
    assert train(tmp_path)[0] != train(tmp_path, config, **changes)[0]


def test_the_state_that_a_training_starts_from_is_in_the_name(tmp_path: Path) -> None:
    other = new_model()
    with torch.no_grad():
        other.answer.bias += 1
    state = fine_tune("bag", other, lesson(), CONFIG, definition="bag", cache=tmp_path, say=lambda _: None)
    assert state != train(tmp_path)[0]


def test_the_best_epoch_is_kept_and_not_the_last(tmp_path: Path) -> None:
    scores = iter([0.1, 0.9, 0.2])
    given = lesson()
    states: list[Tensor] = []
    model = new_model()

    def score(answer: np.ndarray, gold: np.ndarray) -> float:
        states.append(model.words.weight.detach().clone())
        return next(scores)

    rigged = replace(given, metric=metric(score))
    state = fine_tune("bag", model, rigged, CONFIG, definition="bag", cache=tmp_path, say=lambda _: None)
    assert torch.equal(load_file(state)["words.weight"], states[1])
    assert not torch.equal(states[1], states[2])


def test_the_loss_is_cross_entropy_or_squared_error() -> None:
    logits = torch.tensor([[1.0, 3.0], [0.0, 0.0]])
    by_hand = (np.log(np.exp(1) + np.exp(3)) - 3 + np.log(2)) / 2
    assert label_loss(logits, torch.tensor([1, 0])).item() == pytest.approx(by_hand)
    assert label_loss(
        torch.tensor([[1.0], [4.0]]), torch.tensor([2.0, 2.0], dtype=torch.float64)
    ).item() == pytest.approx(2.5)


def test_answers_are_lowest_class_on_a_tie_or_the_score() -> None:
    assert answers(np.array([[0.5, 0.5, 0.1], [0.0, 1.0, 2.0]])).tolist() == [0, 2]
    assert answers(np.array([[0.5], [-1.5]])).tolist() == [0.5, -1.5]
