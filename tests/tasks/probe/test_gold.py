"""The gold of every sample is what an independent reader finds in its text."""

import numpy as np
import pytest

from harness.tasks.probe import DATASET_NAMES, generate
from tests.tasks.probe import readers


@pytest.mark.parametrize("dataset", DATASET_NAMES)
@pytest.mark.parametrize("split", ["test", "validation"])
def test_gold_is_what_the_text_says(dataset, split):
    texts, gold = generate(dataset, split)
    read = getattr(readers, dataset.removeprefix("probe-"))
    found = [read(*sample) for sample in zip(*texts.values(), strict=True)]
    assert np.array_equal(found, gold)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("great plot", 1),
        ("the plot was not at all dull , but the cast was never really good .", 0),
        ("although i doubt that the plot was not good , the cast was great .", 1),
        ("we had not slept . the plot was good , although the cast was dull .", 1),
        ("nobody would say that the plot was never bad .", 0),
    ],
)
def test_reader_of_reviews(text, label):
    assert readers.sentiment(text) == label


@pytest.mark.parametrize(
    ("premise", "hypothesis", "label"),
    [
        ("every container is black .", "the jar is dark .", 0),
        ("every jar is black .", "every container is dark .", 1),
        ("no jar is dark .", "some jar is black .", 2),
        ("some jar is black .", "some jar is white .", 1),
        ("the jar is not pale .", "the jar is dark .", 0),
        ("the jar is dark .", "the jar is black .", 1),
    ],
)
def test_reader_of_premises(premise, hypothesis, label):
    assert readers.inference(premise, hypothesis) == label
