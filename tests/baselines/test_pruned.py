"""The pruned recipe, end to end on a tiny backbone: a point of each family, and the folder that comes out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import Tensor, nn

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.masks import prunable
from baselines.methods.pruned import build, default_points
from baselines.recipe import Request
from harness import count_flops
from harness.findings import ParetoNLPError
from harness.submission import count_nonzero
from harness.submission.manifest import Manifest
from harness.tasks import task

POINTS = ("global-90", "omp-70", "omp-70-tuned", "imp-20", "tamt-50", "structured-50", "structured-50-tuned")
EXAMPLE = {"sentence1": "ba be bi", "sentence2": "ba fo"}
MATRICES = {45 * 16: 1, 16 * 16: 4 * 3 + 1, 16 * 32: 2 * 3}
"""Elements of a prunable matrix to how many there are of that size."""


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, backbone: Backbone) -> Request:
    folder = tmp_path_factory.mktemp("pruned")
    request = Request(
        name="pruned-tiny",
        backbone_name="tiny-bert",
        tasks=(task("elue/stsb"),),
        points=POINTS,
        out=folder / "pruned-tiny",
        cache=folder / "cache",
        data_dir=data_dir,
        max_train={"": 48},
        say=lambda _: None,
    )
    build(request, backbone)
    return request


def state(built: Request, point: str) -> dict[str, Tensor]:
    return load_file(built.out / "weights" / point / "stsb.safetensors")


def zeros(built: Request, point: str, names: tuple[str, ...]) -> dict[str, Tensor]:
    return {name: state(built, point)[name] == 0 for name in names}


def model(built: Request, point: str) -> nn.Module:
    manifest = Manifest.model_validate(yaml.safe_load((built.out / "submission.yaml").read_text()))
    network = import_model(built.out).build_model("stsb", **manifest.point(point).options)
    network.load_state_dict(state(built, point))
    return network.eval()


@pytest.fixture
def names(built: Request) -> tuple[str, ...]:
    return prunable(model(built, "omp-70"))


def test_only_narrower_points_have_options(built: Request) -> None:
    manifest = Manifest.model_validate(yaml.safe_load((built.out / "submission.yaml").read_text()))
    assert {point.name: point.options for point in manifest.points} == {
        point: {"widths": point} if point.startswith("structured") else {} for point in POINTS
    }


@pytest.mark.parametrize(("point", "share"), [("omp-70", 70), ("omp-70-tuned", 70), ("imp-20", 20), ("tamt-50", 50)])
def test_every_matrix_is_as_sparse_as_the_point_says(
    built: Request, names: tuple[str, ...], point: str, share: int
) -> None:
    found = zeros(built, point, names)
    sizes: dict[int, int] = {}
    for mask in found.values():
        sizes[mask.numel()] = sizes.get(mask.numel(), 0) + 1
        assert int(mask.sum()) == round(mask.numel() * share / 100)
    assert sizes == MATRICES
    # what the harness prices the effective FLOPs by
    counted = count_nonzero(built.out / "weights" / point / "stsb.safetensors")
    assert sum(counted[name] for name in names) == sum(
        count * (size - round(size * share / 100)) for size, count in MATRICES.items()
    )


def test_global_shares_are_of_all_matrices_together(built: Request, names: tuple[str, ...]) -> None:
    found = zeros(built, "global-90", names).values()
    assert sum(int(mask.sum()) for mask in found) == round(0.9 * sum(size * n for size, n in MATRICES.items()))
    assert len({float(mask.float().mean()) for mask in found}) > 3


def test_one_shot_points_are_the_dense_model_but_for_their_zeros(built: Request, names: tuple[str, ...]) -> None:
    (file,) = built.cache.glob("training/dense-stsb-*/model.safetensors")
    dense = load_file(file)
    for point in ("omp-70", "global-90"):
        for name, tensor in state(built, point).items():
            kept = tensor != 0 if name in names else torch.ones_like(tensor, dtype=torch.bool)
            assert torch.equal(tensor[kept], dense[name][kept].half()), name
            smallest = dense[name].abs()[kept].min()
            assert point != "omp-70" or bool((dense[name].abs()[~kept] <= smallest).all())


def test_tuning_moves_weights_and_no_zeros(built: Request, names: tuple[str, ...]) -> None:
    # fp32, as trained: a few steps move weights by less than fp16 shows
    (untuned,) = set(built.cache.glob("states/pruned-stsb-omp-70-*")) - set(built.cache.glob("states/*-tuned-*"))
    (tuned,) = built.cache.glob("states/pruned-stsb-omp-70-tuned-*")
    before, after = load_file(untuned), load_file(tuned)
    assert all(torch.equal(before[name] == 0, after[name] == 0) for name in names)
    assert [name for name in names if torch.equal(before[name], after[name])] == []


def test_iterative_pruning_never_brings_a_weight_back(built: Request, names: tuple[str, ...]) -> None:
    (step,) = built.cache.glob("training/pruned-stsb-imp-step-10-*/model.safetensors")
    first = {name: mask for name, mask in load_file(step).items() if name.endswith(".mask")}
    assert len(first) == len(names)
    for name, gone in zeros(built, "imp-20", names).items():
        kept = first[name.removesuffix(".weight") + ".parametrizations.weight.0.mask"]
        assert not bool((~kept & ~gone).any())


@pytest.mark.parametrize("point", ["structured-50", "structured-50-tuned"])
def test_narrower_models_cost_what_is_left(built: Request, point: str) -> None:
    widths = json.loads((built.out / "assets" / "widths" / point / "stsb.json").read_text())
    heads, neurons = (sum(of_layer) for of_layer in zip(*widths, strict=True))
    assert (heads, neurons) == (3, 48)  # of 6 and 96
    tokens = torch.zeros(1, 9, dtype=torch.long)
    macs = count_flops(model(built, point), {"input_ids": tokens, "token_type_ids": tokens}).macs
    assert macs == 9 * (4 * 16 * 8 * heads + 2 * 16 * neurons) + 2 * 9**2 * 8 * heads + 16 * 16 + 16


@pytest.mark.parametrize("point", ["tamt-50", "structured-50"])
def test_the_folder_answers_as_the_state_in_the_cache_does(built: Request, point: str) -> None:
    kept_as = {"tamt-50": "tamt-50-tuned", "structured-50": "structured-50"}[point]
    (file,) = built.cache.glob(f"states/pruned-stsb-{kept_as}-????????????????.safetensors")
    exported = model(built, point)
    inputs = {name: torch.tensor([ids]) for name, ids in import_model(built.out).encode(EXAMPLE, "stsb").items()}
    answer = exported(**inputs)
    exported.load_state_dict(load_file(file))
    assert torch.allclose(answer, exported(**inputs), atol=1e-2)


def test_a_second_call_trains_nothing(built: Request, backbone: Backbone) -> None:
    lines: list[str] = []
    before = (built.out / "weights.sha256").read_text()
    build(Request(**{**{n: getattr(built, n) for n in built.__slots__}, "say": lines.append}), backbone)
    assert lines
    assert all("trained before" in line for line in lines)
    assert (built.out / "weights.sha256").read_text() == before


def test_a_point_that_is_added_leaves_the_widths_of_others(ask: Callable[..., Request], backbone: Backbone) -> None:
    asked = {"tasks": (task("elue/mrpc"),), "name": "pruned-tiny", "max_train": {"": 8}}
    for point in ("structured-30", "structured-60"):
        out = build(ask(**asked, points=(point,)), backbone)
    assert sorted(file.parent.name for file in out.glob("assets/widths/*/mrpc.json")) == [
        "structured-30",
        "structured-60",
    ]
    assert import_model(out).build_model("mrpc", widths="structured-30")


@pytest.mark.parametrize(
    "point", ["omp-0", "omp-100", "imp-70-tuned", "omp-7.5", "magnitude-50", "omp-070", "structured"]
)
def test_a_point_that_is_none_is_refused_before_training(
    ask: Callable[..., Request], backbone: Backbone, point: str
) -> None:
    with pytest.raises(ParetoNLPError, match="1 to 99 per cent"):
        build(ask(points=("omp-50", point)), backbone)
    assert not ask().cache.exists()


def test_the_points_built_by_default_can_be_built(backbone: Backbone) -> None:
    points = default_points(backbone)
    assert len(set(points)) == 13
    assert {"global-99", "omp-70-tuned", "structured-25-tuned"} < set(points)
