"""DeeBERT, end to end on a tiny backbone: a frozen encoder, trained ramps, and exits that a plain loop confirms."""

import json
from collections.abc import Callable
from math import exp, log
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.layers.multi_exit import MultiExit, split
from baselines.methods import deebert
from baselines.recipe import Request
from harness.findings import ParetoNLPError
from harness.submission import read_manifest
from harness.tasks import task

SAID: list[str] = []
TEXTS = [
    {"sentence1": first, "sentence2": second}
    for first in ("ba be bi", "fo fu", "la ke mi go du")
    for second in ("ba fo", "fo fu", "gi le bo ka mu du", "de")
]


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, backbone: Backbone) -> Path:
    """The points built by default, asked for on mrpc and stsb."""
    folder = tmp_path_factory.mktemp("deebert")
    return deebert.build(
        Request(
            name="deebert-tiny",
            backbone_name="tiny-bert",
            tasks=(task("elue/mrpc"), task("elue/stsb")),
            out=folder / "deebert-tiny",
            cache=folder / "cache",
            data_dir=data_dir,
            say=SAID.append,
        ),
        backbone,
    )


def trained(folder: Path, name: str) -> dict[str, torch.Tensor]:
    (state,) = (folder.parent / "cache/training").glob(f"{name}-*/model.safetensors")
    return load_file(state)


def test_the_manifest_names_every_threshold_and_no_dataset_of_scores(built: Path) -> None:
    points = read_manifest(built / "submission.yaml").manifest.points
    assert {point.name: point.options for point in points} == {
        **{f"entropy-{h}": {"rule": "entropy", "threshold": h} for h in (0.05, 0.2, 0.4, 0.6)},
        "full": {"rule": "full"},
    }
    assert {tuple(point.weights.items()) for point in points} == {(("mrpc", "weights/entropy-0.05/mrpc.safetensors"),)}
    assert "stsb: left out, for scores have no entropy" in SAID
    assert list(json.loads((built / "assets/datasets.json").read_text())) == ["mrpc"]


def test_stage_two_trains_the_ramps_and_nothing_else(built: Path, backbone: Backbone) -> None:
    """Name by name, the encoder and the last ramp are the dense model's, to the last bit."""
    dense, after = trained(built, "dense-mrpc"), trained(built, "deebert-mrpc")
    for name, tensor in after.items():
        stage, part, rest = name.split(".", 2)
        if part == "head":
            before = dense["encoder.bert." + rest if rest.startswith("pooler") else "encoder." + rest]
            assert torch.equal(tensor, before) == (stage == "2"), name
        elif part == "layer":
            assert torch.equal(tensor, dense[f"encoder.bert.encoder.layer.{stage}.{rest}"]), name
        else:
            assert torch.equal(tensor, dense[f"encoder.bert.embeddings.{rest.removeprefix('look_up.')}"]), name
    assert len(after) == len(dense) + 2 * 4  # two more ramps


def test_full_answers_as_the_dense_model(built: Path, backbone: Backbone) -> None:
    model = import_model(built)
    stages = [stage.eval() for stage in model.build_stages("mrpc", rule="full")]
    torch.nn.ModuleList(stages).load_state_dict(load_file(built / "weights/entropy-0.05/mrpc.safetensors"))
    dense = BertForSequenceClassification.from_pretrained(backbone.source).eval()
    dense.load_state_dict(
        {name.removeprefix("encoder."): tensor for name, tensor in trained(built, "dense-mrpc").items()}
    )
    for text in TEXTS:
        inputs = {name: torch.tensor([ids]) for name, ids in model.encode(text, "mrpc").items()}
        state = inputs
        with torch.no_grad():
            for stage in stages:
                state = stage(dict(state))
                assert not state["exit"]
            assert torch.allclose(state["logits"], dense(**inputs).logits, atol=5e-3)  # stored as fp16


@pytest.mark.parametrize("threshold", [0.55, 0.6])
def test_a_sample_leaves_by_the_first_ramp_under_the_threshold(
    built: Path, backbone: Backbone, threshold: float
) -> None:
    """Against the model that training held, all of its exits at once, and equation 2 in plain Python."""
    model = import_model(built)
    published = load_file(built / "weights/entropy-0.05/mrpc.safetensors")
    stages = [stage.eval() for stage in model.build_stages("mrpc", rule="entropy", threshold=threshold)]
    torch.nn.ModuleList(stages).load_state_dict(published)
    held = MultiExit(split(BertForSequenceClassification(backbone.config))).eval()
    held.load_state_dict(published)
    left = set()
    for text in TEXTS:
        inputs = {name: torch.tensor([ids]) for name, ids in model.encode(text, "mrpc").items()}
        with torch.no_grad():
            every = held(**inputs)[0].tolist()
            state, said = inputs, []
            for stage in stages:
                state = stage(dict(state))
                said.append(bool(state["exit"]))
        for exit_, row in zip(said[:-1], every, strict=False):
            total = sum(map(exp, row))
            entropy = log(total) - sum(x * exp(x) for x in row) / total
            assert exit_ == (entropy < threshold)
            left.add(exit_)
        assert state["logits"][0].tolist() == pytest.approx(every[-1], abs=1e-4)
    assert left == {True, False}  # else nothing was tried


def test_the_loss_is_the_sum_over_all_ramps_but_the_last() -> None:
    even, sure, wrong = [0.0, 0.0], [log(3), 0.0], [-9.0, 9.0]
    logits = torch.tensor([[even, sure, wrong]])
    assert deebert.ramp_loss(logits, torch.tensor([0])).item() == pytest.approx(log(2) + log(4 / 3))


def test_an_epoch_is_judged_by_the_ramps_together() -> None:
    """The mean of the log-probabilities of 1/2 and 3/4, and of 1/2 and 1/4; the last exit has no say."""
    batch = SimpleNamespace(inputs={"logits": torch.tensor([[[0.0, 0.0], [log(3), 0.0], [-9.0, 9.0]]])})
    (answer,) = deebert.RAMPS.logits(lambda logits: logits, batch).tolist()
    assert answer == pytest.approx([(log(1 / 2) + log(3 / 4)) / 2, (log(1 / 2) + log(1 / 4)) / 2])


def test_the_frozen_encoder_keeps_no_graph(backbone: Backbone) -> None:
    network = MultiExit(split(BertForSequenceClassification(backbone.config)))
    deebert.freeze_all_but_ramps(network)
    ids = torch.tensor([[2, 7, 9, 3]])
    hidden = []
    for stage in network:
        stage.layer.register_forward_hook(lambda *event: hidden.append(event[2]))
    deebert.ramp_loss(network(ids, torch.zeros_like(ids)), torch.tensor([1])).backward()
    assert [tensor.requires_grad for tensor in hidden] == [False] * 3
    with_gradient = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    parts = ("pooler.dense.weight", "pooler.dense.bias", "classifier.weight", "classifier.bias")
    assert with_gradient == {f"{stage}.head.{part}" for stage in (0, 1) for part in parts}


@pytest.mark.parametrize("point", ["entropy-0", "entropy-", "entropy--1", "patience-1", "entropy-nan"])
def test_a_point_that_is_none_is_refused_before_training(
    ask: Callable[..., Request], backbone: Backbone, point: str
) -> None:
    with pytest.raises(ParetoNLPError, match="in nats, or full"):
        deebert.build(ask(points=("full", point)), backbone)
    assert not ask().cache.exists()


def test_scores_alone_are_refused(ask: Callable[..., Request], backbone: Backbone) -> None:
    request = ask(tasks=(task("elue/stsb"),))
    with pytest.raises(ParetoNLPError, match="stsb has scores"):
        deebert.build(request, backbone)
    assert not request.cache.exists()
