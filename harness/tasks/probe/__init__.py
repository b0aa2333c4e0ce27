"""The embedded suite: four small tasks that code generates from a seed, with no network and nobody's licence.

Each task is a grammar whose rules give the gold, four levels of difficulty in equal shares, and filler sentences
that spread lengths from 4 to 128 tokens. Level 0 falls to a single word; the others need words to be bound to one
another, and take depth.
"""

from harness.tasks.probe.generate import GRAMMARS, ROWS, difficulty, generate
from harness.tasks.probe.tokenizer import tokenizer_json, vocabulary

DATASET_NAMES = tuple(GRAMMARS)

__all__ = ["DATASET_NAMES", "ROWS", "difficulty", "generate", "tokenizer_json", "vocabulary"]
