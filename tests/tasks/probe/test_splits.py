"""What holds of every split, whatever it says."""

import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from harness.findings import ParetoNLPError
from harness.tasks.probe import DATASET_NAMES, ROWS, difficulty, generate

CLASSES = [name for name in DATASET_NAMES if name != "probe-similarity"]


def samples(dataset, split):
    return list(zip(*generate(dataset, split)[0].values(), strict=True))


def lengths(dataset, split):
    """Words of each column."""
    return np.array([[len(text.split()) for text in sample] for sample in samples(dataset, split)])


@pytest.mark.parametrize("dataset", DATASET_NAMES)
def test_no_sample_twice(dataset):
    every = [sample for split in ROWS for sample in samples(dataset, split)]
    assert len(set(every)) == len(every) == sum(ROWS.values())


@pytest.mark.parametrize("dataset", DATASET_NAMES)
@pytest.mark.parametrize("split", ROWS)
def test_lengths_with_special_tokens_are_4_to_128(dataset, split):
    words = lengths(dataset, split)
    tokens = words.sum(axis=1) + words.shape[1] + 1  # [CLS], and [SEP] after each text
    assert tokens.min() >= 4
    assert 110 < tokens.max() <= 128


@pytest.mark.parametrize("dataset", CLASSES)
@pytest.mark.parametrize("split", ROWS)
def test_labels_are_balanced_in_every_level(dataset, split):
    gold, levels = generate(dataset, split)[1], difficulty(dataset, split)
    counts = np.array([np.bincount(gold[levels == level]) for level in range(4)])
    assert np.ptp(counts) <= 2


@pytest.mark.parametrize("dataset", CLASSES)
def test_lengths_alone_tell_nothing(dataset):
    tree = DecisionTreeClassifier(min_samples_leaf=50, random_state=0)
    tree.fit(lengths(dataset, "train"), generate(dataset, "train")[1])
    gold = generate(dataset, "test")[1]
    chance = 1 / len(np.unique(gold))
    assert accuracy_score(gold, tree.predict(lengths(dataset, "test"))) < chance + 0.045  # 4 standard errors


def test_lengths_alone_tell_nothing_of_a_score():
    tree = DecisionTreeRegressor(min_samples_leaf=50, random_state=0)
    tree.fit(lengths("probe-similarity", "train"), generate("probe-similarity", "train")[1])
    guess = tree.predict(lengths("probe-similarity", "test"))
    assert np.corrcoef(guess, generate("probe-similarity", "test")[1])[0, 1] < 0.09  # 4 standard errors of r = 0


def test_another_process_with_another_hash_seed_draws_the_same():
    code = "from harness.tasks.probe import *; from hashlib import sha256; " + (
        "print([sha256(repr(generate(d, 'test')).encode()).hexdigest() for d in DATASET_NAMES])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = [sha256(repr(generate(dataset, "test")).encode()).hexdigest() for dataset in DATASET_NAMES]
    assert said == {str(here)}


def test_unknown_dataset_gets_a_hint():
    with pytest.raises(ParetoNLPError, match="Did you mean 'probe-sentiment'"):
        generate("probe-sentimen", "test")
