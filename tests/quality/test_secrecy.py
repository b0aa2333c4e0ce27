"""What is published of a task does not give its labels away.

Published: the fingerprint, every submission's predictions, its 1,000 replicates and the score. A
replicate is the mean correctness of the rows that were drawn, so whoever knows the rows has 1,000
linear equations for the labels.
"""

import hashlib
import hmac

import numpy as np
import pytest

from harness.quality import intervals
from harness.quality.intervals import COUNT, replicates
from harness.quality.metrics import METRICS

ROWS = 400
ACCURACY = METRICS["accuracy"]
RNG = np.random.default_rng(42)
GOLD = RNG.integers(0, 2, ROWS)
ANSWERS = RNG.integers(0, 2, ROWS)
"""Answers at chance: knowing them and their score says nothing of any label."""
FINGERPRINT = hashlib.sha256(b"the texts" + GOLD.tobytes()).hexdigest()


def _least_squares(seed: int, published) -> np.ndarray:
    """The labels that an attacker gets who believes that ``seed`` made the draws."""
    draws = np.array([np.bincount(rows, minlength=ROWS) for rows in intervals._draws(seed, ROWS, range(COUNT))])
    correct = np.linalg.lstsq(draws / ROWS, published, rcond=None)[0] > 0.5
    return np.where(correct, ANSWERS, 1 - ANSWERS)


def _seeds_from_what_is_published(published) -> dict[str, int]:
    def keyed(message: bytes) -> int:
        return int.from_bytes(hmac.digest(intervals._DOMAIN, message, hashlib.sha256))

    values = ANSWERS.astype("<i8").tobytes()
    return {
        "zero": 0,
        "forty-two": 42,
        "fingerprint": int(FINGERPRINT, 16),
        "fingerprint's first 64 bits": int(FINGERPRINT[:16], 16),
        "keyed fingerprint": keyed(bytes.fromhex(FINGERPRINT)),
        "keyed fingerprint as text": keyed(FINGERPRINT.encode()),
        "keyed answers, taken for gold": keyed(values),
        "keyed zeros, taken for gold": keyed(np.zeros(ROWS, "<i8").tobytes()),
        "hash of the answers": int.from_bytes(hashlib.sha256(values).digest()),
        "hash of the replicates": int.from_bytes(hashlib.sha256(published.tobytes()).digest()),
        "the key itself": int.from_bytes(hashlib.sha256(intervals._DOMAIN).digest()),
    }


def test_with_the_rows_least_squares_gives_every_label_back():
    """The positive control: the attack works, so the next test would see a leak."""
    published = replicates(ACCURACY, ANSWERS, GOLD)
    seed = intervals._secret_seed(ACCURACY, GOLD)
    assert np.array_equal(_least_squares(seed, published), GOLD)


@pytest.mark.parametrize("guess", _seeds_from_what_is_published(np.zeros(1)))
def test_with_what_is_published_it_is_at_chance(guess):
    published = replicates(ACCURACY, ANSWERS, GOLD)
    found = _least_squares(_seeds_from_what_is_published(published)[guess], published)
    assert (found == GOLD).mean() == pytest.approx(0.5, abs=0.1), "four standard errors"


def test_seed_is_neither_the_fingerprint_nor_a_plain_hash_of_gold():
    seed = intervals._secret_seed(ACCURACY, GOLD)
    plain = int.from_bytes(hashlib.sha256(GOLD.astype("<i8").tobytes()).digest())
    assert seed not in {plain, int(FINGERPRINT, 16)}
    assert seed.bit_length() > 240


def test_one_wrong_label_gives_no_hint():
    """Nobody climbs to the gold label by label: 399 right of 400 draw other rows altogether."""
    near = GOLD.copy()
    near[0] ^= 1
    published = replicates(ACCURACY, ANSWERS, GOLD)
    found = _least_squares(intervals._secret_seed(ACCURACY, near), published)
    assert (found == GOLD).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("constant", [0, 1])
def test_constant_answers_give_the_balance_of_classes_and_no_more(constant):
    """Their replicates look like those of any task with as many ones, whatever the order."""
    answers = np.full(ROWS, constant)
    here = replicates(ACCURACY, answers, GOLD)
    there = replicates(ACCURACY, answers, np.sort(GOLD))
    rate = (answers == GOLD).mean()
    error = np.sqrt(rate * (1 - rate) / ROWS)
    for published in (here, there):
        assert published.mean() == pytest.approx(rate, abs=4 * error / np.sqrt(COUNT))
        assert published.std() == pytest.approx(error, rel=0.1)
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.13


def test_many_nearly_equal_submissions_do_leak():
    """A limit, kept in sight (docs/quality.md): resampling is skewed, so third moments tell signs.

    25 samples in a square; one submission flips the answers of each row or column. Where a row and
    a column cross, the third moment of their replicates has the sign of the one label they share.
    """
    square = np.random.default_rng(7).permutation(ROWS)[:25].reshape(5, 5)
    base = replicates(ACCURACY, ANSWERS, GOLD)

    def gain(flipped) -> np.ndarray:
        answers = ANSWERS.copy()
        answers[flipped] ^= 1
        found = replicates(ACCURACY, answers, GOLD) - base
        return found - found.mean()

    lines = [gain(line) for line in square], [gain(line) for line in square.T]
    moments = np.array([[(a * b * (a + b)).mean() for b in lines[1]] for a in lines[0]])
    gained = np.where(ANSWERS == GOLD, -1, 1)[square]
    assert (np.sign(moments) == gained).mean() > 0.8
