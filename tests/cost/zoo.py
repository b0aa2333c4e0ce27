"""Architectures that the cost tests trace: small ``transformers`` configurations with random weights."""

from collections.abc import Callable

import torch
import transformers as T
from torch import Tensor, nn

_SMALL = {
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "vocab_size": 100,
}


def _bert(attention: str) -> nn.Module:
    return T.BertForSequenceClassification(T.BertConfig(**_SMALL, attn_implementation=attention))


MODELS: dict[str, Callable[[], nn.Module]] = {
    "bert-sdpa": lambda: _bert("sdpa"),
    "bert-eager": lambda: _bert("eager"),
    "roberta": lambda: T.RobertaForSequenceClassification(T.RobertaConfig(**_SMALL)),
    "albert": lambda: T.AlbertForSequenceClassification(T.AlbertConfig(**_SMALL, embedding_size=32)),
    "distilbert": lambda: T.DistilBertForSequenceClassification(
        T.DistilBertConfig(n_layers=2, dim=64, n_heads=4, hidden_dim=128, vocab_size=100)
    ),
    "mobilebert": lambda: T.MobileBertForSequenceClassification(
        T.MobileBertConfig(num_hidden_layers=2, vocab_size=100)
    ),
    "squeezebert": lambda: T.SqueezeBertForSequenceClassification(
        T.SqueezeBertConfig(num_hidden_layers=2, vocab_size=100)
    ),
    "electra": lambda: T.ElectraForSequenceClassification(T.ElectraConfig(**_SMALL)),
    "mpnet": lambda: T.MPNetForSequenceClassification(T.MPNetConfig(**_SMALL)),
    "fnet": lambda: T.FNetForSequenceClassification(
        T.FNetConfig(num_hidden_layers=2, hidden_size=64, intermediate_size=128, vocab_size=100)
    ),
    "deberta-v2": lambda: T.DebertaV2ForSequenceClassification(
        T.DebertaV2Config(
            **_SMALL, relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=16, share_att_key=True
        )
    ),
    "convbert": lambda: T.ConvBertForSequenceClassification(T.ConvBertConfig(**_SMALL, embedding_size=64)),
    "xlnet": lambda: T.XLNetForSequenceClassification(
        T.XLNetConfig(n_layer=2, d_model=64, n_head=4, d_inner=128, vocab_size=100)
    ),
    "longformer": lambda: T.LongformerForSequenceClassification(T.LongformerConfig(**_SMALL, attention_window=[8, 8])),
    "gpt2": lambda: T.GPT2LMHeadModel(
        T.GPT2Config(n_layer=2, n_embd=64, n_head=4, vocab_size=100, bos_token_id=1, eos_token_id=2)
    ),
    "llama": lambda: T.LlamaForSequenceClassification(
        T.LlamaConfig(**_SMALL, num_key_value_heads=2, pad_token_id=99)
    ),
    "modernbert": lambda: T.ModernBertForSequenceClassification(
        T.ModernBertConfig(
            **{**_SMALL, "num_hidden_layers": 3},
            **{f"{name}_token_id": number for number, name in enumerate(("pad", "bos", "eos", "cls", "sep"))},
        )
    ),
    "t5": lambda: T.T5ForConditionalGeneration(
        T.T5Config(num_layers=2, d_model=64, d_kv=16, d_ff=128, num_heads=4, vocab_size=100)
    ),
    "led": lambda: T.LEDForConditionalGeneration(
        T.LEDConfig(
            encoder_layers=2, decoder_layers=2, d_model=64, encoder_attention_heads=4, decoder_attention_heads=4,
            encoder_ffn_dim=128, decoder_ffn_dim=128, vocab_size=100, attention_window=[8, 8],
            max_encoder_position_embeddings=256, max_decoder_position_embeddings=128,
        )
    ),
}  # fmt: skip


def inputs_of(name: str, tokens: int) -> dict[str, Tensor]:
    """One sample of so many tokens; encoder-decoders answer with three."""
    generator = torch.Generator().manual_seed(tokens)
    inputs = {"input_ids": torch.randint(5, 90, (1, tokens), generator=generator)}
    if name in ("t5", "led"):
        inputs["decoder_input_ids"] = torch.tensor([[5, 6, 7]])
    return inputs
