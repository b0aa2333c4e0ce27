"""PABEE, end to end on a tiny backbone; its exits are held against transformers' models and a loop in plain Python."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import exp, log
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import BertConfig, BertForSequenceClassification

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.methods import pabee
from baselines.recipe import Request
from baselines.states import write_state
from harness.findings import ParetoNLPError
from harness.submission import read_manifest
from harness.tasks import task

WEIGHTS = "patience-1"
"""All points have those of the first."""

TEXTS = [
    {"sentence1": first, "sentence2": second}
    for first in ("ba be bi", "fo fu", "la ke mi go du")
    for second in ("ba fo", "fo fu", "gi le bo ka mu du", "de")
]

Answers = list[tuple[int, list[float], dict[str, list[int]]]]
"""Of every text: the exit it left by, the logits there, and its inputs."""


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, backbone: Backbone) -> Path:
    """The points built by default, on mrpc and stsb."""
    folder = tmp_path_factory.mktemp("pabee")
    return pabee.build(
        Request(
            name="pabee-tiny",
            backbone_name="tiny-bert",
            tasks=(task("elue/mrpc"), task("elue/stsb")),
            out=folder / "pabee-tiny",
            cache=folder / "cache",
            data_dir=data_dir,
            say=lambda _: None,
        ),
        backbone,
    )


RUNS = {
    "patience": ("mrpc", {"rule": "patience", "threshold": 1}),
    "confidence": ("mrpc", {"rule": "confidence", "threshold": 0.83}),
    "full": ("mrpc", {"rule": "full"}),
    "scores": ("stsb", {"rule": "patience", "threshold": 1}),
}
TOLERANCE = 0.6
"""So wide that some of the scores of so small a model hold."""


@pytest.fixture(scope="module")
def answers(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    """What the folder's own code makes of the texts, driven as the contract says, run by run."""
    folder = shutil.copytree(built, tmp_path_factory.mktemp("copy") / "pabee-tiny")
    (folder / "assets/exits/stsb.json").write_text(json.dumps({"tolerance": TOLERANCE}))
    model = import_model(folder)
    answers: dict[str, Answers] = {}
    for run, (dataset, options) in RUNS.items():
        stages = [stage.eval() for stage in model.build_stages(dataset, **options)]
        torch.nn.ModuleList(stages).load_state_dict(load_file(folder / f"weights/{WEIGHTS}/{dataset}.safetensors"))
        encoded = [model.encode(text, dataset, **options) for text in TEXTS]
        answers[run] = [(*leave(stages, inputs), inputs) for inputs in encoded]
    return answers


def leave(stages: Sequence[torch.nn.Module], inputs: dict[str, list[int]]) -> tuple[int, list[float]]:
    """How many stages ran, and the logits of the last of them."""
    state = {name: torch.tensor([ids]) for name, ids in inputs.items()}
    ran = 0
    for stage in stages:
        ran += 1
        with torch.inference_mode():
            state = stage(dict(state))
        if state["exit"]:
            break
    return ran, state["logits"][0].tolist()


def logits_of_all_exits(built: Path, dataset: str, backbone: Backbone, answers: Answers) -> list[list[list[float]]]:
    """By transformers: a BERT of as many layers as lie before the exit, with the exit for its pooler and classifier."""
    state = load_file(built / f"weights/{WEIGHTS}/{dataset}.safetensors")
    models = []
    for depth in range(1, backbone.config.num_hidden_layers + 1):
        cut = {}
        for name, tensor in state.items():
            stage, part, rest = name.split(".", 2)
            if part == "embeddings":
                cut[f"bert.embeddings.{rest.removeprefix('look_up.')}"] = tensor.float()
            elif part == "layer" and int(stage) < depth:
                cut[f"bert.encoder.layer.{stage}.{rest}"] = tensor.float()
            elif part == "head" and int(stage) == depth - 1:
                cut[f"bert.{rest}" if rest.startswith("pooler") else rest] = tensor.float()
        config = BertConfig.from_pretrained(
            backbone.source, num_hidden_layers=depth, num_labels=len(cut["classifier.bias"])
        )
        models.append(BertForSequenceClassification(config).eval())
        models[-1].load_state_dict(cut)
    batches = [{name: torch.tensor([ids]) for name, ids in inputs.items()} for _, _, inputs in answers]
    with torch.no_grad():
        return [[model(**batch).logits[0].tolist() for model in models] for batch in batches]


def patient_exit(holds: Sequence[bool], patience: int) -> int:
    """Section 3 of the paper; ``holds`` says of each exit after the first whether its answer is the one before's."""
    count = 0
    for number, held in enumerate(holds, start=2):
        count = count + 1 if held else 0
        if count == patience:
            return number
    return len(holds) + 1


def test_the_manifest_names_every_rule(built: Path) -> None:
    manifest = read_manifest(built / "submission.yaml").manifest
    assert {point.name: point.options for point in manifest.points} == {
        "patience-1": {"rule": "patience", "threshold": 1},
        "confidence-0.7": {"rule": "confidence", "threshold": 0.7},
        "confidence-0.9": {"rule": "confidence", "threshold": 0.9},
        "confidence-0.99": {"rule": "confidence", "threshold": 0.99},
        "full": {"rule": "full"},
    }
    for point in manifest.points:
        scores = set() if point.name.startswith("confidence") else {"stsb"}
        assert set(point.weights) == {"mrpc", *scores}
    assert len({file for point in manifest.points for file in point.weights.values()}) == 2  # one a dataset
    assert len((built / "model.py").read_text().splitlines()) < 40
    assert json.loads((built / "assets/exits/stsb.json").read_text()) == {"tolerance": 0.1}
    assert [file.name for file in (built / "assets/exits").iterdir()] == ["stsb.json"]


def test_the_weights_are_those_of_the_training(built: Path) -> None:
    for dataset in ("mrpc", "stsb"):
        (trained,) = (built.parent / "cache/training").glob(f"pabee-{dataset}-*/model.safetensors")
        published = load_file(built / f"weights/{WEIGHTS}/{dataset}.safetensors")
        left = load_file(trained)
        assert published.keys() == left.keys()
        assert all(torch.equal(published[name], tensor.half()) for name, tensor in left.items())
        heads = [left[f"{stage}.head.classifier.weight"] for stage in range(3)]
        assert not torch.equal(heads[0], heads[1])
        assert not torch.equal(heads[1], heads[2])


@pytest.mark.parametrize("run", RUNS)
def test_samples_leave_where_a_plain_loop_leaves(
    built: Path, backbone: Backbone, answers: dict[str, Answers], run: str
) -> None:
    left = set()
    every_exit = logits_of_all_exits(built, RUNS[run][0], backbone, answers[run])
    for (number, logits, _), every in zip(answers[run], every_exit, strict=True):
        classes = [row.index(max(row)) for row in every]
        sure = [max(map(exp, row)) / sum(map(exp, row)) > 0.83 for row in every]
        expected = {
            "patience": patient_exit([a == b for a, b in pairwise(classes)], 1),
            "confidence": [*sure[:-1], True].index(True) + 1,
            "full": 3,
            "scores": patient_exit([abs(now[0] - before[0]) < TOLERANCE for before, now in pairwise(every)], 1),
        }[run]
        assert number == expected
        assert logits == pytest.approx(every[number - 1], abs=1e-4)
        left.add(number)
    assert len(left) > 1 or run == "full"  # else nothing was tried


def test_the_joint_loss_weighs_an_exit_by_its_depth() -> None:
    classes = torch.tensor([[[0.0, 0.0], [log(3), 0.0]]])  # probabilities of class 0: 1/2, 3/4
    assert pabee.joint_loss(classes, torch.tensor([0])).item() == pytest.approx((log(2) + 2 * log(4 / 3)) / 3)
    scores = torch.tensor([[[1.0], [5.0]]])  # off by 1 and by 3
    assert pabee.joint_loss(scores, torch.tensor([2.0], dtype=torch.float64)).item() == pytest.approx((1 + 2 * 9) / 3)


def test_an_epoch_is_judged_by_its_last_exit() -> None:
    batch = SimpleNamespace(inputs={"input_ids": torch.tensor([[[1.0, 2.0], [4.0, 3.0]]])})
    assert pabee.JOINT.logits(lambda input_ids: input_ids, batch).tolist() == [[4.0, 3.0]]


def test_default_points_can_all_leave_early_but_one() -> None:
    twelve = SimpleNamespace(config=SimpleNamespace(num_hidden_layers=12))
    points = pabee.default_points(twelve)
    assert points[:10] == tuple(f"patience-{patience}" for patience in range(1, 11))
    assert points[10:] == ("confidence-0.7", "confidence-0.9", "confidence-0.99", "full")


@pytest.mark.parametrize("point", ["patience-0", "patience-3", "patience-x", "confidence-1", "confidence-9", "fully"])
def test_a_point_that_is_none_is_refused_before_training(
    ask: Callable[..., Request], backbone: Backbone, point: str
) -> None:
    with pytest.raises(ParetoNLPError, match="patience-1 to patience-2"):
        pabee.build(ask(points=("patience-1", point)), backbone)
    assert not ask().cache.exists()


def test_scores_alone_have_no_confidence(ask: Callable[..., Request], backbone: Backbone) -> None:
    request = ask(tasks=(task("elue/stsb"),), points=("full", "confidence-0.9"))
    with pytest.raises(ParetoNLPError, match="stsb has scores"):
        pabee.build(request, backbone)
    assert not request.cache.exists()
    out = pabee.build(replace(request, points=(), max_train={"": 8}), backbone)
    points = read_manifest(out / "submission.yaml").manifest.points
    assert [point.name for point in points] == ["full", "patience-1"]


def test_scitail_goes_on_from_snli_with_a_new_answer(
    ask: Callable[..., Request], backbone: Backbone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Three classes before, two after: all of the encoder and the poolers are taken over, the answers are not."""
    trained: list[str] = []

    def remember(name: str, network: torch.nn.Module, *_: object, **__: object) -> Path:
        trained.append(name)
        if name == "pabee-snli":
            path = tmp_path / "snli.safetensors"
            write_state({key: torch.full_like(tensor, 7) for key, tensor in network.state_dict().items()}, path)
            return path
        remembered.update(network.state_dict())
        raise KeyboardInterrupt

    remembered: dict[str, Tensor] = {}
    monkeypatch.setattr(pabee, "fine_tune", remember)
    of_classes = SimpleNamespace(train=SimpleNamespace(gold=np.array([0, 1])))
    monkeypatch.setattr(pabee, "load_lesson", lambda *_: of_classes)
    with pytest.raises(KeyboardInterrupt):
        pabee.build(ask(tasks=(task("elue/scitail"),)), backbone)
    assert trained == ["pabee-snli", "pabee-scitail"]
    fresh = {name for name, tensor in remembered.items() if not (tensor == 7).all()}
    assert fresh == {f"{stage}.head.classifier.{part}" for stage in range(3) for part in ("weight", "bias")}
