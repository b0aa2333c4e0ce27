"""Every seed of the fuzzer, and all that it ever found, through the reader that it is for."""

from pathlib import Path

import pytest

from tests.fuzz.readers import READERS

SEEDS = Path(__file__).parent / "corpus"


@pytest.mark.parametrize("reader", sorted(READERS))
def test_seeds_break_no_promise(reader: str) -> None:
    seeds = sorted((SEEDS / reader).iterdir())
    assert len(seeds) >= 2
    for seed in seeds:
        READERS[reader](seed.read_bytes())


def test_the_seeds_are_few_and_small() -> None:
    sizes = [seed.stat().st_size for seed in SEEDS.rglob("*") if seed.is_file()]
    assert sum(sizes) < 300_000
    assert max(sizes) <= 4096
