"""``python -m tests.fuzz READER --minutes N``: feed a reader bytes, led by the coverage of its code.

Needs atheris (``pip install -e ".[test,fuzz]"``). What is learnt is kept under ``.cache/fuzz/READER``, finds there as
``crash-*`` and ``timeout-*``: mend the reader, and put the find into ``tests/fuzz/corpus/READER``, where a test
replays it.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import atheris

READERS = ("graph", "npz", "parquet", "report", "tsv", "weights", "yaml", "zip")
SEEDS = Path(__file__).parent / "corpus"
LARGEST = 4096
"""Bytes of an input."""


def main() -> None:
    """Fuzz until the time is up or something is found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--minutes", type=float, default=10)
    given = parser.parse_args()
    learnt, seeds = Path(".cache/fuzz") / given.reader, SEEDS / given.reader
    for folder in (learnt, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["harness", "yaml", "zipfile"]):
        from tests.fuzz import readers
    time = f"-max_total_time={round(60 * given.minutes)}"
    limits = [f"-max_len={LARGEST}", "-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1"]
    options = [time, *limits, f"-artifact_prefix={learnt}/", str(learnt), str(seeds)]
    read = readers.READERS[given.reader]

    def kept(data: bytes) -> None:
        """Read, and keep what is found here: libFuzzer does not always come to it."""
        try:
            read(data)
        except BaseException:
            (learnt / f"crash-{hashlib.sha1(data).hexdigest()}").write_bytes(data)
            raise

    atheris.Setup([sys.argv[0], *options], kept)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
