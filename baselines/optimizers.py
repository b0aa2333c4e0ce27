"""Optimizers beside the Trainer's own."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Adam, Optimizer, SparseAdam


class AdamWithSparseTables(Optimizer):
    """SparseAdam on embedding tables with sparse gradients, Adam on everything else, as one optimizer.

    SparseAdam moves only the rows that a batch has looked up, and their moments: a step costs what the batch
    does, not what the table does. State, groups, and their saving and loading are those of any torch optimizer.
    """

    def __init__(self, model: nn.Module, learning_rate: float) -> None:
        tables = [
            module.weight
            for module in model.modules()
            if isinstance(module, nn.Embedding | nn.EmbeddingBag) and module.sparse
        ]
        others = [parameter for parameter in model.parameters() if not any(parameter is table for table in tables)]
        self._parts = SparseAdam(tables, lr=learning_rate), Adam(others, lr=learning_rate)
        super().__init__([group for part in self._parts for group in part.param_groups], {})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> Any:
        """One step of each part, on its group and the state of all."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part, group in zip(self._parts, self.param_groups, strict=True):
            part.param_groups, part.state = [group], self.state  # loading a state replaces both
            part.step()
        return loss


def with_sparse_tables(learning_rate: float) -> Callable[[nn.Module], Optimizer]:
    """What makes an ``AdamWithSparseTables`` of a model."""

    def adam_with_sparse_tables(model: nn.Module) -> Optimizer:
        return AdamWithSparseTables(model, learning_rate)

    return adam_with_sparse_tables
