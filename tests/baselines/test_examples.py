import numpy as np
import pytest
import torch

from baselines.examples import draw_rows, encode_split, pad
from harness.tasks import dataset
from harness.tasks.types import Split


def test_pad_fills_to_the_longest_and_masks_the_rest() -> None:
    short = {"input_ids": [5, 6], "token_type_ids": [0, 1], "labels": np.int64(1)}
    long = {"input_ids": [7, 8, 9], "token_type_ids": [0, 0, 1], "labels": np.int64(0)}
    batch = pad([short, long], pad_token=4)
    assert batch["input_ids"].tolist() == [[5, 6, 4], [7, 8, 9]]
    assert batch["token_type_ids"].tolist() == [[0, 1, 0], [0, 0, 1]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert batch["labels"].tolist() == [1, 0]
    assert batch["labels"].dtype == torch.int64


def test_scores_stay_floating_so_that_the_loss_is_the_squared_error() -> None:
    batch = pad([{"input_ids": [1], "labels": np.float64(2.5)}])
    assert batch["labels"].is_floating_point()


def test_draw_rows_draws_without_repeats_in_order_and_the_same_each_time() -> None:
    rows = draw_rows(1000, 100, seed=3)
    assert len(set(rows.tolist())) == 100
    assert rows.tolist() == sorted(rows.tolist())
    assert rows.tolist() == draw_rows(1000, 100, seed=3).tolist()
    assert rows.tolist() != draw_rows(1000, 100, seed=4).tolist()


@pytest.mark.parametrize("count", [None, 5, 6])
def test_draw_rows_takes_all_where_there_are_no_more(count: int | None) -> None:
    assert draw_rows(5, count, seed=0).tolist() == [0, 1, 2, 3, 4]


def test_encode_split_hands_each_row_its_texts_and_gold() -> None:
    texts = {"sentence1": ("a", "b", "c"), "sentence2": ("x", "y", "z")}
    split = Split(dataset("mrpc"), "train", texts, np.array([0, 1, 1]), "")
    seen = []
    examples = encode_split(split, lambda row: seen.append(row) or {"input_ids": [1, 2]}, np.array([2, 0]))
    assert seen == [{"sentence1": "c", "sentence2": "z"}, {"sentence1": "a", "sentence2": "x"}]
    assert examples.gold.tolist() == [1, 0]
    assert examples.tokens == 4
