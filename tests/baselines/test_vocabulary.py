"""The commonest n-grams, against counting with a dictionary."""

import hashlib
from collections import Counter

import numpy as np

from baselines.vocabulary import common_ngrams


def digest(ngram: str) -> bytes:
    return hashlib.blake2b(ngram.encode(), digest_size=8).digest()


def test_a_ranking_by_hand() -> None:
    texts = ["good", "very good", "so very", "so so so"]
    # texts that hold it: good 2, so 2, very 2; "very good", "so very", "so so", "so so so" 1, "so so so" being longer
    first = sorted(map(digest, ("good", "so", "very")))
    second = sorted(map(digest, ("very good", "so very", "so so")))
    expected = [*first, *second, digest("so so so")]
    assert common_ngrams(texts, 100) == b"".join(expected)
    for size in range(8):
        assert common_ngrams(texts, size) == b"".join(expected[:size])


def test_many_texts_by_brute_force() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), rng.integers(0, 9))) for _ in range(80)]
    held: Counter[str] = Counter()
    for text in texts:
        words = text.split()
        held.update({" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(i + 4, len(words)) + 1)})
    ranked = sorted(held, key=lambda ngram: (-held[ngram], len(ngram.split()), digest(ngram)))
    assert common_ngrams(texts, 10**6) == b"".join(map(digest, ranked))
    assert common_ngrams(texts, 50) == b"".join(map(digest, ranked[:50]))


def test_texts_without_words_have_no_ngrams() -> None:
    assert common_ngrams(["", "..."], 10) == b""
