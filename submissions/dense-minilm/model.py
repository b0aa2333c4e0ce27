"""A transformer encoder with a linear answer on top, cut to its first ``num_layers`` layers."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

ASSETS = Path(__file__).parent / "assets"


class Classifier(nn.Module):
    """Token ids [batch, tokens] to logits [batch, classes], or [batch, 1] for a score."""

    def __init__(self, num_outputs: int, num_layers: int | None) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(ASSETS, num_labels=num_outputs)
        config.num_hidden_layers = num_layers or config.num_hidden_layers
        self.encoder = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa")

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """``attention_mask`` [batch, tokens] is 1 on tokens, 0 on padding; None: no padding."""
        return self.encoder(input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask).logits


def build_model(dataset: str, num_layers: int | None = None) -> nn.Module:
    """The model of a dataset with its first layers (None: all), weights not loaded."""
    return Classifier(_card(dataset)["outputs"], num_layers)


def build_inputs(dataset: str, sizes: dict[str, int], **_: Any) -> dict[str, Tensor]:
    """One sample of ``num_tokens`` tokens; zeros, for its cost depends on shapes alone."""
    tokens = torch.zeros(1, sizes["num_tokens"], dtype=torch.long)
    return {"input_ids": tokens, "token_type_ids": torch.zeros_like(tokens)}


def encode(example: dict[str, str], dataset: str, **_: Any) -> dict[str, list[int]]:
    """Text to token ids; the first column, then all others as the second segment."""
    card = _card(dataset)
    first, *others = (example[column] for column in card["columns"])
    tokenizer = _tokenizer(card["max_length"])
    tokens = tokenizer.encode(first, " ".join(others) if others else None)
    return {"input_ids": tokens.ids, "token_type_ids": tokens.type_ids}


@cache
def _card(dataset: str) -> dict[str, Any]:
    """``outputs``, ``columns`` and ``max_length`` of a dataset."""
    return json.loads((ASSETS / "datasets.json").read_text())[dataset]


@cache
def _tokenizer(max_length: int) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(ASSETS / "tokenizer.json"))
    tokenizer.enable_truncation(max_length)
    return tokenizer
