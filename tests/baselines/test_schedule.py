"""How each dataset is trained on; what is too small to learn from alone goes on from another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from baselines.backbone import Backbone, load_backbone
from baselines.methods import dense
from baselines.recipe import Request
from baselines.schedule import fine_tuning, max_length, prior_task
from harness.tasks import task

PROBE_BERT = Path(dense.__file__).parents[1] / "backbones" / "probe-bert"


@pytest.fixture
def pretrained(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture
def from_scratch() -> Backbone:
    return load_backbone(str(PROBE_BERT))


def test_inputs_are_no_longer_than_wanted_nor_than_the_backbone_takes(pretrained: Backbone) -> None:
    assert pretrained.max_tokens == 32
    assert [max_length("mrpc", wanted, pretrained.max_tokens) for wanted in (None, 10, 100)] == [32, 10, 32]
    assert [max_length("sst2", wanted, 512) for wanted in (None, 10, 100)] == [64, 10, 100]


def test_only_a_pretrained_backbone_goes_on_from_another_dataset(pretrained: Backbone, from_scratch: Backbone) -> None:
    assert prior_task("scitail", pretrained) == task("elue/snli")
    assert prior_task("snli", pretrained) is None
    assert prior_task("scitail", from_scratch) is None


def test_deeper_models_from_scratch_learn_more_slowly(from_scratch: Backbone) -> None:
    rates = [fine_tuning("inference", depth, from_scratch, bf16=False, seed=0).learning_rate for depth in (1, 4)]
    assert rates == pytest.approx([2e-3, 5e-4])


def test_precision_and_seed_are_those_that_are_asked_for(pretrained: Backbone) -> None:
    config = fine_tuning("mrpc", 3, pretrained, bf16=True, seed=7)
    assert (config.bf16, config.seed) == (True, 7)


@pytest.fixture
def entailment(tmp_path: Path) -> Path:
    """snli of three classes, 48 pairs; scitail of two, 12 pairs."""
    rng = np.random.default_rng(0)
    for name, classes, rows in (("snli", 3, 48), ("scitail", 2, 12)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for split in ("train", "validation"):
            texts = {
                column: [" ".join(rng.choice(["ba", "be", "bi"], 4)) for _ in range(rows)]
                for column in ("premise", "hypothesis")
            }
            table = pa.table({**texts, "label": rng.integers(0, classes, rows)})
            pq.write_table(table, tmp_path / "data" / name / f"{split}.parquet")
    return tmp_path / "data"


def test_scitail_goes_on_from_the_model_of_snli_with_an_answer_layer_of_its_own(
    ask: Callable[..., Request], pretrained: Backbone, entailment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[str, dict[str, Tensor]] = {}
    ended: dict[str, Path] = {}
    train = dense.fine_tune

    def watched(name: str, model: torch.nn.Module, *rest: Any, **options: Any) -> Path:
        begun[name] = {key: tensor.clone() for key, tensor in model.state_dict().items()}
        ended[name] = train(name, model, *rest, **options)
        return ended[name]

    monkeypatch.setattr(dense, "fine_tune", watched)
    request = ask(tasks=(task("elue/scitail"),), data_dir=entailment, points=("layers-1",), max_train={"snli": 40})
    out = dense.build(request, pretrained)
    assert list(begun) == ["dense-snli-layers-1", "dense-scitail-layers-1"]
    learned, start = load_file(ended["dense-snli-layers-1"]), begun["dense-scitail-layers-1"]
    fresh = pretrained.initial_state(1, 2, request.seed)
    for name, tensor in start.items():
        own = name.startswith("encoder.classifier.")
        assert torch.equal(tensor, fresh[name.removeprefix("encoder.")] if own else learned[name]), name
    assert start["encoder.classifier.weight"].shape == (2, 16)
    assert not torch.equal(
        learned["encoder.bert.pooler.dense.weight"], begun["dense-snli-layers-1"]["encoder.bert.pooler.dense.weight"]
    )
    # what was trained on only to begin with is no part of the submission
    assert [file.name for file in (out / "weights/layers-1").iterdir()] == ["scitail.safetensors"]
    (summary,) = request.cache.glob("training/dense-snli-*/summary.json")
    assert '"rows": 40' in summary.read_text()


def test_scitail_from_scratch_needs_no_snli(
    ask: Callable[..., Request], entailment: Path, from_scratch: Backbone
) -> None:
    (entailment / "snli" / "train.parquet").unlink()
    request = ask(tasks=(task("elue/scitail"),), data_dir=entailment, points=("layers-1",))
    dense.build(request, from_scratch)
    assert len(list((request.cache / "training").iterdir())) == 1
