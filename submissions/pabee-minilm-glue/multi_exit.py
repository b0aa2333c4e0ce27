"""An encoder with an answer behind every layer, as stages that run one after the other until an answer is good enough.

An exit is a copy of the backbone's own head: a pooler of the first token, d x d, and a linear answer, d x C;
d^2 + d C MACs each. No two exits share weights (ElasticBERT's form, arXiv 2110.07038, section 4), so
one state dict, without shared tensors, serves stages and training alike.
"""

import copy
from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from exit_rules import Rule, never


class Embeddings(nn.Module):
    """Token ids [batch, tokens] to hidden states [batch, tokens, d]; ELECTRA's are projected to d."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.look_up = encoder.base_model.embeddings
        self.project = getattr(encoder.base_model, "embeddings_project", nn.Identity())

    def forward(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """Of text and of its two segments."""
        hidden: Tensor = self.project(self.look_up(input_ids=input_ids, token_type_ids=token_type_ids))
        return hidden


class Stage(nn.Module):
    """One layer of the encoder, its exit, and the rule that decides whether to stop; the first stage also embeds."""

    def __init__(self, embeddings: nn.Module | None, layer: nn.Module, head: nn.Module, rule: Rule) -> None:
        super().__init__()
        self.embeddings, self.layer, self.head = embeddings, layer, head
        self.rule = rule

    def forward(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """One sample without padding.

        Args:
            state: the inputs for the first stage; for the others, what the stage before returned.

        Returns:
            ``hidden`` [1, tokens, d], ``logits`` [1, outputs], ``exit`` and whatever else the rule carries on.

        """
        if self.embeddings is None:
            hidden = state["hidden"]
        else:
            hidden = self.embeddings(state["input_ids"], state["token_type_ids"])
        hidden = self.layer(hidden)
        logits = self.head(hidden)
        return {"hidden": hidden, "logits": logits, **self.rule(logits, state)}


def split(encoder: nn.Module, rule: Rule = never) -> list[Stage]:
    """The stages of a transformers model for sequence classification; every exit starts as a copy of its head.

    The last stage has no rule to ask: it is the end.
    """
    layers = list(encoder.base_model.encoder.layer)
    head = _head(encoder)
    return [
        Stage(
            Embeddings(encoder) if layer is layers[0] else None,
            layer,
            copy.deepcopy(head),
            never if layer is layers[-1] else rule,
        )
        for layer in layers
    ]


def _head(encoder: nn.Module) -> nn.Module:
    """Hidden states [batch, tokens, d] to logits [batch, outputs]."""
    pooler = getattr(encoder.base_model, "pooler", None)
    if pooler is None:  # RoBERTa and ELECTRA: the classifier takes the first token itself
        head: nn.Module = encoder.classifier
        return head
    return nn.Sequential(OrderedDict(pooler=pooler, dropout=encoder.dropout, classifier=encoder.classifier))


class MultiExit(nn.ModuleList):
    """Stages as one model that never stops, for training: its state dict is that of ``ModuleList(stages)``."""

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Logits of all exits, [batch, exits, outputs].

        Args:
            input_ids: [batch, tokens].
            token_type_ids: [batch, tokens].
            attention_mask: [batch, tokens], 1 on tokens and 0 on padding; None: no padding.

        """
        attended = None if attention_mask is None else attention_mask[:, None, None, :].bool()
        hidden = self[0].embeddings(input_ids, token_type_ids)
        logits = []
        for stage in self:
            hidden = stage.layer(hidden, attended)
            logits.append(stage.head(hidden))
        return torch.stack(logits, dim=1)
