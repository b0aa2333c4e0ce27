"""A folder is published whole or not at all, and joins what is there of the same code."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from baselines.publishing import publish
from harness.findings import ParetoNLPError
from harness.submission import Manifest, Point

CARDS = {
    "mrpc": {"outputs": 2, "columns": ["sentence1", "sentence2"], "max_length": 128},
    "stsb": {"outputs": 1, "columns": ["sentence1", "sentence2"], "max_length": 128},
}


class Workshop:
    """Drafts and states under one folder; ``publish`` takes {point: {dataset: number that fills its state}}."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "submissions" / "tiny"

    def draft(self, cards: Mapping[str, Any], code: str, assets: Mapping[str, Any]) -> Path:
        folder = self.root / "draft"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "assets").mkdir(parents=True)
        (folder / "model.py").write_text(code)
        for name, facts in {"config.json": {}, "tokenizer.json": {}, "datasets.json": cards, **assets}.items():
            (folder / "assets" / name).parent.mkdir(exist_ok=True, parents=True)
            (folder / "assets" / name).write_text(json.dumps(facts))
        return folder

    def state(self, number: float) -> Path:
        path = self.root / f"{number}.safetensors"
        save_file({"weight": torch.full((3,), float(number)), "steps": torch.tensor(7)}, path)
        return path

    def publish(
        self,
        points: Mapping[str, Mapping[str, float]],
        *,
        code: str = "one",
        options: Mapping[str, Any] | None = None,
        cards: Mapping[str, Any] = CARDS,
        assets: Mapping[str, Any] | None = None,
    ) -> Path:
        datasets = {dataset for states in points.values() for dataset in states}
        draft = self.draft({name: cards[name] for name in datasets}, code, assets or {})
        given = tuple(Point(name=name, options=dict(options or {})) for name in points)
        weights = {
            (name, dataset): self.state(number) for name, states in points.items() for dataset, number in states.items()
        }
        return publish(draft, Manifest(name="tiny", method="dense", points=given), weights, self.out)

    def predict(self, *files: str) -> None:
        for file in files:
            path = self.out / "predictions" / f"{file}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file)

    @property
    def predicted(self) -> set[str]:
        root = self.out / "predictions"
        return {str(file.relative_to(root).with_suffix("")) for file in root.rglob("*.tsv")}

    @property
    def points(self) -> dict[str, dict[str, str]]:
        read = yaml.safe_load((self.out / "submission.yaml").read_text())
        return {point["name"]: point["weights"] for point in read["points"]}

    def number(self, point: str, dataset: str) -> float:
        return load_file(self.out / self.points[point][dataset])["weight"][0].item()

    @property
    def stated(self) -> dict[str, str]:
        lines = (self.out / "weights.sha256").read_text().splitlines()
        return {file: digest for digest, file in (line.split("  ") for line in lines)}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_weights_are_stored_as_fp16_and_stated(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1.5}})
    file = shop.out / "weights/a/mrpc.safetensors"
    state = load_file(file)
    assert (state["weight"].dtype, state["weight"].tolist()) == (torch.float16, [1.5] * 3)
    assert (state["steps"].dtype, state["steps"].item()) == (torch.int64, 7)
    assert shop.stated == {"weights/a/mrpc.safetensors": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_points_of_one_state_share_a_file(shop: Workshop) -> None:
    state = shop.state(1)
    weights = {("a", "mrpc"): state, ("b", "mrpc"): state, ("b", "stsb"): shop.state(2)}
    points = (Point(name="a"), Point(name="b", options={"threshold": 0.5}))
    publish(shop.draft(CARDS, "one", {}), Manifest(name="tiny", method="dense", points=points), weights, shop.out)
    assert shop.points == {
        "a": {"mrpc": "weights/a/mrpc.safetensors"},
        "b": {"mrpc": "weights/a/mrpc.safetensors", "stsb": "weights/b/stsb.safetensors"},
    }
    files = [str(file.relative_to(shop.out)) for file in (shop.out / "weights").rglob("*.safetensors")]
    assert sorted(files) == ["weights/a/mrpc.safetensors", "weights/b/stsb.safetensors"]


def test_points_and_datasets_join_and_predictions_stay(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}})
    shop.predict("a/elue/mrpc", "a/glue/mrpc")
    shop.publish({"b": {"mrpc": 2}})
    shop.publish({"a": {"stsb": 3}})
    assert {point: set(files) for point, files in shop.points.items()} == {"a": {"mrpc", "stsb"}, "b": {"mrpc"}}
    assert [shop.number("a", "mrpc"), shop.number("b", "mrpc"), shop.number("a", "stsb")] == [1, 2, 3]
    assert shop.predicted == {"a/elue/mrpc", "a/glue/mrpc"}
    for file, digest in shop.stated.items():
        assert hashlib.sha256((shop.out / file).read_bytes()).hexdigest() == digest
    assert len(shop.stated) == 3
    assert json.loads((shop.out / "assets/datasets.json").read_text()) == CARDS


def test_what_the_harness_wrote_stays(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}})
    (shop.out / "report.json").write_text("results")
    shop.publish({"b": {"mrpc": 2}})
    assert (shop.out / "report.json").read_text() == "results"


def test_the_same_weights_made_again_keep_their_predictions(shop: Workshop) -> None:
    for _ in range(2):
        shop.publish({"a": {"mrpc": 1, "stsb": 2}})
        shop.predict("a/elue/mrpc", "a/elue/stsb")
    shop.publish({"a": {"mrpc": 1, "stsb": 2}})
    assert shop.predicted == {"a/elue/mrpc", "a/elue/stsb"}


def test_other_weights_drop_the_predictions_of_that_point_on_that_dataset(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1, "stsb": 2}, "b": {"mrpc": 3}})
    shop.predict("a/elue/mrpc", "a/glue/mrpc", "a/elue/stsb", "b/elue/mrpc")
    shop.publish({"a": {"mrpc": 9}})
    assert shop.predicted == {"a/elue/stsb", "b/elue/mrpc"}
    assert [shop.number("a", "mrpc"), shop.number("a", "stsb"), shop.number("b", "mrpc")] == [9, 2, 3]


def test_other_options_drop_all_of_a_point_that_is_not_made_again(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1, "stsb": 2}, "b": {"mrpc": 3}})
    shop.predict("a/elue/mrpc", "a/elue/stsb", "b/elue/mrpc")
    shop.publish({"a": {"mrpc": 1}}, options={"rank": 4})
    assert shop.predicted == {"b/elue/mrpc"}
    assert {point: set(files) for point, files in shop.points.items()} == {"a": {"mrpc"}, "b": {"mrpc"}}


def test_another_card_drops_a_dataset_everywhere_it_is_not_made_again(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1, "stsb": 2}, "b": {"mrpc": 3}})
    shop.predict("a/elue/mrpc", "a/elue/stsb", "b/elue/mrpc")
    shorter = CARDS | {"mrpc": CARDS["mrpc"] | {"max_length": 64}}
    shop.publish({"a": {"mrpc": 1}}, cards=shorter)
    assert shop.predicted == {"a/elue/stsb"}
    assert {point: set(files) for point, files in shop.points.items()} == {"a": {"mrpc", "stsb"}}
    assert json.loads((shop.out / "assets/datasets.json").read_text())["mrpc"]["max_length"] == 64


def test_facts_in_the_assets_join_by_point_and_dataset(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}, "b": {"mrpc": 2}}, assets={"ranks.json": {"a": {"mrpc": [4]}, "b": {"mrpc": [8]}}})
    shop.predict("a/elue/mrpc", "b/elue/mrpc")
    shop.publish({"a": {"stsb": 3}, "b": {"mrpc": 2}}, assets={"ranks.json": {"a": {"stsb": [2]}, "b": {"mrpc": [9]}}})
    facts = json.loads((shop.out / "assets/ranks.json").read_text())
    assert facts == {"a": {"mrpc": [4], "stsb": [2]}, "b": {"mrpc": [9]}}
    assert shop.predicted == {"a/elue/mrpc"}  # the model of b on mrpc is built by other facts


def test_a_fact_of_a_point_is_replaced_and_not_mixed(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}}, assets={"ranks.json": {"a": {"query": 4, "key": 4}}})
    shop.publish({"a": {"mrpc": 2}}, assets={"ranks.json": {"a": {"query": 2}}})
    assert json.loads((shop.out / "assets/ranks.json").read_text()) == {"a": {"query": 2}}


def test_files_of_facts_for_each_dataset_join(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}}, assets={"widths/mrpc.json": [4]})
    shop.predict("a/elue/mrpc")
    shop.publish({"a": {"stsb": 2}}, assets={"widths/stsb.json": [8]})
    assert {file.name for file in (shop.out / "assets/widths").iterdir()} == {"mrpc.json", "stsb.json"}
    assert shop.predicted == {"a/elue/mrpc"}


def test_other_code_replaces_the_folder(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}})
    shop.predict("a/elue/mrpc")
    shop.publish({"b": {"mrpc": 2}}, code="two")
    assert set(shop.points) == {"b"}
    assert shop.predicted == set()
    assert [path.name for path in (shop.out / "weights").iterdir()] == ["b"]


def test_weights_that_a_clone_leaves_out_stay_as_references(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1, "stsb": 2}})
    shop.predict("a/elue/mrpc", "a/elue/stsb")
    before = shop.stated
    shutil.rmtree(shop.out / "weights")
    shop.publish({"a": {"mrpc": 1}, "b": {"mrpc": 3}})
    assert shop.points["a"]["stsb"] == "weights/a/stsb.safetensors"
    assert not (shop.out / "weights/a/stsb.safetensors").exists()
    assert before.items() <= shop.stated.items()
    assert shop.predicted == {"a/elue/mrpc", "a/elue/stsb"}


def test_weights_on_the_hub_stay_with_their_predictions(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}})
    shop.predict("a/elue/mrpc")
    manifest = (shop.out / "submission.yaml").read_text()
    there = "hf://org/repo@" + "0" * 40 + "/a.safetensors"
    (shop.out / "submission.yaml").write_text(manifest.replace("weights/a/mrpc.safetensors", there))
    shutil.rmtree(shop.out / "weights")
    (shop.out / "weights.sha256").unlink()
    shop.publish({"a": {"stsb": 2}})
    assert shop.points["a"] == {"mrpc": there, "stsb": "weights/a/stsb.safetensors"}
    assert shop.predicted == {"a/elue/mrpc"}
    assert set(shop.stated) == {"weights/a/stsb.safetensors"}


def test_weights_that_nobody_stated_are_stated_when_they_are_joined(shop: Workshop) -> None:
    shop.publish({"a": {"mrpc": 1}})
    before = shop.stated
    (shop.out / "weights.sha256").unlink()
    shop.publish({"b": {"mrpc": 2}})
    assert before.items() <= shop.stated.items()


def test_a_point_is_dropped_when_the_file_that_it_shared_is_another_now(shop: Workshop) -> None:
    state, points = shop.state(1), (Point(name="a"), Point(name="b"))
    weights = {("a", "mrpc"): state, ("b", "mrpc"): state}
    publish(shop.draft(CARDS, "one", {}), Manifest(name="tiny", method="dense", points=points), weights, shop.out)
    shop.predict("a/elue/mrpc", "b/elue/mrpc")
    shop.publish({"a": {"mrpc": 2}})
    assert set(shop.points) == {"a"}
    assert shop.predicted == set()


@pytest.mark.parametrize("added", [False, True])
def test_points_are_in_the_order_in_which_people_count(shop: Workshop, added: bool) -> None:
    names = ["rank-25", "rank-8", "rank-100", "full"]
    if added:
        for number, name in enumerate(names):
            shop.publish({name: {"mrpc": number}})
    else:
        shop.publish({name: {"mrpc": number} for number, name in enumerate(names)})
    assert list(shop.points) == ["full", "rank-8", "rank-25", "rank-100"]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("broken", ["write_manifest", "join", "save"])
def test_a_failure_on_the_way_leaves_the_old_folder(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    shop.publish({"a": {"mrpc": 1}})
    shop.predict("a/elue/mrpc")
    before = snapshot(shop.out)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(f"baselines.publishing.{broken}", full)
    with pytest.raises(OSError, match="no space"):
        shop.publish({"a": {"mrpc": 2}})
    assert snapshot(shop.out) == before
    assert [path.name for path in shop.out.parent.iterdir()] == ["tiny"]


def test_a_failure_in_the_last_move_brings_the_old_folder_back(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.publish({"a": {"mrpc": 1}})
    before, move = snapshot(shop.out), os.replace

    def fails_once(source: Path, target: Path) -> None:
        if Path(source).name == "new":
            raise OSError("no such luck")
        move(source, target)

    monkeypatch.setattr("baselines.publishing.os.replace", fails_once)
    with pytest.raises(OSError, match="no such luck"):
        shop.publish({"a": {"mrpc": 2}})
    assert snapshot(shop.out) == before


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_submission_is_refused(shop: Workshop, kind: str) -> None:
    work = shop.out / "thesis.tex" if kind == "folder" else shop.out
    work.parent.mkdir(parents=True)
    work.write_text("years of work")
    with pytest.raises(ParetoNLPError, match="Give another --out"):
        shop.publish({"a": {"mrpc": 1}})
    assert work.read_text() == "years of work"


def test_an_empty_folder_is_filled(shop: Workshop) -> None:
    shop.out.mkdir(parents=True)
    shop.publish({"a": {"mrpc": 1}})
    assert set(shop.points) == {"a"}


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("submission.yaml", "name: tiny\nmethod: dense\nponits: []\n", "ponits"),
        ("weights.sha256", "not a digest\n", "64 hexadecimal digits"),
    ],
)
def test_a_submission_that_cannot_be_read_is_said_and_left_alone(
    shop: Workshop, file: str, content: str, said: str
) -> None:
    shop.publish({"a": {"mrpc": 1}})
    (shop.out / file).write_text(content)
    before = snapshot(shop.out)
    with pytest.raises(ParetoNLPError, match=said):
        shop.publish({"b": {"mrpc": 2}})
    assert snapshot(shop.out) == before
