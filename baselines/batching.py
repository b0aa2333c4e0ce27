"""Batches of samples of one length, so that nothing is padded."""

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler


class EqualLengths(Sampler[list[int]]):
    """Rows in batches of equal length, at most ``batch_size`` each; drawn anew from torch's generator each pass."""

    def __init__(self, lengths: Sequence[int], batch_size: int) -> None:
        self.batch_size = batch_size
        self.rows: dict[int, list[int]] = {}
        for row, length in enumerate(lengths):
            self.rows.setdefault(length, []).append(row)

    def __len__(self) -> int:
        return sum(-(-len(rows) // self.batch_size) for rows in self.rows.values())

    def __iter__(self) -> Iterator[list[int]]:
        batches = []
        for rows in self.rows.values():
            shuffled = [rows[place] for place in torch.randperm(len(rows)).tolist()]
            batches += [shuffled[start : start + self.batch_size] for start in range(0, len(rows), self.batch_size)]
        return iter([batches[place] for place in torch.randperm(len(batches)).tolist()])
