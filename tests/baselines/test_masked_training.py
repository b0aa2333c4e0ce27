"""Training under masks and of masks: gradients by hand, exact sparsity, what stays and what moves."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.utils.parametrize import remove_parametrizations

from baselines.examples import Examples, Lesson
from baselines.layers.classifier import Classifier
from baselines.masked_training import (
    PHI,
    RERANK,
    LearnedMask,
    attach,
    attach_learned,
    folded,
    from_hidden_states,
    hidden_state_loss,
    learning_scores,
    masks_in,
    step_lesson,
)
from baselines.masks import local_masks, prunable
from baselines.objective import Batch
from baselines.training import FineTuning, fine_tune
from harness.quality.metrics import METRICS

CONFIG = FineTuning(epochs=2, learning_rate=0.01, batch_size=4, seed=3)
STORED = torch.tensor([[1.0, -2.0], [3.0, 0.5]])
MASK = torch.tensor([[False, True], [True, False]])


def linear() -> nn.Linear:
    module = nn.Linear(2, 2, bias=False)
    module.weight.data = STORED.clone()
    return module


def lesson(rows: int = 20) -> Lesson:
    rng = np.random.default_rng(1)

    def examples(count: int) -> Examples:
        ids = [rng.integers(5, 45, rng.integers(3, 8)).tolist() for _ in range(count)]
        inputs = [{"input_ids": sample, "token_type_ids": [0] * len(sample)} for sample in ids]
        return Examples(inputs, np.array([sample[0] % 2 for sample in ids]))

    return Lesson(examples(rows), examples(8), METRICS["accuracy"])


SCORES = count()


def last_is_best(given: Lesson) -> Lesson:
    """The last epoch is the one that is kept."""
    return replace(given, metric=replace(METRICS["accuracy"], parts={"accuracy": lambda *_: float(next(SCORES))}))


@pytest.fixture
def classifier(backbone_folder: Path) -> Classifier:
    torch.manual_seed(0)
    return Classifier(2, assets=backbone_folder).eval()


def plain(classifier: Classifier) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in classifier.state_dict().items()}


def test_a_fixed_mask_hides_weights_and_their_gradients() -> None:
    module = attach(nn.Sequential(linear()), {"0.weight": MASK})
    x = torch.tensor([[1.0, 10.0]])
    out = module(x)
    assert out.tolist() == [[-20.0, 3.0]]  # [0 1 - 2 10, 3 1 + 0 10]
    out.sum().backward()
    assert module[0].parametrizations.weight.original.grad.tolist() == [[0.0, 10.0], [1.0, 0.0]]


def test_the_gradient_goes_straight_through_to_the_scores() -> None:
    module = attach_learned(nn.Sequential(linear()), {"0.weight": MASK})
    assert module(torch.tensor([[1.0, 10.0]])).tolist() == [[-20.0, 3.0]]
    module(torch.tensor([[1.0, 10.0]])).backward(torch.tensor([[1.0, 100.0]]))
    # dL/dW' is [[1, 10], [100, 1000]]; dL/dm = dL/dW' * W, where the mask is 0, too
    scores = module[0].parametrizations.weight[0].scores
    assert scores.grad.tolist() == [[1.0, -20.0], [300.0, 500.0]]
    assert [name for name, parameter in module.named_parameters() if parameter.requires_grad] == [
        "0.parametrizations.weight.0.scores"
    ]


def test_scores_start_at_twice_phi_or_zero() -> None:
    assert torch.equal(LearnedMask(MASK).scores, torch.tensor([[0.0, 2 * PHI], [2 * PHI, 0.0]]))


def test_a_learned_mask_is_ranked_anew_and_keeps_its_number() -> None:
    mask = LearnedMask(MASK)
    weight = torch.ones(2, 2)
    mask.train()
    seen = []
    for _ in range(RERANK + 1):
        seen.append(mask(weight).detach().clone())
        mask.scores.data = torch.tensor([[9.0, 1.0], [2.0, 8.0]])
    assert all(torch.equal(each, MASK.float()) for each in seen[:RERANK])  # a ranking is kept for a while
    assert torch.equal(seen[RERANK], torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    mask.eval()
    mask.scores.data = torch.tensor([[1.0, 9.0], [8.0, 2.0]])
    assert torch.equal(mask(weight), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))  # what is evaluated is not moved
    assert int(mask.passes) == RERANK + 1


def test_folding_is_what_torch_does_when_a_parametrisation_is_removed(classifier: Classifier) -> None:
    keys = list(classifier.state_dict())
    masks = local_masks(plain(classifier), prunable(classifier), 60)
    attach(classifier, masks)
    state = plain(classifier)
    for name in masks:
        remove_parametrizations(classifier.get_submodule(name.removesuffix(".weight")), "weight")
    expected, found = classifier.state_dict(), folded(state)
    assert set(found) == set(keys)
    for name in keys:
        assert torch.equal(found[name], expected[name]), name
    assert all(torch.equal(mask, masks_in(state)[name]) for name, mask in masks.items())


def test_fine_tuning_leaves_zeros_zero_and_moves_the_others(classifier: Classifier, tmp_path: Path) -> None:
    before = plain(classifier)
    masks = local_masks(before, prunable(classifier), 70)
    attach(classifier, masks)
    after = folded(load_file(fine_tune("fixed", classifier, lesson(), CONFIG, definition="", cache=tmp_path)))
    for name, mask in masks.items():
        assert not after[name][~mask].any()
        moved = after[name] != before[name]
        read = mask if "word_embeddings" not in name else mask & moved.any(1)[:, None]  # decay moves all the same
        assert float(moved[read].float().mean()) > 0.9, name


def test_trained_masks_change_and_are_as_sparse_as_before(
    classifier: Classifier, backbone_folder: Path, tmp_path: Path
) -> None:
    before = plain(classifier)
    masks = local_masks(before, prunable(classifier), 70)
    student = Classifier(2, assets=backbone_folder)
    student.load_state_dict(before)
    state = load_file(
        fine_tune(
            "learned",
            attach_learned(student, masks),
            last_is_best(lesson()),
            replace(CONFIG, epochs=4, learning_rate=PHI / 5, weight_decay=0.0),
            definition="",
            cache=tmp_path,
            objective=from_hidden_states(classifier, "dense", bf16=False),
        )
    )
    learned = masks_in(state)
    assert all(int(learned[name].sum()) == int(mask.sum()) for name, mask in masks.items())
    changed = sum(int((learned[name] != mask).sum()) for name, mask in masks.items())
    assert changed > 0
    weights = folded(state)
    for name, tensor in before.items():
        assert torch.equal(weights[name], tensor * learned[name] if name in masks else tensor), name


def test_a_cut_training_of_masks_ends_where_an_uncut_one_does(
    classifier: Classifier, backbone_folder: Path, tmp_path: Path
) -> None:
    def train(cache: str, say: Callable[[str], None]) -> dict[str, Tensor]:
        student = Classifier(2, assets=backbone_folder)
        student.load_state_dict(classifier.state_dict())
        attach_learned(student, local_masks(plain(student), prunable(student), 70))
        config = replace(CONFIG, learning_rate=PHI / 2, weight_decay=0.0)
        objective = from_hidden_states(classifier, "dense", bf16=False)
        where = {"definition": "", "cache": tmp_path / cache, "say": say}
        given = last_is_best(lesson())
        return load_file(fine_tune("learned", student, given, config, objective=objective, **where))

    def cut(line: str) -> None:
        if line.startswith("learned: step 7 of 10"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):  # after a checkpoint at step 5 and before the ranking at step 8
        train("cut", cut)
    lines: list[str] = []
    found, expected = train("cut", lines.append), train("uncut", lambda _: None)
    assert any("goes on after step 5 of 10" in line for line in lines)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_learning_masks_brings_the_student_nearer_to_its_teacher(classifier: Classifier, backbone_folder: Path) -> None:
    before = plain(classifier)
    masks = local_masks(before, prunable(classifier), 50)
    student = Classifier(2, assets=backbone_folder)
    student.load_state_dict(before)
    attach_learned(student, masks)
    objective = from_hidden_states(classifier, "dense", bf16=False)
    ids = torch.randint(5, 45, (16, 6), generator=torch.Generator().manual_seed(0))
    batch = Batch(
        {"input_ids": ids, "token_type_ids": torch.zeros_like(ids), "attention_mask": torch.ones_like(ids)}, ids[:, 0]
    )
    scores = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(scores, lr=1e-3, weight_decay=0)
    first = objective.loss(student, batch).item()
    for _ in range(10 * RERANK):
        student.train()
        for module in student.modules():
            module.training = isinstance(module, LearnedMask)  # dropout would hide what the masks do
        optimizer.zero_grad()
        objective.loss(student, batch).backward()
        optimizer.step()
    assert objective.loss(student.eval(), batch).item() < 0.9 * first


def test_the_cosine_distance_by_hand() -> None:
    one, other = torch.tensor([[[1.0, 0.0], [3.0, 4.0], [9.0, 9.0]]]), torch.tensor([[[0.0, 2.0], [4.0, 3.0], [0, 0]]])
    on_token = torch.tensor([[1, 1, 0]])
    # layer 1: 1 - 0 and 1 - 24/25; layer 2: the same states, so 0 and 0; the third token is padding
    loss = hidden_state_loss([one, one], [other, one], on_token)
    assert float(loss) == pytest.approx((1 + 1 / 25) / 4)


def test_a_dense_student_is_at_no_distance_and_padding_changes_nothing(
    classifier: Classifier, backbone_folder: Path
) -> None:
    def batch(*ids: int) -> Batch:
        tokens = torch.tensor([ids])
        mask = (tokens > 0).long()
        return Batch({"input_ids": tokens, "token_type_ids": 0 * mask, "attention_mask": mask}, tokens[:, 0])

    objective = from_hidden_states(classifier, "dense", bf16=False)
    student = Classifier(2, assets=backbone_folder).eval()
    student.load_state_dict(classifier.state_dict())
    assert objective.loss(student, batch(7, 8, 9, 0, 0)).item() == pytest.approx(0, abs=1e-6)
    attach(student, local_masks(plain(student), prunable(student), 50))
    alone, padded = objective.loss(student, batch(7, 8, 9)), objective.loss(student, batch(7, 8, 9, 0, 0))
    assert alone.item() > 0.01
    assert alone.item() == pytest.approx(padded.item(), rel=1e-5)


@pytest.mark.parametrize(("rows", "rate"), [(64_000, 0.2 / 6000), (20, PHI)])
def test_scores_may_travel_ten_phi_in_all_and_never_more_than_phi_in_a_step(rows: int, rate: float) -> None:
    config = learning_scores(FineTuning(epochs=3, learning_rate=5e-5, batch_size=32), rows)
    assert config.learning_rate == pytest.approx(rate)
    assert config.weight_decay == 0


def test_ten_steps_are_all_the_passes_over_the_examples() -> None:
    given = lesson(20)
    parts = [step_lesson(given, step, replace(CONFIG, epochs=3)).train for step in range(10)]
    assert {len(part) for part in parts} == {6}
    seen = [tuple(sample["input_ids"]) for part in parts for sample in part.inputs]
    assert sorted(seen) == sorted([tuple(sample["input_ids"]) for sample in given.train.inputs] * 3)
    gold = {
        tuple(sample["input_ids"]): label for sample, label in zip(given.train.inputs, given.train.gold, strict=True)
    }
    for part in parts:
        assert [gold[tuple(sample["input_ids"])] for sample in part.inputs] == part.gold.tolist()
