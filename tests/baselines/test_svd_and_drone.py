"""The low-rank recipes, end to end on a tiny backbone."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import Tensor

from baselines.backbone import Backbone, load_backbone
from baselines.calibration import calibration_rows
from baselines.drafting import import_model
from baselines.layers.classifier import LINEARS
from baselines.methods import drone, svd
from baselines.methods.dense import Teacher, teacher
from baselines.recipe import Request
from harness import count_flops
from harness.findings import ParetoNLPError
from harness.submission.manifest import Manifest
from harness.tasks import task

MRPC = task("elue/mrpc")
D, INNER, LAYERS = 16, 32, 3


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, built_request: Request) -> Path:
    """A folder with a cache in which the dense models are."""
    folder = tmp_path_factory.mktemp("low-rank")
    shutil.copytree(built_request.cache, folder / "cache")
    return folder


Asked = Callable[..., Request]


@pytest.fixture(scope="module")
def ask_here(home: Path, data_dir: Path) -> Asked:
    def asking(method: str, *points: str, **changes: object) -> Request:
        asked = {
            "name": f"{method}-tiny",
            "backbone_name": "tiny-bert",
            "tasks": (MRPC, task("elue/stsb")),
            "points": points,
            "out": home / f"{method}-tiny",
            "cache": home / "cache",
            "data_dir": data_dir,
            "say": lambda line: None,
        }
        return Request(**{**asked, **changes})

    return asking


@pytest.fixture(scope="module")
def dense(ask_here: Asked, backbone: Backbone) -> Teacher:
    return teacher(MRPC, backbone, ask_here("svd"))


@pytest.fixture(scope="module")
def svd_folder(ask_here: Asked, backbone: Backbone) -> Path:
    return svd.build(ask_here("svd", "rank-60", "rank-30", "rank-30-tuned"), backbone)


@pytest.fixture(scope="module")
def drone_folder(ask_here: Asked, backbone: Backbone) -> Path:
    return drone.build(ask_here("drone", "rank-30", "rank-30-tuned", "rank-30-scores", "flops-1.5", "small"), backbone)


def points_of(folder: Path) -> dict[str, dict[str, object]]:
    manifest = Manifest.model_validate(yaml.safe_load((folder / "submission.yaml").read_text()))
    return {point.name: point.options for point in manifest.points}


def loaded(folder: Path, point: str, dataset: str = "mrpc") -> torch.nn.Module:
    """The exported model with the published weights; strict, so the shapes are those of the ranks."""
    network = import_model(folder).build_model(dataset, **points_of(folder)[point])
    network.load_state_dict(load_file(folder / "weights" / point / f"{dataset}.safetensors"))
    return network.eval()


def macs(folder: Path, point: str, tokens: int = 10) -> int:
    module = import_model(folder)
    inputs = module.build_inputs("mrpc", {"num_tokens": tokens})
    return count_flops(module.build_model("mrpc", **points_of(folder)[point]), inputs).macs


def answers(network: torch.nn.Module, dense: Teacher) -> Tensor:
    with torch.no_grad():
        return torch.cat(
            [
                network(**{name: torch.tensor([ids]) for name, ids in sample.items()})
                for sample in dense.lesson.validation.inputs
            ]
        )


def of_training(home: Path, pattern: str) -> dict[str, Tensor]:
    (file,) = (home / "cache").glob(pattern)
    return load_file(file)


def test_points_share_the_architecture_that_their_weights_have(svd_folder: Path, drone_folder: Path) -> None:
    assert points_of(svd_folder) == {
        "rank-60": {"ranks": "rank-60"},
        "rank-30": {"ranks": "rank-30"},
        "rank-30-tuned": {"ranks": "rank-30"},
    }
    ranks = json.loads((svd_folder / "assets/ranks/rank-30/mrpc.json").read_text())
    assert ranks == {f"layer.{number}.{name}": 5 for number in range(LAYERS) for name in LINEARS}
    assert json.loads((drone_folder / "assets/ranks/rank-30/stsb.json").read_text()) == ranks
    wide = json.loads((svd_folder / "assets/ranks/rank-60/mrpc.json").read_text())
    assert wide == {f"layer.{number}.{name}": 10 for number in range(LAYERS) for name in LINEARS[4:]}


def test_a_layer_costs_k_times_m_plus_n_for_every_matrix(svd_folder: Path, drone_folder: Path, dense: Teacher) -> None:
    tokens = 10
    inputs = import_model(svd_folder).build_inputs("mrpc", {"num_tokens": tokens})
    whole = count_flops(dense.model, inputs).macs
    saved = LAYERS * tokens * (4 * (D * D - 5 * 2 * D) + 2 * (D * INNER - 5 * (D + INNER)))
    assert macs(svd_folder, "rank-30") == macs(drone_folder, "rank-30") == whole - saved
    assert macs(svd_folder, "rank-60") == whole - LAYERS * tokens * 2 * (D * INNER - 10 * (D + INNER))
    # small: 25 % of 16 is 4, on attention output and FFN
    saved = LAYERS * tokens * ((D * D - 4 * 2 * D) + 2 * (D * INNER - 4 * (D + INNER)))
    assert macs(drone_folder, "small") == whole - saved
    # scores of 2 features a head: query and key are [4, 16], the scores take 4 products a pair instead of 16
    saved = 2 * (D * D - 4 * D) + 2 * (D * D - 5 * 2 * D) + 2 * (D * INNER - 5 * (D + INNER)) + tokens * (D - 4)
    assert macs(drone_folder, "rank-30-scores") == whole - LAYERS * tokens * saved


def test_svd_keeps_what_numpy_says(svd_folder: Path, dense: Teacher) -> None:
    network = loaded(svd_folder, "rank-30")
    for number in range(LAYERS):
        for name in LINEARS:
            W = dense.model.layers[number].get_submodule(name).weight.detach().numpy()
            U, S, Vh = np.linalg.svd(W, full_matrices=False)
            factors = network.layers[number].get_submodule(name)
            found = (factors.second.weight @ factors.first.weight).detach().numpy()
            assert np.allclose(found, U[:, :5] * S[:5] @ Vh[:5], atol=5e-3)  # stored as fp16


@pytest.mark.parametrize(
    ("method", "point", "state"),
    [
        ("svd", "rank-30", "states/svd-mrpc-rank-30-*.safetensors"),
        ("svd", "rank-30-tuned", "training/svd-mrpc-rank-30-tuned-*/model.safetensors"),
        ("drone", "rank-30", "states/drone-mrpc-rank-30-????????????????.safetensors"),
        ("drone", "rank-30-tuned", "training/drone-mrpc-rank-30-tuned-*/model.safetensors"),
        ("drone", "rank-30-scores", "states/drone-mrpc-rank-30-scores-*.safetensors"),
        ("drone", "flops-1.5", "states/drone-mrpc-flops-1.5-*.safetensors"),
        ("drone", "small", "states/drone-mrpc-small-*.safetensors"),
    ],
)
def test_the_exported_model_answers_as_the_compressed_one(
    request: pytest.FixtureRequest, home: Path, dense: Teacher, method: str, point: str, state: str
) -> None:
    folder = request.getfixturevalue(f"{method}_folder")
    network = loaded(folder, point)
    published = answers(network, dense)
    network.load_state_dict(of_training(home, state))
    assert torch.allclose(published, answers(network, dense), atol=2e-2)  # stored as fp16


def test_tuning_goes_on_from_the_factors_for_a_third_of_the_passes(home: Path, svd_folder: Path) -> None:
    (summary,) = (home / "cache").glob("training/svd-mrpc-rank-30-tuned-*/summary.json")
    config = json.loads(summary.read_text())["config"]
    assert (config["epochs"], config["learning_rate"]) == (2, 5e-5)  # of 5
    before, after = (
        load_file(svd_folder / f"weights/{point}/mrpc.safetensors") for point in ("rank-30", "rank-30-tuned")
    )
    assert before.keys() == after.keys()
    changes = [(after[name].float() - before[name].float()).abs().max().item() for name in before]
    assert 0 < max(changes) < 0.05


def test_drone_is_closer_to_the_dense_model_than_svd_at_equal_cost(
    svd_folder: Path, drone_folder: Path, dense: Teacher
) -> None:
    """The first matrix that is compressed, on the texts it was calibrated on: ||WX - W'X||, where DRONE is the best."""
    rows, _ = calibration_rows(len(dense.lesson.train), seed=0)
    seen: list[Tensor] = []
    linear = dense.model.layers[0].attention.self.query
    hook = linear.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0][0]))
    with torch.no_grad():
        for row in rows:
            dense.model(**{name: torch.tensor([ids]) for name, ids in dense.lesson.train.inputs[row].items()})
        hook.remove()
        X = torch.cat(seen)
        errors = {
            folder.name: torch.linalg.norm(
                loaded(folder, "rank-30").layers[0].attention.self.query(X) - linear(X)
            ).item()
            for folder in (svd_folder, drone_folder)
        }
    tail = torch.linalg.svdvals((X @ linear.weight.detach().T).double())[5:].norm().item()
    assert errors["drone-tiny"] == pytest.approx(tail, rel=1e-2)
    assert errors["drone-tiny"] < errors["svd-tiny"]


def test_a_second_call_compresses_and_trains_nothing(
    ask_here: Asked, backbone: Backbone, drone_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("compressed again")

    monkeypatch.setattr("baselines.methods.drone.compress", never)
    before = {file: file.read_bytes() for file in drone_folder.rglob("*") if file.is_file()}
    lines: list[str] = []
    drone.build(ask_here("drone", "flops-1.5", "rank-30-tuned", say=lines.append), backbone)
    assert all("trained before" in line for line in lines)
    assert {file: file.read_bytes() for file in drone_folder.rglob("*") if file.is_file()} == before


def test_a_search_by_time_says_what_it_does(ask_here: Asked, backbone: Backbone, home: Path) -> None:
    lines: list[str] = []
    folder = drone.build(
        ask_here("drone", "time-3", tasks=(task("elue/stsb"),), say=lines.append, out=home / "timed", name="timed"),
        backbone,
    )
    assert "drone-stsb-time-3: layer 3 of 3 compressed" in "\n".join(lines)
    assert loaded(folder, "time-3", "stsb")(torch.tensor([[2, 7, 3]]), torch.zeros(1, 3, dtype=torch.long)).shape == (
        1,
        1,
    )
    assert json.loads((folder / "assets/ranks/time-3/stsb.json").read_text())


@pytest.mark.parametrize("method", [svd, drone])
@pytest.mark.parametrize("point", ["rank-0", "rank-100", "rank", "layers-2", "tuned", "rank-40-scores-tuned"])
def test_a_point_that_cannot_be_is_refused_before_training(
    method: object, point: str, ask: Callable[..., Request], backbone: Backbone
) -> None:
    with pytest.raises(ParetoNLPError, match="rank-1 to rank-99"):
        method.build(ask(points=("rank-40", point)), backbone)
    assert not ask().cache.exists()


@pytest.mark.parametrize("point", ["flops-1", "time-0.9", "time-1.2-tuned", "flops-", "large"])
def test_a_search_needs_room_for_loss(point: str, ask: Callable[..., Request], backbone: Backbone) -> None:
    with pytest.raises(ParetoNLPError, match="R above 1"):
        drone.build(ask(points=(point,)), backbone)


def test_default_points_are_points_and_compare_at_equal_ranks(backbone: Backbone) -> None:
    assert svd.default_points(backbone) == drone.default_points(backbone)[: len(svd.default_points(backbone))]
    assert drone.default_points(backbone)[-3:] == ("rank-30-scores", "flops-1.2", "time-1.2")


@pytest.mark.parametrize("compress", [svd._compress, partial(drone._compress, seed=0)])
def test_the_dense_model_stays_as_it_was(compress: Callable[..., torch.nn.Module], dense: Teacher) -> None:
    """Points are compressed one after another from the same."""
    before = {name: tensor.clone() for name, tensor in dense.model.state_dict().items()}
    compressed = compress(dense, "rank-20", lambda line: None)
    after = dense.model.state_dict()
    assert after.keys() == before.keys() != compressed.state_dict().keys()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
