"""What a recipe is asked: examples and caps by dataset, the card's text, and what is missing is said."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from baselines.backbone import load_backbone
from baselines.methods.dense import build
from baselines.recipe import Request, describe, load_lesson, no_such_point
from harness.findings import ParetoNLPError, fail
from harness.tasks import task

Ask = Callable[..., Request]


def length_of(row: dict[str, str]) -> dict[str, list[int]]:
    return {"input_ids": [1] * len(row["sentence1"].split())}


def write_mrpc(folder: Path, **rows: int) -> Path:
    (folder / "mrpc").mkdir(parents=True)
    for split, count in rows.items():
        # the n-th sentence has n + 1 words, so that a row is known by its length
        texts = {"sentence1": ["ba " * (row + 1) for row in range(count)], "sentence2": ["be"] * count}
        labels = [row % 2 for row in range(count)]
        columns = {name: pa.array(column, pa.string()) for name, column in texts.items()}
        table = pa.table({**columns, "label": pa.array(labels, pa.int64())})
        pq.write_table(table, folder / "mrpc" / f"{split}.parquet")
    return folder


def test_examples_are_the_training_split_and_the_validation_split(ask: Ask, tmp_path: Path) -> None:
    data = write_mrpc(tmp_path / "data", train=7, validation=3)
    lesson = load_lesson(task("elue/mrpc"), length_of, 5, ask(data_dir=data))
    assert lesson.train.lengths == [1, 2, 3, 4, 5, 6, 7]
    assert lesson.train.gold.tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert lesson.validation.lengths == [1, 2, 3]
    assert lesson.pad_token == 5


def test_a_tenth_is_held_out_where_the_validation_split_is_scored(ask: Ask, tmp_path: Path) -> None:
    lesson = load_lesson(task("glue/mrpc"), length_of, 0, ask(data_dir=write_mrpc(tmp_path / "data", train=25)))
    assert lesson.validation.lengths == [10, 20]
    assert sorted(lesson.train.lengths + lesson.validation.lengths) == list(range(1, 26))


@pytest.mark.parametrize(
    ("caps", "most"),
    [({}, None), ({"": 20}, 20), ({"imdb": 5}, None), ({"mrpc": 5}, 5), ({"": 20, "mrpc": 5, "imdb": 7}, 5)],
)
def test_a_cap_by_name_goes_before_the_cap_of_all(ask: Ask, caps: dict[str, int], most: int | None) -> None:
    assert ask(max_train=caps).most_examples("mrpc") == most


def test_a_cap_draws_from_all_of_the_training_split(ask: Ask, tmp_path: Path) -> None:
    data = write_mrpc(tmp_path / "data", train=400, validation=2)
    lengths = load_lesson(task("elue/mrpc"), length_of, 0, ask(data_dir=data, max_train={"": 40})).train.lengths
    assert len(set(lengths)) == 40
    assert 150 < np.mean(lengths) < 250


def test_a_dataset_of_two_tasks_is_trained_on_once(ask: Ask) -> None:
    tasks = tuple(task(f"glue/{name}") for name in ("mnli", "mrpc", "mnli-mm"))
    assert [one.id for one in ask(tasks=tasks).trained_tasks] == ["glue/mnli", "glue/mrpc"]


@pytest.mark.parametrize(
    ("caps", "text"),
    [
        ({}, ""),
        ({"": 20000}, " Training examples: at most 20,000 of each dataset."),
        ({"": 20000, "imdb": 4000}, " Training examples: at most 20,000 of each dataset, 4,000 of imdb."),
        ({"imdb": 400, "boolq": 300}, " Training examples: at most 300 of boolq, 400 of imdb."),
    ],
)
def test_the_card_says_on_how_much_was_trained(ask: Ask, caps: dict[str, int], text: str) -> None:
    points = {"rank-8": {"rank": 8}, "full": {}}
    manifest = describe(
        ask(max_train=caps), "low-rank", points, {"num_tokens": 32}, title="T", description="What it is."
    )
    assert manifest.description == f"What it is. Inputs are cut at 32 tokens.{text}"
    assert [(point.name, point.options) for point in manifest.points] == [("rank-8", {"rank": 8}), ("full", {})]
    assert (manifest.name, manifest.method, manifest.backbone, manifest.title, manifest.sizes) == (
        "dense-tiny",
        "low-rank",
        "tiny-bert",
        "T",
        {"num_tokens": 32},
    )


@pytest.mark.parametrize(
    ("most", "wanted", "text"),
    [
        (512, None, " Inputs are cut at 128 tokens, those of sst2 at 64, those of imdb at 256."),
        (128, None, " Inputs are cut at 128 tokens, those of sst2 at 64."),
        (512, 40, " Inputs are cut at 40 tokens."),
        (None, None, ""),
    ],
)
def test_the_card_says_where_texts_are_cut(ask: Ask, most: int | None, wanted: int | None, text: str) -> None:
    request = ask(tasks=(task("elue/mrpc"),), max_length=wanted)
    manifest = describe(request, "low-rank", {"full": {}}, {"num_tokens": most}, title="T", description="What it is.")
    assert manifest.description == f"What it is.{text}"


def test_a_point_that_is_none_is_said_with_those_that_are() -> None:
    error = no_such_point("rank-0", "rank-1 to rank-99")
    assert "'rank-0'" in str(error)
    assert "rank-1 to rank-99" in str(error)
    assert "--points" in str(error)


def test_a_task_without_training_data_is_said_by_file(
    ask: Ask, backbone_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise fail("unreachable", "the Hub cannot be reached.")

    monkeypatch.setattr("harness.tasks.hub.hub_table", unreachable)
    data = write_mrpc(tmp_path / "data", test=4)
    request = ask(tasks=(task("elue/mrpc"),), data_dir=data, points=("layers-1",))
    with pytest.raises(ParetoNLPError, match=r"mrpc, split train, is not there") as caught:
        build(request, load_backbone(str(backbone_folder)))
    assert caught.value.findings[0].file == str(data / "mrpc" / "train.parquet")
    assert "has test of mrpc" in str(caught.value)
    assert not request.out.exists()


@pytest.mark.parametrize(("rows", "caps"), [(9, {}), (50, {"mrpc": 9})])
def test_too_few_examples_to_hold_some_out_are_said(ask: Ask, tmp_path: Path, rows: int, caps: dict[str, int]) -> None:
    request = ask(data_dir=write_mrpc(tmp_path / "data", train=rows), max_train=caps)
    with pytest.raises(ParetoNLPError, match=r"mrpc has 9 training examples.*10 at least"):
        load_lesson(task("glue/mrpc"), length_of, 0, request)
