"""The mixing against explicit DFT matrices, the layer against transformers' FNet, costs against closed forms."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import (
    BertConfig,
    ElectraConfig,
    FNetConfig,
    FNetModel,
    PreTrainedConfig,
    RobertaConfig,
    XLMRobertaConfig,
)
from transformers.models.fnet.modeling_fnet import FNetBasicFourierTransform, FNetLayer

from baselines.layers.classifier import Classifier
from baselines.layers.fourier import FourierClassifier, FourierMixing, FourierSublayer
from harness import count_flops

WIDTH, INNER, LAYERS, TOKENS = 16, 40, 3, 7
SHAPE = {
    "vocab_size": 30,
    "hidden_size": WIDTH,
    "intermediate_size": INNER,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "max_position_embeddings": 20,
    "type_vocab_size": 2,
    "initializer_range": 0.3,
}
IDS = torch.arange(2 * TOKENS).reshape(2, TOKENS) + 5
TYPES = (torch.arange(TOKENS) > 3).long().expand(2, TOKENS)


def assets(folder: Path, config: PreTrainedConfig | None = None) -> Path:
    (config or BertConfig(**SHAPE)).save_pretrained(folder)
    return folder


def hidden(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(2))


def dft(size: int) -> np.ndarray:
    """F[j, k] = exp(-2 pi i j k / n)."""
    return np.exp(-2j * np.pi * np.outer(np.arange(size), np.arange(size)) / size)


@pytest.mark.parametrize(("tokens", "width"), [(7, 12), (1, 16), (8, 5)])
def test_mixing_is_the_real_part_between_two_dft_matrices(tokens: int, width: int) -> None:
    x = hidden(3, tokens, width)
    expected = (dft(tokens) @ x.double().numpy() @ dft(width)).real
    assert np.allclose(FourierMixing()(x), expected, atol=1e-4)
    assert np.allclose(FourierMixing()(x), FNetBasicFourierTransform(FNetConfig())(x)[0], atol=1e-5)


def test_mixing_of_bfloat16_rounds_its_result_alone() -> None:
    x = hidden(2, 7, 12).bfloat16()
    expected = (dft(7) @ x.double().numpy() @ dft(12)).real
    mixed = FourierMixing()(x)
    assert mixed.dtype == torch.bfloat16
    assert np.allclose(mixed.float(), expected, rtol=2**-8, atol=1e-4)


def test_a_layer_is_a_layer_of_transformers_fnet_of_the_same_weights(tmp_path: Path) -> None:
    torch.manual_seed(4)
    ours = FourierClassifier(2, assets=assets(tmp_path)).layers[0].eval()
    theirs = FNetLayer(FNetConfig(**{**SHAPE, "hidden_act": "gelu"})).eval()
    for norm in (theirs.fourier.output.LayerNorm, theirs.output.LayerNorm):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    weights = theirs.state_dict()
    ours.load_state_dict(
        {name.replace("fourier.output.LayerNorm", "attention.norm"): weights[name] for name in weights}
    )
    x = hidden(2, TOKENS, WIDTH)
    assert torch.allclose(ours(x), theirs(x)[0], atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        BertConfig(**SHAPE),
        ElectraConfig(**SHAPE, embedding_size=8),
        RobertaConfig(**SHAPE),
        XLMRobertaConfig(**SHAPE),
    ],
    ids=lambda config: config.model_type,
)
def test_the_top_layers_of_every_family_attend_and_those_below_mix(tmp_path: Path, config: PreTrainedConfig) -> None:
    model = FourierClassifier(3, attention=1, assets=assets(tmp_path, config)).eval()
    assert [isinstance(layer.attention, FourierSublayer) for layer in model.layers] == [True, True, False]
    assert model(IDS, TYPES).shape == (2, 3)
    names = {name for name, _ in model.layers[0].named_parameters() if name.startswith("attention")}
    assert names == {"attention.norm.weight", "attention.norm.bias"}
    # a sample's answer is its own, and other tokens have a part in it
    assert torch.allclose(model(IDS, TYPES)[:1], model(IDS[:1], TYPES[:1]), atol=1e-5)
    other = IDS.clone()
    other[0, -1] = 4
    assert not torch.allclose(model(other, TYPES)[0], model(IDS, TYPES)[0], atol=1e-3)


def test_with_attention_in_all_layers_it_is_the_dense_model(tmp_path: Path) -> None:
    model = FourierClassifier(2, 2, attention=2, assets=assets(tmp_path)).eval()
    dense = Classifier(2, 2, assets=tmp_path).eval()
    dense.load_state_dict(model.state_dict())
    assert torch.equal(model(IDS, TYPES), dense(IDS, TYPES))


def test_a_padded_batch_is_refused_and_a_full_mask_changes_nothing(tmp_path: Path) -> None:
    model = FourierClassifier(2, attention=1, assets=assets(tmp_path)).eval()
    mask = torch.ones_like(IDS)
    assert torch.equal(model(IDS, TYPES, attention_mask=mask), model(IDS, TYPES))
    mask[1, -1] = 0
    with pytest.raises(ValueError, match="one length a batch"):
        model(IDS, TYPES, attention_mask=mask)


def test_it_trains_in_bfloat16(tmp_path: Path) -> None:
    torch.manual_seed(5)
    model = FourierClassifier(2, attention=1, assets=assets(tmp_path)).eval()
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(IDS, TYPES)
    assert torch.allclose(logits.float(), model(IDS, TYPES), atol=0.1)
    logits.float().sum().backward()
    assert all(parameter.grad is not None for parameter in model.layers.parameters())


def test_mixing_costs_a_fast_fourier_transform_and_no_macs() -> None:
    cost = count_flops(FourierMixing(), {"hidden": torch.zeros(1, 100, 768, device="meta")})
    points = 100 * 768
    assert cost.macs == 0
    assert cost.flops == pytest.approx(5 * points * math.log2(points), abs=1)
    assert not cost.unpriced


@pytest.mark.parametrize("attention", [0, 1])
def test_macs_are_those_of_feed_forward_attention_and_head(tmp_path: Path, attention: int) -> None:
    with torch.device("meta"):
        model = FourierClassifier(2, attention=attention, assets=assets(tmp_path))
        ids = torch.zeros(1, TOKENS, dtype=torch.long)
    cost = count_flops(model, {"input_ids": ids, "token_type_ids": ids})
    feed_forward = 2 * TOKENS * WIDTH * INNER  # 8 N d^2 where the inner width is 4 d
    attended = 4 * TOKENS * WIDTH**2 + 2 * TOKENS**2 * WIDTH
    head = WIDTH**2 + 2 * WIDTH  # pooler and answer layer, on the first token
    assert cost.macs == LAYERS * feed_forward + attention * attended + head
    mixing = [work.flops for name, work in cost.by_module.items() if name.endswith("attention.mixing")]
    points = TOKENS * WIDTH
    assert mixing == pytest.approx([5 * points * math.log2(points)] * (LAYERS - attention), abs=1)
    assert not cost.unpriced


def test_sizes_at_base_are_those_of_fnet_base(tmp_path: Path) -> None:
    config = BertConfig(vocab_size=32000, type_vocab_size=4)
    with torch.device("meta"):
        ours = FourierClassifier(2, assets=assets(tmp_path, config))
        theirs = FNetModel(FNetConfig())

    def size(module: nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    for layer in ours.layers:
        assert size(layer) == 4_722_432 + 2 * 2 * 768  # feed-forward and two norms
    projection = 768 * 768 + 768  # behind FNet's embeddings; BERT has none
    assert size(ours.encoder.base_model) + projection == size(theirs) == pytest.approx(82.86e6, abs=5e3)
