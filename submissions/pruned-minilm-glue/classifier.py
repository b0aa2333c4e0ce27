"""A transformer encoder with a linear answer on top: what is compressed, and what it is compressed into."""

from pathlib import Path

from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification

ASSETS = Path(__file__).parent / "assets"

LINEARS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""The matrices of a layer, in the order in which an input meets them."""


class Classifier(nn.Module):
    """Token ids [batch, tokens] to logits [batch, classes], or [batch, 1] for a score."""

    def __init__(self, num_outputs: int, num_layers: int | None = None, assets: Path = ASSETS) -> None:
        super().__init__()
        config = AutoConfig.from_pretrained(assets, num_labels=num_outputs)
        config.num_hidden_layers = num_layers or config.num_hidden_layers
        self.encoder = AutoModelForSequenceClassification.from_config(config, attn_implementation="sdpa")

    @property
    def layers(self) -> nn.ModuleList:
        """The encoder's layers, first to last; each holds ``LINEARS``."""
        layers: nn.ModuleList = self.encoder.base_model.encoder.layer
        return layers

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """``attention_mask`` [batch, tokens] is 1 on tokens, 0 on padding; None: no padding."""
        logits: Tensor = self.encoder(
            input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
        ).logits
        return logits
