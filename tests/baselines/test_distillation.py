"""The losses that hold a student against its teacher, by hand and by scipy."""

import math

import numpy as np
import pytest
import torch
from scipy.special import rel_entr, softmax
from torch import Tensor, nn

from baselines.distillation import from_stored_logits, logit_loss
from baselines.objective import Batch


def test_divergence_of_two_classes_by_hand() -> None:
    # teacher (3/4, 1/4), student (1/2, 1/2): 3/4 ln(3/2) + 1/4 ln(1/2)
    loss = logit_loss(torch.zeros(1, 2), torch.tensor([[math.log(3), 0.0]]))
    assert loss.item() == pytest.approx(0.75 * math.log(1.5) + 0.25 * math.log(0.5))


@pytest.mark.parametrize("temperature", [1.0, 2.0, 7.5])
def test_divergence_at_a_temperature_is_that_of_the_softened_answers_times_its_square(temperature: float) -> None:
    rng = np.random.default_rng(0)
    student, teacher = rng.normal(size=(2, 5, 3)) * 4
    soft, target = (softmax(logits / temperature, axis=1) for logits in (student, teacher))
    expected = temperature**2 * rel_entr(target, soft).sum(axis=1).mean()  # KL(teacher || student), not the reverse
    assert logit_loss(torch.tensor(student), torch.tensor(teacher), temperature).item() == pytest.approx(expected)


def test_the_gradient_at_a_high_temperature_is_that_of_matching_centred_logits() -> None:
    # Hinton et al., equation 4, times T^2: (z - v) / N for logits of mean 0
    student = torch.tensor([[0.3, -0.1, -0.2]], dtype=torch.float64, requires_grad=True)
    teacher = torch.tensor([[-0.4, 0.1, 0.3]], dtype=torch.float64)
    logit_loss(student, teacher, 1e4).backward()
    assert torch.allclose(student.grad, (student.detach() - teacher) / 3, rtol=1e-3)


def test_scores_are_held_by_their_squared_error_at_any_temperature() -> None:
    student, teacher = torch.tensor([[1.0], [4.0]]), torch.tensor([[2.0], [2.0]])
    assert logit_loss(student, teacher).item() == logit_loss(student, teacher, 5.0).item() == 2.5


def test_equal_answers_cost_nothing() -> None:
    logits = torch.randn(4, 3)
    assert logit_loss(logits, logits + 2.0, 3.0).item() == pytest.approx(0, abs=1e-6)  # a shift changes no answer


class Fixed(nn.Module):
    """Answers what it is given."""

    def forward(self, logits: Tensor) -> Tensor:
        return logits


@pytest.mark.parametrize(("weight", "expected"), [(0.0, "soft"), (1.0, "hard"), (0.25, "mixed")])
def test_the_weight_is_that_of_the_labels(weight: float, expected: str) -> None:
    student = torch.tensor([[0.0, 0.0], [0.0, math.log(3)]])
    teacher = torch.tensor([[math.log(3), 0.0], [0.0, math.log(3)]])
    soft = (0.75 * math.log(1.5) + 0.25 * math.log(0.5)) / 2  # the second row agrees
    hard = (math.log(2) - math.log(0.75)) / 2
    batch = Batch({"logits": student}, torch.tensor([0, 1]), teacher)
    by_hand = {"soft": soft, "hard": hard, "mixed": 0.75 * soft + 0.25 * hard}[expected]
    assert from_stored_logits(weight).loss(Fixed(), batch).item() == pytest.approx(by_hand)


def test_weight_and_temperature_are_in_the_key() -> None:
    keys = {from_stored_logits(weight, temperature).key for weight in (0.0, 0.5) for temperature in (1.0, 2.0)}
    assert len(keys) == 4


def test_examples_without_teacher_are_told() -> None:
    with pytest.raises(ValueError, match="teacher_logits"):
        from_stored_logits(0.5).loss(Fixed(), Batch({"logits": torch.zeros(1, 2)}, torch.tensor([0])))
