"""The FNet recipe: what is inherited and learned, and the folder that comes out."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines import schedule, teaching
from baselines.backbone import Backbone, load_backbone
from baselines.drafting import drafting, import_model
from baselines.examples import pad
from baselines.methods import dense, fnet
from baselines.methods.fnet import Shape, alignment, build, default_points, inherited
from baselines.objective import Batch
from baselines.recipe import Request
from harness.findings import ParetoNLPError
from harness.tasks import task

MRPC, STSB = task("elue/mrpc"), task("elue/stsb")


@pytest.fixture
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture
def teacher(built_request: Request, backbone: Backbone) -> dense.Teacher:
    """The fine-tuned mrpc model, which the fixture's cache has."""
    return dense.teacher(MRPC, backbone, built_request)


def student(shape: Shape, request: Request, backbone: Backbone, dataset: str = "mrpc") -> nn.Module:
    with drafting(request, backbone, "fnet") as draft:
        return draft.model.build_model(dataset, **asdict(shape)).eval()


def backbone_of(layers: int, pretrained: bool = True) -> Backbone:
    return SimpleNamespace(config=SimpleNamespace(num_hidden_layers=layers), is_pretrained=pretrained)


@pytest.mark.parametrize(
    ("layers", "points"),
    [
        (12, ("fourier-12", "fourier-6", "hybrid-12-2")),
        (3, ("fourier-3", "fourier-2", "hybrid-3-2")),
        (2, ("fourier-2", "fourier-1", "hybrid-2-1")),
        (1, ("fourier-1",)),
    ],
)
def test_default_points(layers: int, points: tuple[str, ...]) -> None:
    assert default_points(backbone_of(layers)) == points


@pytest.mark.parametrize(
    "point", ["fourier-4", "fourier-0", "fourier", "hybrid-3-3", "hybrid-3", "hybrid-3-0", "layers-2"]
)
def test_a_point_that_cannot_be_is_refused_before_training(
    point: str, ask: Callable[..., Request], backbone: Backbone
) -> None:
    with pytest.raises(ParetoNLPError, match="D is 1 to 3"):
        build(ask(points=("fourier-2", point)), backbone)
    assert not ask().cache.exists()


def test_layers_stand_for_evenly_spaced_ones_of_the_teacher() -> None:
    assert Shape(6, 0).sources(12) == [1, 3, 5, 7, 9, 11]
    assert Shape(4, 0).sources(12) == [2, 5, 8, 11]
    assert Shape(2, 1).sources(3) == [0, 2]
    assert Shape(3, 0).sources(3) == [0, 1, 2]


def test_all_that_fits_is_inherited(teacher: dense.Teacher, built_request: Request, backbone: Backbone) -> None:
    network = student(Shape(2, 1), built_request, backbone)
    network.load_state_dict(inherited(network, teacher.model, [0, 2]))
    mixing, attending = network.layers
    first, _, last = teacher.model.layers
    assert torch.equal(mixing.attention.norm.weight, first.attention.output.LayerNorm.weight)
    assert torch.equal(mixing.output.dense.weight, first.output.dense.weight)
    assert all(torch.equal(mine, attending.state_dict()[name]) for name, mine in last.state_dict().items())
    for part in ("bert.embeddings", "bert.pooler", "classifier"):
        theirs = teacher.model.encoder.get_submodule(part).state_dict()
        mine = network.encoder.get_submodule(part).state_dict()
        assert all(torch.equal(tensor, mine[name]) for name, tensor in theirs.items())


def test_alignment_is_the_squared_error_of_each_layer(
    teacher: dense.Teacher, built_request: Request, backbone: Backbone
) -> None:
    network = student(Shape(2, 0), built_request, backbone)
    inputs = {"input_ids": torch.tensor([[2, 7, 9, 3], [2, 8, 6, 3]]), "token_type_ids": torch.zeros(2, 4).long()}
    seen: dict[str, Tensor] = {}

    def watch(name: str, layer: nn.Module) -> None:
        layer.register_forward_hook(lambda _module, _inputs, output: seen.__setitem__(name, output))

    for place, source in enumerate([0, 2]):
        watch(f"student {place}", network.layers[place])
        watch(f"teacher {place}", teacher.model.layers[source])
    loss = alignment(teacher, [0, 2]).loss(network, Batch(inputs, torch.zeros(2)))
    by_hand = sum(((seen[f"student {place}"] - seen[f"teacher {place}"]) ** 2).mean() for place in (0, 1))
    assert loss.item() == pytest.approx(by_hand.item(), rel=1e-5)
    loss.backward()
    assert all(parameter.grad is None for parameter in teacher.model.parameters())


def test_alignment_of_the_teacher_to_itself_is_nothing(
    teacher: dense.Teacher, built_request: Request, backbone: Backbone
) -> None:
    network = student(Shape(3, 3), built_request, backbone)
    network.load_state_dict(inherited(network, teacher.model, [0, 1, 2]))
    batch = Batch({"input_ids": torch.tensor([[2, 7, 3]]), "token_type_ids": torch.zeros(1, 3).long()}, torch.zeros(1))
    assert alignment(teacher, [0, 1, 2]).loss(network, batch).item() == 0


def test_the_logits_that_are_kept_are_the_teachers_answers(
    ask: Callable[..., Request], teacher: dense.Teacher, backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dense, "teacher", lambda *_: teacher)
    monkeypatch.setattr(teaching, "AT_ONCE", 7)
    train = fnet._teacher(MRPC, backbone, ask()).lesson.train
    for row in range(0, len(train), 5):
        alone = teacher.model(**pad([train.inputs[row]]))[0]
        assert torch.allclose(torch.from_numpy(train.teacher_logits[row]), alone, atol=1e-5)


def test_students_learn_as_long_as_a_dense_model_and_pretrained_ones_faster(
    ask: Callable[..., Request],
) -> None:
    settings = {
        dataset: fnet._tuning(dataset, Shape(6, 0), backbone_of(12), ask()) for dataset in ("sst2", "mrpc", "scitail")
    }
    assert {dataset: config.epochs for dataset, config in settings.items()} == {"sst2": 3, "mrpc": 5, "scitail": 10}
    assert {config.learning_rate for config in settings.values()} == {1e-4}
    scratch = fnet._tuning("probe-sentiment", Shape(2, 0), backbone_of(4, pretrained=False), ask())
    assert (scratch.epochs, scratch.learning_rate, scratch.equal_lengths) == (10, 2e-3 / 2, True)


def test_the_folder_answers_as_the_models_that_were_trained(
    ask: Callable[..., Request], backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(schedule.EPOCHS, "stsb", 1)
    lines: list[str] = []
    points = {"fourier-2": {"num_layers": 2, "attention": 0}, "hybrid-3-1": {"num_layers": 3, "attention": 1}}
    request = ask(tasks=(STSB,), points=tuple(points), max_train={"": 40}, say=lines.append)
    out = build(request, backbone)
    manifest = yaml.safe_load((out / "submission.yaml").read_text())
    assert {point["name"]: point["options"] for point in manifest["points"]} == points
    published = import_model(out)
    for point, options in points.items():
        encoded = published.encode({"sentence1": "ba be bi", "sentence2": "ba fo"}, "stsb", **options)
        inputs = {key: torch.tensor([ids]) for key, ids in encoded.items()}
        network = published.build_model("stsb", **options).eval()
        network.load_state_dict(load_file(out / "weights" / point / "stsb.safetensors"))
        answer = network(**inputs)
        aligned, learned = trained(request, "stsb", Shape(**options))
        assert json.loads((aligned / "summary.json").read_text())["config"]["epochs"] == 1
        network.load_state_dict(load_file(learned / "model.safetensors"))
        assert answer.shape == (1, 1)
        assert torch.allclose(answer, network(**inputs), atol=1e-2)  # stored as fp16
    lines.clear()
    build(request, backbone)
    assert all("trained before" in line for line in lines)


def test_a_dataset_that_comes_after_another_goes_on_from_the_same_point_of_that(
    ask: Callable[..., Request], backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(schedule.AFTER, "stsb", "elue/mrpc")
    monkeypatch.setitem(schedule.EPOCHS, "mrpc", 1)
    monkeypatch.setitem(schedule.EPOCHS, "stsb", 1)
    request, shape = ask(tasks=(STSB,), max_train={"": 40}), Shape(1, 0)
    teacher = fnet._teacher(STSB, backbone, request)
    fresh = student(shape, request, backbone, "stsb")
    first = fnet._first_state(STSB, shape, fresh, teacher, backbone, request)
    learned = load_file(trained(request, "mrpc", shape)[1] / "model.safetensors")
    for name, tensor in first.items():  # mrpc's answer layer has two outputs, stsb's one
        source = teacher.model.state_dict() if "classifier" in name else learned
        assert torch.equal(tensor, source[name]), name


def trained(request: Request, dataset: str, shape: Shape) -> tuple[Path, Path]:
    """The folders of both trainings of a point: aligned, distilled."""
    name = f"fnet-{dataset}-{shape.num_layers}-{shape.attention}"
    (aligned,) = request.cache.glob(f"training/{name}-aligned-*")
    (distilled,) = (folder for folder in request.cache.glob(f"training/{name}-*") if folder != aligned)
    return aligned, distilled
