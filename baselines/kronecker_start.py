"""What is lost where KroneckerBERT starts: how far the nearest Kronecker products are from an encoder's own matrices.

``python -m baselines.kronecker_start BACKBONE`` prints, for each size and kind of matrix, means over the layers: the
share of parameters that is kept; ||W - sum_i A_i (x) B_i|| / ||W||; the least that it can be (the tail of the singular
values of the rearranged W; Van Loan and Pitsianis, 1993); that of a matrix of normal numbers, in which there is
nothing to find; and the same of the best low-rank matrix of as many parameters.
"""

import sys
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from statistics import mean

import torch
from torch import Tensor, nn
from transformers import AutoModel

from baselines.layers.classifier import LINEARS
from baselines.layers.kronecker_shapes import SHAPES, Shape
from baselines.methods.kronecker import nearest_kronecker


@dataclass(frozen=True, slots=True)
class Start:
    """How near one matrix is come to; errors are shares of its Frobenius norm."""

    kept: float
    """Parameters of the factors as a share of the matrix's."""
    error: float
    optimum: float
    """Of any sum of as many products of these shapes."""
    noise: float
    """The optimum of a matrix of independent normal numbers."""
    low_rank: float
    """Of the best matrix of the rank that has as many parameters, rounded down."""


@torch.no_grad()
def start_of(W: Tensor, name: str, shape: Shape) -> Start:
    """How near the products of ``shape`` come to W [rows, columns], which is the matrix ``name`` of a layer."""
    rows, columns = W.shape
    m1, n1, m2, n2 = shape.factors(name, rows, columns)
    A, B = nearest_kronecker(W, (m1, n1), (m2, n2), shape.terms)
    formed = torch.stack([torch.kron(a, b) for a, b in zip(A, B, strict=True)]).sum(dim=0)
    normal = torch.randn(W.shape, dtype=W.dtype, generator=torch.Generator().manual_seed(0))
    rank = (A.numel() + B.numel()) // (rows + columns)
    norm = W.norm().item()
    return Start(
        (A.numel() + B.numel()) / W.numel(),
        (W - formed).norm().item() / norm,
        _tail(_rearranged(W, m2, n2), shape.terms),
        _tail(_rearranged(normal, m2, n2), shape.terms),
        _tail(W, rank),
    )


def _rearranged(W: Tensor, rows: int, columns: int) -> Tensor:
    """Each block [rows, columns] of W as a row."""
    blocks = [block for band in W.split(rows, dim=0) for block in band.split(columns, dim=1)]
    return torch.stack([block.flatten() for block in blocks])


def _tail(M: Tensor, rank: int) -> float:
    """What no matrix of a rank has of M, as a share of its norm (Eckart and Young, 1936)."""
    sigma = torch.linalg.svdvals(M)
    return (sigma[rank:].norm() / sigma.norm()).item()


def starts(encoder: nn.Module, shape: Shape) -> Iterator[tuple[str, Start]]:
    """Each kind of matrix with the means over the encoder's layers."""
    layers = list(encoder.get_submodule("encoder.layer").children())
    for name in LINEARS:
        each = [start_of(layer.get_parameter(f"{name}.weight").double(), name, shape) for layer in layers]
        yield name, Start(*map(mean, zip(*map(astuple, each), strict=True)))


def main() -> None:
    """The command."""
    encoder = AutoModel.from_pretrained(sys.argv[1])
    print("| size | matrix | parameters kept | error | optimum | of noise | low rank |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for size, shape in SHAPES.items():
        for name, found in starts(encoder, shape):
            figures = f"{found.error:.4f} | {found.optimum:.4f} | {found.noise:.4f} | {found.low_rank:.4f}"
            print(f"| {size} | {name} | {found.kept:.3f} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
