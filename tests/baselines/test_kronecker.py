"""KroneckerBERT: the nearest products, and the recipe end to end on a tiny backbone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.methods import dense
from baselines.methods.kronecker import build, default_points, nearest_kronecker, optimisation
from baselines.recipe import Request
from harness.findings import ParetoNLPError
from harness.submission.manifest import Manifest
from harness.tasks import task

EXAMPLE = {"sentence1": "ba be bi", "sentence2": "ba fo"}
POINTS = ("k8", "k8-initial", "k5-initial", "k21-initial")


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def request_built(tmp_path_factory: pytest.TempPathFactory, data_dir: Path, backbone: Backbone) -> Request:
    """A request for mrpc that has been built, to be read only."""
    folder = tmp_path_factory.mktemp("kronecker")
    request = Request(
        name="kronecker-tiny",
        backbone_name="tiny-bert",
        tasks=(task("elue/mrpc"),),
        out=folder / "kronecker-tiny",
        cache=folder / "cache",
        points=POINTS,
        data_dir=data_dir,
        max_train={"": 32},
        say=lambda line: None,
    )
    build(request, backbone)
    return request


def draw(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(rows, columns, dtype=torch.double, generator=torch.Generator().manual_seed(4))


def test_a_product_is_found_again() -> None:
    A, B = draw(3, 2), draw(4, 5)
    found_a, found_b = nearest_kronecker(torch.kron(A, B), (3, 2), (4, 5), terms=1)
    assert torch.allclose(torch.kron(found_a[0], found_b[0]), torch.kron(A, B))


def test_a_worked_product_has_this_order_of_entries() -> None:
    # a_ij b_kl in row (i, k) and column (j, l), by hand: the last row is a21 b21, a21 b22, a22 b21, a22 b22
    W = torch.tensor([[5.0, 6, 10, 12], [7, 8, 14, 16], [15, 18, 20, 24], [21, 24, 28, 32]])
    (A,), (B,) = nearest_kronecker(W, (2, 2), (2, 2), terms=1)
    assert torch.allclose(A / A[0, 0], torch.tensor([[1.0, 2], [3, 4]]), atol=1e-5)
    assert torch.allclose(B / B[0, 0] * 5, torch.tensor([[5.0, 6], [7, 8]]), atol=1e-5)
    assert A.norm().item() == pytest.approx(B.norm().item(), rel=1e-5)  # both halves of sigma


@pytest.mark.parametrize("terms", [1, 2, 5])
@pytest.mark.parametrize(("a", "b"), [((3, 4), (4, 2)), ((6, 2), (2, 4)), ((12, 8), (1, 1)), ((1, 1), (12, 8))])
def test_the_error_is_the_tail_of_the_singular_values(a: tuple[int, int], b: tuple[int, int], terms: int) -> None:
    terms = min(terms, a[0] * a[1], b[0] * b[1])
    W = draw(12, 8)
    A, B = nearest_kronecker(W, a, b, terms)
    formed = sum(torch.kron(A[i], B[i]) for i in range(terms))
    # R(W), block by block: its rows are the blocks of W
    blocks = [W[i * b[0] : (i + 1) * b[0], j * b[1] : (j + 1) * b[1]] for i in range(a[0]) for j in range(a[1])]
    sigma = torch.linalg.svdvals(torch.stack([block.flatten() for block in blocks]))
    assert torch.allclose((W - formed).norm(), sigma[terms:].square().sum().sqrt(), atol=1e-9)


def test_no_other_product_is_nearer() -> None:
    W = draw(6, 6)
    A, B = (factor[0].clone().requires_grad_() for factor in nearest_kronecker(W, (2, 3), (3, 2), terms=1))
    error = (W - torch.kron(A, B)).square().sum()
    for slope in torch.autograd.grad(error, [A, B]):
        assert slope.abs().max() < 1e-10
    for seed in range(20):
        other = torch.randn(2, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.double)
        # the best B for this A, by least squares
        blocks = W.view(2, 3, 3, 2).transpose(1, 2)
        best = (other[..., None, None] * blocks).sum((0, 1)) / other.square().sum()
        assert (W - torch.kron(other, best)).square().sum() > error


def test_the_paper_s_three_sizes_are_built_when_none_are_named(backbone: Backbone) -> None:
    assert sorted(default_points(backbone)) == ["k21", "k5", "k8"]


def test_the_folder_reads_as_a_submission(request_built: Request) -> None:
    manifest = Manifest.model_validate(yaml.safe_load((request_built.out / "submission.yaml").read_text()))
    assert {point.name: point.options for point in manifest.points} == {
        name: {"shape": name.removesuffix("-initial")} for name in POINTS
    }
    for point in manifest.points:
        assert set(point.weights) == {"mrpc"}
        assert all((request_built.out / file).is_file() for file in point.weights.values())
    assert manifest.sizes == {"num_tokens": 32}
    layers = {"model.py", "classifier.py", "reader.py", "kronecker.py", "kronecker_shapes.py"}
    assert {file.name for file in request_built.out.glob("*.py")} == layers


def test_untrained_points_are_the_nearest_products_of_the_dense_model(
    request_built: Request, backbone_folder: Path
) -> None:
    (teacher,) = request_built.cache.glob("training/dense-mrpc-*/model.safetensors")
    learned = {name.removeprefix("encoder.bert."): tensor for name, tensor in load_file(teacher).items()}
    reference = BertModel(BertConfig.from_pretrained(backbone_folder)).eval()
    for shape, terms in {"k8": 1, "k21": 1, "k5": 4}.items():
        state = load_file(request_built.out / "weights" / f"{shape}-initial" / "mrpc.safetensors")
        state = {name.removeprefix("encoder.bert."): tensor.float() for name, tensor in state.items()}
        formed = {}
        for name in reference.state_dict():
            module = name.removesuffix(".weight")
            if f"{module}.A" not in state:
                formed[name] = state[name]
                assert torch.allclose(state[name], learned[name], atol=1e-2)
                continue
            A, B = state[f"{module}.A"], state[f"{module}.B"]
            pairs = [(A, B)] if A.dim() == 2 else list(zip(A, B, strict=True))
            assert len(pairs) == (1 if "word" in name else terms)
            formed[name] = sum(torch.kron(*pair) for pair in pairs)
            (a_rows, a_columns), (b_rows, b_columns) = pairs[0][0].shape, pairs[0][1].shape
            blocks = learned[name].view(a_rows, b_rows, a_columns, b_columns).transpose(1, 2)
            sigma = torch.linalg.svdvals(blocks.reshape(a_rows * a_columns, -1))
            error = sigma[len(pairs) :].square().sum().sqrt().item()
            assert (learned[name] - formed[name]).norm().item() == pytest.approx(error, abs=0.02), name
        # and the exported model computes what transformers does with the products formed
        reference.load_state_dict(formed)
        model = import_model(request_built.out)
        network = model.build_model("mrpc", shape=shape).eval()
        network.load_state_dict(load_file(request_built.out / "weights" / f"{shape}-initial" / "mrpc.safetensors"))
        inputs = {k: torch.tensor([ids]) for k, ids in model.encode(EXAMPLE, "mrpc", shape=shape).items()}
        with torch.no_grad():
            found = network.encoder.bert(**inputs).last_hidden_state
            assert torch.allclose(found, reference(**inputs).last_hidden_state, atol=1e-3)


def test_a_trained_point_is_what_the_second_stage_left(request_built: Request) -> None:
    (trained,) = request_built.cache.glob("training/kronecker-mrpc-k8-stage-2-*/model.safetensors")
    published = load_file(request_built.out / "weights" / "k8" / "mrpc.safetensors")
    for name, tensor in load_file(trained).items():
        assert torch.equal(published[name], tensor.half()), name
    settings = {
        stage: json.loads(next(request_built.cache.glob(f"training/*k8-stage-{stage}-*/summary.json")).read_text())
        for stage in (1, 2)
    }
    assert {stage: facts["config"]["epochs"] for stage, facts in settings.items()} == {1: 1, 2: 2}
    assert {facts["config"]["learning_rate"] for facts in settings.values()} == {1e-4}


def test_the_first_stage_leaves_the_answer_and_the_second_moves_it(request_built: Request) -> None:
    def weights(pattern: str) -> dict[str, torch.Tensor]:
        (state,) = request_built.cache.glob(pattern)
        return load_file(state)

    start = weights("states/kronecker-mrpc-k8-*.safetensors")
    first, second = (weights(f"training/kronecker-mrpc-k8-stage-{stage}-*/model.safetensors") for stage in (1, 2))
    answer, factor = "encoder.classifier.weight", "encoder.bert.encoder.layer.0.intermediate.dense.B"
    assert torch.equal(start[answer], first[answer])
    assert not torch.equal(first[answer], second[answer])
    assert not torch.equal(start[factor], first[factor])
    assert not torch.equal(first[factor], second[factor])


def test_training_brings_the_student_nearer_to_its_teacher(request_built: Request, backbone: Backbone) -> None:
    (mrpc,) = request_built.tasks
    teacher = dense.teacher(mrpc, backbone, request_built)
    model = import_model(request_built.out)
    ids = torch.tensor([[2, 7, 9, 11, 3, 8, 9, 3]])
    distance = {}
    for point in ("k8-initial", "k8"):
        network = model.build_model("mrpc", shape="k8").eval()
        network.load_state_dict(load_file(request_built.out / "weights" / point / "mrpc.safetensors"))
        with torch.no_grad():
            reached, aim = (
                m.encoder.bert(ids, token_type_ids=torch.zeros_like(ids)).last_hidden_state
                for m in (network, teacher.model)
            )
        distance[point] = (reached - aim).square().mean().item()
    assert distance["k8"] < distance["k8-initial"]


def test_encoders_from_scratch_have_a_rate_of_their_own(
    ask: Callable[..., Request], backbone: Backbone, backbone_folder: Path, tmp_path: Path
) -> None:
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / file).write_bytes((backbone_folder / file).read_bytes())
    scratch = load_backbone(str(tmp_path))
    rates = {
        (shape, source.is_pretrained): optimisation(shape, "mrpc", source, ask()).learning_rate
        for shape in ("k8", "k21")
        for source in (backbone, scratch)
    }
    assert rates == {("k8", True): 1e-4, ("k21", True): 5e-4, ("k8", False): 1e-3, ("k21", False): 1e-3}


@pytest.mark.parametrize("point", ["k7", "initial", "k8-untrained", "k8-initial-initial", ""])
def test_a_point_that_there_is_not_is_refused_before_training(
    ask: Callable[..., Request], backbone: Backbone, point: str
) -> None:
    with pytest.raises(ParetoNLPError, match="k5, k8, k21") as caught:
        build(ask(points=("k8", point)), backbone)
    assert caught.value.findings[0].code == "no-such-point"
    assert not ask().cache.exists()


def test_a_width_that_cannot_be_cut_is_refused_before_training(
    ask: Callable[..., Request], backbone_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "odd-bert"
    BertModel(
        BertConfig(vocab_size=45, hidden_size=24, num_attention_heads=2, intermediate_size=48, num_hidden_layers=1)
    ).save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).write_bytes((backbone_folder / file).read_bytes())
    with pytest.raises(ParetoNLPError, match=r"factorised as k21.*\[24, 24\]") as caught:
        build(ask(points=("k8", "k21")), load_backbone(str(folder)))
    assert caught.value.findings[0].code == "width-does-not-divide"
    assert not ask().cache.exists()
