"""Reads texts as a BERT-like encoder does, by the cards and the tokenizer in the folder's assets."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

ASSETS = Path(__file__).parent / "assets"


def build_inputs(dataset: str, sizes: dict[str, int], **_: Any) -> dict[str, Tensor]:
    """One sample of ``num_tokens`` tokens; zeros, for its cost depends on shapes alone."""
    tokens = torch.zeros(1, sizes["num_tokens"], dtype=torch.long)
    return {"input_ids": tokens, "token_type_ids": torch.zeros_like(tokens)}


def encode(example: dict[str, str], dataset: str, **_: Any) -> dict[str, list[int]]:
    """Text to token ids; the first column, then all others as the second segment."""
    facts = card(dataset)
    first, *others = (example[column] for column in facts["columns"])
    tokens = _tokenizer(facts["max_length"]).encode(first, " ".join(others) if others else None)
    return {"input_ids": tokens.ids, "token_type_ids": tokens.type_ids}


@cache
def card(dataset: str) -> dict[str, Any]:
    """``outputs``, ``columns`` and ``max_length`` of a dataset."""
    return dict(json.loads((ASSETS / "datasets.json").read_text())[dataset])


@cache
def _tokenizer(max_length: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(ASSETS / "tokenizer.json"))
    tokenizer.enable_truncation(max_length)
    return tokenizer
