"""The commonest n-grams of texts, as hashes."""

from collections.abc import Iterable, Sequence

import numpy as np

from baselines.layers.ngram_reader import ORDERS, hashes


def common_ngrams(texts: Sequence[str], size: int) -> bytes:
    """Hashes of the ``size`` n-grams that most texts hold (of all, where there are fewer), the commonest first.

    Of those in equally many texts the shorter ones come first, then those of lower hash. So a smaller
    vocabulary is a prefix of a larger one.
    """
    found = [_counted(hashes(text, order) for text in texts) for order in ORDERS]
    codes, counts = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    orders = np.repeat(ORDERS, [len(of_order) for of_order, _ in found])
    ranked = np.lexsort((codes, orders, -counts))[:size]
    return codes[ranked].astype(">u8").tobytes()


def _counted(bags: Iterable[Sequence[bytes]]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct hashes as numbers, ascending, and how many bags hold each."""
    joined = b"".join(b"".join(bag) for bag in bags)
    return np.unique(np.frombuffer(joined, ">u8").astype(np.uint64), return_counts=True)
