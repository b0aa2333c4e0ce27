"""The dense recipe, end to end on a tiny backbone: the folder that comes out is a submission."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import BertForSequenceClassification

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.methods.dense import build
from baselines.recipe import Request
from harness.findings import ParetoNLPError
from harness.submission.manifest import Manifest
from harness.tasks import task

EXAMPLE = {"sentence1": "ba be bi", "sentence2": "ba fo"}

RELOAD = """
import importlib.util, json, sys
from safetensors.torch import load_file
import torch
spec = importlib.util.spec_from_file_location("model", sys.argv[1] + "/model.py")
model = importlib.util.module_from_spec(spec)
sys.path.insert(0, sys.argv[1])
spec.loader.exec_module(model)
assert not any(name.split(".")[0] in ("harness", "baselines") for name in sys.modules)
network = model.build_model("mrpc", num_layers=2).eval()
network.load_state_dict(load_file(sys.argv[1] + "/weights/layers-2/mrpc.safetensors"))
inputs = model.encode(json.loads(sys.argv[2]), "mrpc", num_layers=2)
with torch.no_grad():
    print(network(**{name: torch.tensor([ids]) for name, ids in inputs.items()}).tolist())
"""


@pytest.fixture
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture
def built(built_request: Request) -> Path:
    return built_request.out


def test_the_folder_reads_as_a_submission(built: Path) -> None:
    manifest = Manifest.model_validate(yaml.safe_load((built / "submission.yaml").read_text()))
    assert [(point.name, point.options) for point in manifest.points] == [
        ("layers-2", {"num_layers": 2}),
        ("layers-3", {"num_layers": 3}),
    ]
    assert manifest.sizes == {"num_tokens": 32}
    assert manifest.backbone == "tiny-bert"
    for point in manifest.points:
        assert set(point.weights) == {"mrpc", "stsb"}
        assert all((built / file).is_file() for file in point.weights.values())
    subprocess.run(["sha256sum", "--strict", "-c", "weights.sha256"], cwd=built, check=True, capture_output=True)
    assert len((built / "weights.sha256").read_text().splitlines()) == 4


def test_whoever_may_read_the_files_may_enter_the_folder(built: Path) -> None:
    assert built.stat().st_mode == (built / "assets").stat().st_mode


def test_a_fresh_process_gets_the_logits_of_the_trained_model(
    built: Path, built_request: Request, backbone_folder: Path
) -> None:
    out = subprocess.run(
        [sys.executable, "-c", RELOAD, str(built), json.dumps(EXAMPLE)],
        cwd=built,
        check=True,
        capture_output=True,
        text=True,
    )
    # the reference is transformers' own class and tokenizer, with the state that the training left
    (state,) = built_request.cache.glob("training/dense-mrpc-layers-2-*/model.safetensors")
    trained = {name.removeprefix("encoder."): tensor for name, tensor in load_file(state).items()}
    model = BertForSequenceClassification.from_pretrained(backbone_folder, num_hidden_layers=2).eval()
    model.load_state_dict(trained)
    words = (backbone_folder / "vocab.txt").read_text().splitlines()
    tokens = ["[CLS]", "ba", "be", "bi", "[SEP]", "ba", "fo", "[SEP]"]
    ids = torch.tensor([[words.index(token) for token in tokens]])
    with torch.no_grad():
        logits = model(input_ids=ids, token_type_ids=torch.tensor([[0] * 5 + [1] * 3])).logits
    assert np.allclose(json.loads(out.stdout), logits, atol=2e-3)  # stored as fp16


def test_encode_and_build_inputs_agree_on_names_shapes_and_types(built: Path) -> None:
    model = import_model(built)
    for dataset in ("mrpc", "stsb"):
        encoded = model.encode(EXAMPLE, dataset, num_layers=3)
        inputs = model.build_inputs(dataset, {"num_tokens": len(encoded["input_ids"])}, num_layers=3)
        assert encoded.keys() == inputs.keys()
        for name, ids in encoded.items():
            assert torch.tensor([ids]).shape == inputs[name].shape
            assert torch.tensor([ids]).dtype == inputs[name].dtype


def test_num_layers_cuts_the_model_and_the_dataset_sets_its_width(built: Path) -> None:
    model = import_model(built)
    for dataset, width in {"mrpc": 2, "stsb": 1}.items():
        for layers in (1, None):
            network = model.build_model(dataset, num_layers=layers)
            assert len(network.encoder.bert.encoder.layer) == (layers or 3)
            assert network(**model.build_inputs(dataset, {"num_tokens": 4})).shape == (1, width)


def test_padding_changes_no_answer(built: Path) -> None:
    model = import_model(built)
    network = model.build_model("mrpc", num_layers=3).eval()
    ids = torch.tensor([[2, 7, 9, 3]])
    alone = network(ids, torch.zeros_like(ids))
    padded = torch.nn.functional.pad(ids, (0, 5))
    together = network(padded, torch.zeros_like(padded), attention_mask=(padded > 0).long())
    assert torch.allclose(alone, together, atol=1e-6)


def test_long_text_is_cut_to_the_longest_input(ask: Callable[..., Request], backbone: Backbone) -> None:
    model = import_model(build(ask(max_length=10, points=("layers-1",)), backbone))
    encoded = model.encode({"sentence1": "ba " * 40, "sentence2": "be " * 40}, "mrpc")
    assert len(encoded["input_ids"]) == 10
    assert set(encoded["token_type_ids"]) == {0, 1}


def test_a_second_call_trains_nothing_and_keeps_the_predictions(
    ask: Callable[..., Request], backbone: Backbone
) -> None:
    out = build(ask(points=("layers-1",)), backbone)
    predictions = out / "predictions" / "layers-1" / "elue" / "mrpc.tsv"
    predictions.parent.mkdir(parents=True)
    predictions.write_text("kept")
    lines: list[str] = []
    build(ask(say=lines.append, points=("layers-1",)), backbone)
    assert len(lines) == 2
    assert all("trained before" in line for line in lines)
    assert predictions.read_text() == "kept"


def test_other_weights_replace_the_folder_and_its_predictions(ask: Callable[..., Request], backbone: Backbone) -> None:
    out = build(ask(points=("layers-1",)), backbone)
    (out / "predictions").mkdir()
    before = (out / "weights.sha256").read_text()
    build(ask(seed=1, points=("layers-1",)), backbone)
    assert not (out / "predictions").exists()
    assert (out / "weights.sha256").read_text() != before
    file = out / "weights/layers-1/mrpc.safetensors"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in (out / "weights.sha256").read_text()
    assert list(out.parent.glob(".dense-tiny*")) == []


def test_a_folder_that_is_no_submission_is_never_replaced(ask: Callable[..., Request], backbone: Backbone) -> None:
    request = ask(tasks=(task("elue/stsb"),), max_train={"": 8}, points=("layers-1",))
    request.out.mkdir()
    (request.out / "thesis.tex").write_text("years of work")
    with pytest.raises(ParetoNLPError, match="Give another --out"):
        build(request, backbone)
    assert [path.name for path in request.out.iterdir()] == ["thesis.tex"]


def test_a_depth_that_the_backbone_has_not_is_refused_before_training(
    ask: Callable[..., Request], backbone: Backbone
) -> None:
    with pytest.raises(ParetoNLPError, match="layers-1 to layers-3"):
        build(ask(points=("layers-2", "layers-4")), backbone)
    assert not ask().cache.exists()


def test_no_epoch_is_chosen_on_the_split_that_is_scored(
    ask: Callable[..., Request], backbone: Backbone, data_dir: Path, tmp_path: Path
) -> None:
    without = tmp_path / "data" / "mrpc"
    without.mkdir(parents=True)
    (without / "train.parquet").symlink_to(data_dir / "mrpc" / "train.parquet")
    request = ask(tasks=(task("glue/mrpc"),), data_dir=tmp_path / "data", points=("layers-1",))
    build(request, backbone)
    (summary,) = request.cache.glob("training/*/summary.json")
    assert json.loads(summary.read_text())["rows"] == 44  # of 48, every tenth is held out
