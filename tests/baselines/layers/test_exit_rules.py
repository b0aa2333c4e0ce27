"""Exit rules on logits written by hand: where they stop, and what they cost."""

from collections.abc import Sequence
from math import log

import pytest
import torch
from torch import Tensor, nn

from baselines.layers.exit_rules import Rule, confidence, exit_rule, low_entropy, never, patience
from harness import count_flops

EVEN, THREE_TO_ONE, NINE_TO_ONE = [0.0, 0.0], [log(3), 0.0], [log(9), 0.0]
"""Probabilities of 1/2, 3/4 and 9/10; entropies of 0.693, 0.562 and 0.325 nats."""


def exits(rule: Rule, logits: Sequence[Sequence[float]]) -> list[bool]:
    """What the rule says behind every layer, whatever it said before."""
    state: dict[str, Tensor] = {}
    said = []
    for answer in logits:
        state = rule(torch.tensor([answer]), state)
        assert state["exit"].shape == ()
        assert state["exit"].dtype == torch.bool
        said.append(bool(state["exit"]))
    return said


def classes(*answers: int) -> list[list[float]]:
    """Logits of three classes whose largest is the answer."""
    return [[2.0 if place == answer else 0.1 * place for place in range(3)] for answer in answers]


@pytest.mark.parametrize(
    ("exits_in_a_row", "stops"),
    [  # the counter of 2 1 1 0 0 0 0 is 0 0 1 0 1 2 3: a change of mind sends it back to 0
        (1, [False, False, True, False, True, True, True]),
        (2, [False, False, False, False, False, True, True]),
        (3, [False, False, False, False, False, False, True]),
        (4, [False] * 7),
    ],
)
def test_patience_counts_answers_that_hold(exits_in_a_row: int, stops: list[bool]) -> None:
    assert exits(patience(exits_in_a_row), classes(2, 1, 1, 0, 0, 0, 0)) == stops


@pytest.mark.parametrize("exits_in_a_row", [1, 2, 5])
def test_no_patience_stops_before_the_layer_behind_it(exits_in_a_row: int) -> None:
    assert exits(patience(exits_in_a_row), classes(*[1] * 6)).index(True) + 1 == exits_in_a_row + 1


def test_a_score_holds_where_it_moves_by_less_than_the_tolerance() -> None:
    scores = [[1.0], [1.3], [1.35], [1.28], [1.6], [1.62]]  # the counter is 0 0 1 2 0 1
    assert exits(patience(1, 0.1), scores) == [False, False, True, True, False, True]
    assert exits(patience(2, 0.1), scores) == [False, False, False, True, False, False]
    assert exits(patience(1, 0.5), [[1.0], [1.5]]) == [False, False]  # as much as the tolerance is not less


def test_entropy_is_in_nats() -> None:
    answers = [EVEN, THREE_TO_ONE, NINE_TO_ONE]
    assert exits(low_entropy(0.7), answers) == [True, True, True]
    assert exits(low_entropy(0.6), answers) == [False, True, True]
    assert exits(low_entropy(0.5), answers) == [False, False, True]
    assert exits(low_entropy(0.3), answers) == [False, False, False]
    assert exits(low_entropy(1.09), [[5.0, 5.0, 5.0]]) == [False]  # log 3 = 1.0986
    assert exits(low_entropy(1.10), [[5.0, 5.0, 5.0]]) == [True]


def test_large_logits_have_an_entropy_too() -> None:
    assert exits(low_entropy(0.05), [[1000.0, 0.0], [1000.0, 1000.0]]) == [True, False]


def test_confidence_is_the_largest_probability() -> None:
    answers = [EVEN, THREE_TO_ONE, NINE_TO_ONE]
    assert exits(confidence(0.7), answers) == [False, True, True]
    assert exits(confidence(0.8), answers) == [False, False, True]
    assert exits(confidence(0.5), answers) == [False, True, True]  # as much as the threshold is not more


def test_full_never_stops() -> None:
    assert exits(exit_rule("full", 0.0), classes(0, 0, 0)) == [False, False, False]


def test_rules_go_by_their_names() -> None:
    answers = [EVEN, THREE_TO_ONE, NINE_TO_ONE]  # as classes all 0
    assert exits(exit_rule("patience", 2), answers) == [False, False, True]
    assert exits(exit_rule("patience", 1, 0.5), [[1.0], [1.7], [2.0]]) == [False, False, True]
    assert exits(exit_rule("entropy", 0.6), answers) == [False, True, True]
    assert exits(exit_rule("confidence", 0.6), answers) == [False, True, True]
    assert exits(exit_rule("full", 0.6), answers) == [False, False, False]


class _Second(nn.Module):
    """A rule behind the second layer."""

    def __init__(self, rule: Rule) -> None:
        super().__init__()
        self.rule = rule

    def forward(self, logits: Tensor, answer: Tensor, count: Tensor) -> dict[str, Tensor]:
        return self.rule(logits, {"answer": answer, "count": count})


@pytest.mark.parametrize(
    ("rule", "outputs", "flops"),
    [
        (never, 3, 0),
        (patience(1), 3, 3 - 1),  # argmax; counting is in integers
        (patience(1, 0.1), 1, 3),  # subtract, abs, compare
        # log-softmax 5 C - 1; exp C, multiply C, sum C - 1, negate, compare
        (low_entropy(0.1), 3, (5 * 3 - 1) + 3 + 3 + 2 + 1 + 1),
        (confidence(0.1), 3, (5 * 3 - 2) + 2 + 1),  # softmax 5 C - 2; max C - 1, compare
    ],
)
def test_what_a_rule_costs(rule: Rule, outputs: int, flops: int) -> None:
    inputs = {
        "logits": torch.zeros(1, outputs),
        "answer": torch.tensor(0.0 if outputs == 1 else 0),
        "count": torch.tensor(0),
    }
    cost = count_flops(_Second(rule), inputs)
    assert (cost.macs, cost.flops, dict(cost.unpriced)) == (0, flops, {})
