"""An encoder with an exit behind every layer; an operating point says by which rule a sample leaves."""

import json

from torch import nn

from classifier import ASSETS, Classifier
from exit_rules import exit_rule
from multi_exit import split
from reader import build_inputs, card, encode

__all__ = ["build_inputs", "build_stages", "encode"]


def build_stages(dataset: str, rule: str = "full", threshold: float = 0.0) -> list[nn.Module]:
    """One stage a layer, weights not loaded; scores bring the tolerance at which one counts as unchanged."""
    facts = ASSETS / "exits" / f"{dataset}.json"
    tolerance = json.loads(facts.read_text())["tolerance"] if facts.exists() else None
    return list(split(Classifier(card(dataset)["outputs"]).encoder, exit_rule(rule, threshold, tolerance)))
