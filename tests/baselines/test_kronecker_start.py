import math
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertModel

from baselines.kronecker_start import start_of, starts
from baselines.layers.classifier import LINEARS
from baselines.layers.kronecker_shapes import SHAPES

K8 = SHAPES["k8"]


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.double, generator=torch.Generator().manual_seed(2))


def test_of_a_product_nothing_is_lost() -> None:
    # of rank 8 x 2, where a matrix of rank (64 + 4) // 32 = 2 has as many parameters
    found = start_of(torch.kron(draw(8, 8), draw(2, 2)), "attention.self.query", K8)
    assert found.kept == (64 + 4) / 256
    assert found.error == pytest.approx(0, abs=1e-7)
    assert found.optimum == pytest.approx(0, abs=1e-7)
    assert found.low_rank > 0.1


def test_the_errors_are_those_of_the_eckart_young_theorem() -> None:
    W = draw(32, 16)  # A [8, 2], B [4, 8]
    found = start_of(W, "intermediate.dense", K8)
    # each row a block of W
    R = W.numpy().reshape(8, 4, 2, 8).swapaxes(1, 2).reshape(16, 32)
    sigma = np.linalg.svd(R, compute_uv=False)
    assert found.error == pytest.approx(math.sqrt(1 - sigma[0] ** 2 / np.square(sigma).sum()))
    assert found.optimum == pytest.approx(found.error)
    U, S, Vt = np.linalg.svd(W.numpy())
    rank = (16 + 32) // (32 + 16)
    cut = (U[:, :rank] * S[:rank]) @ Vt[:rank]
    assert found.low_rank == pytest.approx(np.linalg.norm(W.numpy() - cut) / np.linalg.norm(W.numpy()))


def test_noise_has_the_largest_singular_value_of_the_bai_yin_law() -> None:
    # rearranged, [128 x 128, 2 x 2]: sigma is near sqrt(16384) + sqrt(4), and the norm near sqrt(16384 x 4)
    found = start_of(draw(256, 256), "attention.self.query", K8)
    expected = math.sqrt(1 - (128 + 2) ** 2 / (16384 * 4))
    assert found.noise == pytest.approx(expected, abs=0.01)
    assert found.error == pytest.approx(expected, abs=0.01)  # it was drawn so, too


def test_every_kind_of_matrix_has_the_mean_over_the_layers(backbone_folder: Path) -> None:
    encoder = BertModel.from_pretrained(backbone_folder)
    found = dict(starts(encoder, K8))
    assert tuple(found) == LINEARS
    weights = [layer.output.dense.weight.detach().double() for layer in encoder.encoder.layer]
    errors = [start_of(W, "output.dense", K8).error for W in weights]
    assert found["output.dense"].error == pytest.approx(sum(errors) / len(errors))
