"""The pretrained encoder that a method starts from: a hub id, or a folder in transformers' format.

A folder that holds a config and no weights is a start from scratch.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError  # only its name: nothing is unpickled here
from typing import Any

import torch
from safetensors import SafetensorError
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    set_seed,
)
from transformers.utils import logging as transformers_logging

from harness.findings import fail

FAMILIES = ("bert", "electra", "roberta", "xlm-roberta")
"""``model_type`` of the encoders that take ``token_type_ids`` and are cut by ``num_hidden_layers``."""

_MAY_BE_NEW = ("classifier.", "pooler.")

_OF_ITS_ORIGIN = {
    "_name_or_path",
    "architectures",
    "dtype",
    "id2label",
    "label2id",
    "torch_dtype",
    "transformers_version",
}


@dataclass(frozen=True)
class Backbone:
    """An encoder: where it is, what it is, how it reads text."""

    source: str
    """Hub id or folder."""
    config: PreTrainedConfig
    tokenizer: Tokenizer
    """Without padding and truncation."""

    @property
    def is_pretrained(self) -> bool:
        """Whether there are weights to start from."""
        folder = Path(self.source)
        return not folder.is_dir() or any(folder.glob("*.safetensors")) or any(folder.glob("*.bin"))

    @property
    def max_tokens(self) -> int:
        """The longest input; RoBERTa's first position comes after its padding index."""
        reserved = self.config.pad_token_id + 1 if "roberta" in self.config.model_type else 0
        return int(self.config.max_position_embeddings) - reserved

    @property
    def config_json(self) -> str:
        """The architecture alone, without names and versions of where it came from."""
        facts = self.config.to_diff_dict()
        facts = {name: value for name, value in facts.items() if name not in _OF_ITS_ORIGIN}
        return json.dumps(facts, indent=2, sort_keys=True) + "\n"

    def initial_state(self, num_layers: int, num_outputs: int, seed: int) -> dict[str, Tensor]:
        """The state dict to fine-tune from: pretrained where there are weights, else drawn from the seed.

        So is the answer layer, unless the backbone brings one of that width. Raises ParetoNLPError for weights
        that are damaged or another model's.
        """
        set_seed(seed)
        cut: dict[str, Any] = {"num_hidden_layers": num_layers, "num_labels": num_outputs}
        if self.is_pretrained:
            model = _pretrained(self.source, cut)
        else:
            config = copy.deepcopy(self.config)
            config.update(cut)
            model = AutoModelForSequenceClassification.from_config(config)
        state: dict[str, Tensor] = model.state_dict()
        return state


def _pretrained(source: str, cut: Mapping[str, Any]) -> nn.Module:
    """The encoder with its weights; pooler and answer layer may be new."""
    transformers_logging.set_verbosity_error()  # the answer layer is meant to be new
    transformers_logging.disable_progress_bar()
    try:
        model, loading = AutoModelForSequenceClassification.from_pretrained(
            source, dtype=torch.float32, output_loading_info=True, ignore_mismatched_sizes=True, **cut
        )
    except (OSError, ValueError, RuntimeError, LookupError, EOFError, SafetensorError, UnpicklingError) as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise fail(
            "backbone-damaged",
            f"The weights of the backbone {source!r} cannot be read: {why}",
            remedy="Fetch or copy them again.",
        ) from error
    absent = {*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])}
    absent = {name for name in absent if not any(part in name for part in _MAY_BE_NEW)}
    if absent:
        raise fail(
            "backbone-damaged",
            f"The weights of the backbone {source!r} lack {min(absent)!r}, or it is of another shape"
            f"{f', and {len(absent) - 1} others' if len(absent) > 1 else ''}.",
            expected="weights that fit its config.json",
        )
    return model


def load_backbone(source: str, tokenizer: Tokenizer | None = None) -> Backbone:
    """Read config and tokenizer; a ``tokenizer`` that is given takes the place of the backbone's own.

    Raises ParetoNLPError for a source that cannot be read or is no BERT-like encoder.
    """
    if source.startswith(("/", ".")) and not Path(source).is_dir():
        raise fail("backbone-not-found", f"There is no folder {source!r}.", remedy="Give a folder or a hub id.")
    try:
        config = AutoConfig.from_pretrained(source)
        if config.model_type not in FAMILIES:
            raise fail(
                "backbone-unsupported",
                f"{source!r} is of type {config.model_type!r}.",
                expected=f"one of {', '.join(FAMILIES)}",
            )
        tokenizer = tokenizer or _own_tokenizer(source)
    except (OSError, ValueError) as error:
        raise fail(
            "backbone-not-found",
            f"The backbone {source!r} cannot be loaded: {str(error).splitlines()[0]}",
            remedy="Give a folder written by save_pretrained (config.json, tokenizer.json, model.safetensors) "
            "or a hub id that this machine can reach.",
        ) from error
    if tokenizer.get_vocab_size() > config.vocab_size:
        raise fail(
            "backbone-unsupported",
            f"The tokenizer has {tokenizer.get_vocab_size()} tokens and the model of {source!r} {config.vocab_size}.",
            remedy="Take both from the same backbone.",
        )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return Backbone(source, config, tokenizer)


def _own_tokenizer(source: str) -> Tokenizer:
    tokenizer = AutoTokenizer.from_pretrained(source)
    if len(tokenizer) <= len(tokenizer.all_special_tokens):  # transformers makes one up where there is none
        raise OSError("it holds no tokenizer.")
    return tokenizer.backend_tokenizer
