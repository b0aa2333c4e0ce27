"""The architectures that papers name, at their published sizes, each with a classification head.

A name with a number at its end keeps that many layers: ``bert-base-6``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
import transformers as T
from torch import Tensor, nn

_BERT_LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
}
_TINYBERT_4 = {"hidden_size": 312, "num_hidden_layers": 4, "intermediate_size": 1200}
_ROBERTA = {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1}
_ALBERT_BASE = {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}
_FNET_LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "intermediate_size": 4096}


@dataclass(frozen=True, slots=True)
class Architecture:
    """An encoder of a size."""

    name: str
    title: str
    model: Callable[[T.PretrainedConfig], nn.Module]
    config: Callable[..., T.PretrainedConfig]
    size: Mapping[str, Any]
    """What the configuration's defaults do not say."""

    def build(self, outputs: int) -> nn.Module:
        """The model with a head of so many outputs, weights at random (or on meta, under that device)."""
        return self.model(self.config(**self.size, num_labels=outputs))

    def inputs(self, tokens: int) -> dict[str, Tensor]:
        """One sample of so many tokens, unpadded; the last one ends the text, where T5 reads its answer."""
        ids = torch.full((1, tokens), 5)
        if self.config is T.T5Config:
            ids[0, -1] = T.T5Config().eos_token_id
        return {"input_ids": ids}


def _bert(name: str, title: str, **size: Any) -> Architecture:
    return Architecture(name, title, T.BertForSequenceClassification, T.BertConfig, size)


def _cut(whole: Architecture, *depths: int) -> tuple[Architecture, ...]:
    """An architecture, and its first layers alone."""
    shorter = (
        Architecture(
            f"{whole.name}-{depth}",
            f"{whole.title}, {depth} layers",
            whole.model,
            whole.config,
            {**whole.size, "num_hidden_layers": depth},
        )
        for depth in depths
    )
    return whole, *shorter


def _cuts(
    name: str,
    title: str,
    model: Callable[[T.PretrainedConfig], nn.Module],
    config: Callable[..., T.PretrainedConfig],
    base: Mapping[str, Any],
    large: Mapping[str, Any],
) -> list[Architecture]:
    """The base and the large size of a family, and the depths at which papers cut them."""
    return [
        *_cut(Architecture(f"{name}-base", f"{title}-base", model, config, base), 6, 3),
        *_cut(Architecture(f"{name}-large", f"{title}-large", model, config, large), 12),
    ]


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        each.name: each
        for each in (
            *_cuts("bert", "BERT", T.BertForSequenceClassification, T.BertConfig, {}, _BERT_LARGE),
            _bert("bert-base-cased", "BERT-base, cased", vocab_size=28996),
            *_cuts(
                "roberta",
                "RoBERTa",
                T.RobertaForSequenceClassification,
                T.RobertaConfig,
                _ROBERTA,
                {**_ROBERTA, **_BERT_LARGE},
            ),
            *_cuts(
                "albert",
                "ALBERT",
                T.AlbertForSequenceClassification,
                T.AlbertConfig,
                _ALBERT_BASE,
                _BERT_LARGE,
            ),
            # trained with an exit behind every layer; a static ElasticBERT is a BERT
            *_cuts("elasticbert", "ElasticBERT", T.BertForSequenceClassification, T.BertConfig, {}, _BERT_LARGE),
            Architecture("distilbert", "DistilBERT", T.DistilBertForSequenceClassification, T.DistilBertConfig, {}),
            _bert("tinybert-4", "TinyBERT-4L-312", **_TINYBERT_4),
            _bert("tinybert-6", "TinyBERT-6L-768", num_hidden_layers=6),
            Architecture(
                "mobilebert",
                "MobileBERT",
                T.MobileBertForSequenceClassification,
                T.MobileBertConfig,
                {"classifier_activation": False},  # as google/mobilebert-uncased: the pooler takes the first token
            ),
            Architecture("squeezebert", "SqueezeBERT", T.SqueezeBertForSequenceClassification, T.SqueezeBertConfig, {}),
            # encoder and decoder both read the text, the answer is read off its last token
            Architecture(
                "t5-small", "T5-small", T.T5ForSequenceClassification, T.T5Config, {"decoder_start_token_id": 0}
            ),
            Architecture("fnet-base", "FNet-base", T.FNetForSequenceClassification, T.FNetConfig, {}),
            Architecture("fnet-large", "FNet-large", T.FNetForSequenceClassification, T.FNetConfig, _FNET_LARGE),
        )
    }
)
"""By name."""
