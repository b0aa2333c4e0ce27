from pathlib import Path

import pytest
import torch
from transformers import BertModel

from baselines.first_token import layers, variation


def test_variation_is_deviation_over_the_length_of_the_mean() -> None:
    # mean (3, 4), of length 5; variances 2 and 0
    assert variation([torch.tensor([2.0, 4.0]), torch.tensor([4.0, 4.0])]) == pytest.approx(2**0.5 / 5)


def test_every_text_begins_with_the_same_embedding_and_layers_tell_them_apart(backbone_folder: Path) -> None:
    texts = ["ba be bi", "fo fu", "ga ge gi go"]
    found = layers(str(backbone_folder), texts)
    assert len(found) == 1 + len(BertModel.from_pretrained(backbone_folder).encoder.layer)
    assert found[0][0] == pytest.approx(0, abs=1e-6)
    assert all(first > 0.01 for first, _ in found[1:])  # random weights attend everywhere
