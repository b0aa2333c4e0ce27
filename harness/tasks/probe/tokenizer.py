"""The suite's own tokenizer: a word is a token, BERT's special tokens in BERT's places."""

import json
from functools import cache
from typing import Any

from harness.tasks.probe.generate import GRAMMARS, generate

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@cache
def vocabulary() -> tuple[str, ...]:
    """Special tokens, then every word of the training splits in alphabetical order; the place of a token is its id."""
    words = {
        word
        for dataset in GRAMMARS
        for column in generate(dataset, "train")[0].values()
        for text in column
        for word in text.split()
    }
    return (*SPECIAL, *sorted(words))


def tokenizer_json() -> str:
    """A ``tokenizer.json`` for ``tokenizers.Tokenizer.from_file`` and for transformers: ``[CLS] a [SEP] b [SEP]``."""
    ids = {token: number for number, token in enumerate(vocabulary())}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_special(ids[token], token) for token in SPECIAL],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_mark("[CLS]", 0), _text("A", 0), _mark("[SEP]", 0)],
            "pair": [_mark("[CLS]", 0), _text("A", 0), _mark("[SEP]", 0), _text("B", 1), _mark("[SEP]", 1)],
            "special_tokens": {
                token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": "[UNK]"},
    }
    return json.dumps(document, indent=1) + "\n"


def _special(number: int, token: str) -> dict[str, Any]:
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": token, **plain, "special": True}


def _mark(token: str, segment: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": segment}}


def _text(sequence: str, segment: int) -> dict[str, Any]:
    return {"Sequence": {"id": sequence, "type_id": segment}}
