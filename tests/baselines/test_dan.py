"""The deep averaging network's recipe, end to end under a tiny teacher."""

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import nn

from baselines.backbone import Backbone, load_backbone
from baselines.drafting import import_model
from baselines.examples import Examples, Lesson
from baselines.methods import dan, dense
from baselines.methods.dan import build, default_points
from baselines.recipe import Request
from baselines.states import load_state, write_state
from harness.findings import ParetoNLPError
from harness.submission.manifest import Manifest
from harness.tasks import task

MRPC, SST2 = task("elue/mrpc"), task("elue/sst2")
WHOLE, CUT, NARROW = "ngrams-100k-width-8", "ngrams-30-width-8", "ngrams-30-width-6"
OPTIONS = {WHOLE: {"ngrams": 100_000, "width": 8}, CUT: {"ngrams": 30, "width": 8}}
RARE = ["quokka", "Zanzibar", "didn't"]
Ask = Callable[..., Request]


def write_sst2(folder: Path, seed: int = 0) -> None:
    """Texts that the teacher's tokenizer knows in part; positive where they begin with ba."""
    rng = np.random.default_rng(seed)
    for split, rows in {"train": 40, "validation": 10, "test": 10}.items():
        texts = [" ".join([*rng.choice(["ba", "be", "fo"], 4), *rng.permutation(RARE)[:2]]) for _ in range(rows)]
        (folder / "sst2").mkdir(parents=True, exist_ok=True)
        table = pa.table({"sentence": texts, "label": [int(text.startswith("ba")) for text in texts]})
        pq.write_table(table, folder / "sst2" / f"{split}.parquet")


@pytest.fixture(scope="module")
def backbone(backbone_folder: Path) -> Backbone:
    return load_backbone(str(backbone_folder))


@pytest.fixture(scope="module")
def request_(built_request: Request, backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Request]:
    """A request that has been built, of a pair and a single text; the dense model of pairs is in its cache."""
    folder = tmp_path_factory.mktemp("dan")
    shutil.copytree(built_request.cache, folder / "cache")
    shutil.copytree(built_request.data_dir, folder / "data")
    write_sst2(folder / "data")
    request = replace(
        built_request,
        name="dan-tiny",
        tasks=(MRPC, SST2),
        out=folder / "dan-tiny",
        cache=folder / "cache",
        data_dir=folder / "data",
        points=tuple(OPTIONS),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dan, "DISTILLING", replace(dan.DISTILLING, epochs=2))
        patch.setattr(dan, "TUNING", replace(dan.TUNING, epochs=1))
        build(request, backbone)
        yield request


def codes(folder: Path, dataset: str) -> list[bytes]:
    """The hashes of a dataset's n-grams, by rank."""
    content = (folder / f"assets/ngrams/{dataset}-100000.hashes").read_bytes()
    return [content[place : place + 8] for place in range(0, len(content), 8)]


def ids(text: str, known: list[bytes]) -> list[int]:
    """Ids of the known n-grams of a text in lower case, without punctuation."""
    words = text.split()
    ngrams = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 4, len(words)) + 1)}
    digests = {hashlib.blake2b(ngram.encode(), digest_size=8).digest() for ngram in ngrams}
    return [rank + 2 for rank, code in enumerate(known) if code in digests]


def loaded(folder: Path, point: str, dataset: str) -> nn.Module:
    network = import_model(folder).build_model(dataset, **OPTIONS[point])
    manifest = Manifest.model_validate(yaml.safe_load((folder / "submission.yaml").read_text()))
    found = manifest.point(point)
    assert found is not None
    return load_state(network, folder / found.weights[dataset])


def answer(folder: Path, point: str, dataset: str, **texts: str) -> np.ndarray:
    """Logits of the exported folder for a text."""
    encoded = import_model(folder).encode(texts, dataset, **OPTIONS[point])
    network = loaded(folder, point, dataset)
    with torch.no_grad():
        return network(**{name: torch.tensor([numbers]) for name, numbers in encoded.items()})[0].numpy()


def test_the_folder_reads_as_a_submission(request_: Request) -> None:
    manifest = Manifest.model_validate(yaml.safe_load((request_.out / "submission.yaml").read_text()))
    assert {point.name: point.options for point in manifest.points} == OPTIONS
    assert manifest.sizes == {"num_ngrams": None, "num_ngrams_1": None, "num_ngrams_2": None}
    assert manifest.method == "dan"
    for point in manifest.points:
        assert all((request_.out / point.weights[dataset]).is_file() for dataset in ("mrpc", "sst2"))
    assert len((request_.out / "weights.sha256").read_text().splitlines()) == 4


def test_the_folder_answers_as_the_trained_table_does(request_: Request) -> None:
    """Written out in numpy, on the state that the training left."""
    (trained,) = request_.cache.glob("training/dan-sst2-100000-width-8-????????????????/model.safetensors")
    state = {name: tensor.double().numpy() for name, tensor in load_file(trained).items()}
    text = "ba be quokka ba fo didn't"
    mean = state["encoder.table.weight"][ids(text, codes(request_.out, "sst2"))].mean(axis=0)
    h = np.maximum(0, state["encoder.hidden.weight"] @ mean + state["encoder.hidden.bias"])
    expected = state["answer.weight"] @ h + state["answer.bias"]
    found = answer(request_.out, WHOLE, "sst2", sentence="Ba, be QUOKKA: ba fo didn't!")
    np.testing.assert_allclose(found, expected, atol=2e-3)  # stored as fp16


@pytest.mark.parametrize("dataset", ["mrpc", "sst2"])
def test_a_cut_table_is_the_first_rows_of_the_whole_one(request_: Request, dataset: str) -> None:
    whole, cut = (loaded(request_.out, point, dataset).state_dict() for point in (WHOLE, CUT))
    assert cut["encoder.table.weight"].shape == (32, 8)
    assert len(whole["encoder.table.weight"]) == 2 + len(codes(request_.out, dataset)) > 100
    for name, tensor in cut.items():
        assert torch.equal(tensor, whole[name][: len(tensor)]), name


def test_texts_whose_ngrams_all_survive_are_answered_as_before(request_: Request) -> None:
    known = codes(request_.out, "sst2")
    for survives, text in ((True, "fo"), (True, "unheard of"), (False, "ba be quokka ba fo didn't")):
        assert (ids(text, known[:30]) == ids(text, known)) == survives
        whole, cut = (answer(request_.out, point, "sst2", sentence=text) for point in (WHOLE, CUT))
        assert np.array_equal(whole, cut) == survives


def test_no_text_leaves_the_house(request_: Request) -> None:
    files = [file for file in request_.out.rglob("*") if file.is_file()]
    assert {file.name for file in files if file.parent.name == "assets"} == {"datasets.json", "vocabularies.json"}
    for file in files:
        content = file.read_bytes().lower()
        assert not any(word.lower().encode() in content for word in RARE), file


def test_a_folder_that_is_alone_needs_nothing_of_ours(request_: Request) -> None:
    for file in request_.out.glob("*.py"):
        assert not re.search(r"^\s*(from|import) (baselines|harness)", file.read_text(), re.MULTILINE)
    assert len((request_.out / "model.py").read_text().splitlines()) < 40


def test_a_second_call_trains_and_answers_nothing(request_: Request, backbone: Backbone) -> None:
    lines: list[str] = []
    before = (request_.out / "weights.sha256").read_text()
    build(replace(request_, say=lines.append), backbone)
    assert len(lines) == 2 * 3  # two datasets: the teacher, the distilled student, the fine-tuned one
    assert all("trained before" in line for line in lines)
    assert (request_.out / "weights.sha256").read_text() == before


Calls = list[tuple[str, Lesson, dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """Trainings that are asked for; none is done."""
    asked: Calls = []

    def record(name: str, model: nn.Module, lesson: Lesson, config: object, **how: Any) -> Path:
        asked.append((name, lesson, {"config": config, **how}))
        path = tmp_path / "trained" / f"{name}-{len(asked)}" / "model.safetensors"
        write_state(model.state_dict(), path)
        return path

    monkeypatch.setattr(dan, "fine_tune", record)
    return asked


def test_the_teacher_is_learned_on_all_texts_and_the_labels_where_there_are_some(
    ask: Ask, backbone: Backbone, calls: Calls
) -> None:
    request = ask(tasks=(MRPC,), max_train={"": 20}, points=(CUT, WHOLE))
    build(request, backbone)
    (first, soft, how), (second, hard, then) = calls
    assert (first, second) == ("dan-mrpc-100000-width-8-distilled", "dan-mrpc-100000-width-8")
    assert (len(soft.train), len(hard.train)) == (48, 20)
    assert how["objective"].key.startswith("stored logits, labels 0,")
    assert "objective" not in then
    assert hard.train.teacher_logits is None
    assert soft.train.inputs[:20] == hard.train.inputs
    assert len(soft.validation) == len(hard.validation) == 16

    teacher = dense.teacher(MRPC, backbone, request)
    for row in (0, 7, 19):
        sample = {name: torch.tensor([numbers]) for name, numbers in teacher.lesson.train.inputs[row].items()}
        with torch.no_grad():
            expected = teacher.model.cpu()(**sample)[0]
        np.testing.assert_allclose(soft.train.teacher_logits[row], expected, atol=1e-5)


def test_texts_without_labels_fill_up_to_a_number(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask(max_train={"": 20})
    sizes = {}
    for most in (67_000, 30, 20, 5):
        monkeypatch.setattr(dan, "MOST_TEXTS", most)
        corpus = dan._corpus(MRPC, request)
        assert [*corpus.texts.inputs[:20]] == corpus.lesson.train.inputs
        assert len({tuple(sample.values()) for sample in corpus.texts.inputs}) == len(corpus.texts)
        sizes[most] = len(corpus.texts)
    assert sizes == {67_000: 48, 30: 30, 20: 20, 5: 20}


def test_texts_that_the_epoch_is_chosen_by_are_not_learned_from(ask: Ask) -> None:
    corpus = dan._corpus(task("glue/mrpc"), ask(max_train={"": 40}))
    held_out = [tuple(sample.values()) for sample in corpus.lesson.validation.inputs]
    assert len(held_out) == 4
    assert len(corpus.texts) == 44
    assert not {tuple(sample.values()) for sample in corpus.texts.inputs} & {*held_out}


def test_points_of_other_ngrams_are_not_kept(
    ask: Ask, backbone: Backbone, calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def taught(task: object, corpus: dan.Corpus, *_: object) -> Examples:
        return replace(corpus.texts, teacher_logits=np.zeros((len(corpus.texts), 2), np.float32))

    monkeypatch.setattr(dan, "_taught", taught)

    def points(seed: int, *asked: str) -> set[str]:
        write_sst2(tmp_path / "data", seed)
        out = build(ask(tasks=(SST2,), data_dir=tmp_path / "data", points=asked), backbone)
        return {point["name"] for point in yaml.safe_load((out / "submission.yaml").read_text())["points"]}

    assert points(0, NARROW) == {NARROW}
    assert points(0, CUT) == {CUT, NARROW}
    assert points(1, WHOLE) == {WHOLE}
    assert points(1, "ngrams-200k-width-8") == {WHOLE, "ngrams-200k-width-8"}
    assert [name for name, *_ in calls[1::2]] == [
        "dan-sst2-100000-width-6",
        "dan-sst2-100000-width-8",
        "dan-sst2-100000-width-8",
        "dan-sst2-200000-width-8",
    ]


@pytest.mark.parametrize(
    "point", ["ngrams-10k", "ngrams-0-width-8", "ngrams-k-width-8", "ngrams-10-width-08", "ngrams-1k-width-64-tuned"]
)
def test_a_point_that_says_no_sizes_is_refused_before_training(ask: Ask, backbone: Backbone, point: str) -> None:
    with pytest.raises(ParetoNLPError, match="such as ngrams-10k-width-64"):
        build(ask(points=(CUT, point)), backbone)
    assert not ask().cache.exists()


def test_the_default_points_are_two_sizes_at_two_widths(backbone: Backbone) -> None:
    shapes = [dan._shape(point) for point in default_points(backbone)]
    assert {(shape.ngrams, shape.width) for shape in shapes} == {
        (ngrams, width) for ngrams in (100_000, 10_000) for width in (256, 64)
    }
    assert {shape.trained.ngrams for shape in shapes} == {100_000}
