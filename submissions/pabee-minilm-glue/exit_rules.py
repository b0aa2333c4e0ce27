"""When an early-exit model stops: rules over the answers of its exits, in tensors only.

A rule is called after each layer with that exit's logits [1, outputs] and with the state that the stage
before left. It returns its own part of the new state, ``exit`` (a bool scalar: stop here) among it. There is no
branch on a value, so a rule is traced, and priced, with the stage that it is part of.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

Rule = Callable[[Tensor, Mapping[str, Tensor]], dict[str, Tensor]]


def never(logits: Tensor, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every layer runs."""
    return {"exit": torch.zeros((), dtype=torch.bool, device=logits.device)}


def patience(exits: int, tolerance: float | None = None) -> Rule:
    """PABEE (Zhou et al., arXiv 2006.04152, section 3): stop when the answer held over ``exits`` exits in a row.

    An answer holds where the class is that of the exit before; a score, where it moved by less than
    ``tolerance``. The counter starts at 0 and goes back to 0 where an answer does not hold, so the first exit that
    can stop is number ``exits`` + 1. Of C classes it takes C - 1 FLOPs an exit, of a score 3.

    Args:
        exits: the patience t.
        tolerance: in the unit of the scores; None: the answers are classes.

    """

    def rule(logits: Tensor, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        answer = logits[0].argmax() if tolerance is None else logits[0, 0]
        count = torch.zeros((), dtype=torch.long, device=logits.device)
        if "answer" in state:
            before = state["answer"]
            held = answer == before if tolerance is None else (answer - before).abs() < tolerance
            count = torch.where(held, state["count"] + 1, 0)
        return {"answer": answer, "count": count, "exit": count >= exits}

    return rule


def low_entropy(threshold: float) -> Rule:
    """DeeBERT (Xin et al., ACL 2020): stop where the entropy of the answer is under ``threshold`` nats.

    Logits x: log sum e^x - sum x e^x / sum e^x, which is - sum p log p of their softmax p.
    """

    def rule(logits: Tensor, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        log_p = torch.log_softmax(logits[0], dim=0)
        return {"exit": -(log_p.exp() * log_p).sum() < threshold}

    return rule


def confidence(threshold: float) -> Rule:
    """Stop where the most probable class has a probability over ``threshold``."""

    def rule(logits: Tensor, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {"exit": torch.softmax(logits[0], dim=0).max() > threshold}

    return rule


def exit_rule(name: str, threshold: float, tolerance: float | None = None) -> Rule:
    """A rule by its name in an operating point: ``full``, ``patience``, ``entropy`` or ``confidence``.

    Args:
        name: of the rule.
        threshold: how many exits, how many nats, what probability; of no effect on ``full``.
        tolerance: of scores, under ``patience``; None for classes.

    """
    if name == "patience":
        return patience(int(threshold), tolerance)
    return {"full": never, "entropy": low_entropy(threshold), "confidence": confidence(threshold)}[name]
