"""The fingerprint of a split: canonical, and different for whatever differs."""

import hashlib
import json
import os
import struct
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from harness.tasks import DATASETS
from harness.tasks.loading import fingerprint, load_split


def encoded_by_hand(texts, gold):
    """The documented encoding, written with struct."""
    out = b""
    for name in sorted(texts):
        raw = [text.encode("utf-8") for text in texts[name]]
        out += struct.pack("<2q", len(name), len(raw)) + name.encode()
        out += struct.pack(f"<{len(raw)}q", *map(len, raw)) + b"".join(raw)
    kind, code = (b"class", "q") if gold.dtype == np.int64 else (b"score", "d")
    return out + kind + struct.pack(f"<q{len(gold)}{code}", len(gold), *gold.tolist())


@given(
    st.lists(st.tuples(st.text(), st.text(), st.integers(0, 3)), min_size=1, max_size=5),
    st.booleans(),
)
def test_fingerprint_is_the_documented_encoding(rows, scores):
    texts = {"premise": tuple(a for a, _, _ in rows), "hypothesis": tuple(b for _, b, _ in rows)}
    gold = np.array([label for _, _, label in rows], float if scores else np.int64)
    expected = hashlib.sha256(encoded_by_hand(texts, gold)).hexdigest()
    assert fingerprint(texts, gold) == expected


def test_fingerprint_changes_with_whatever_changes():
    gold = np.array([0, 1])
    base = {"a": ("x", "yz"), "b": ("", "w")}
    others = [
        ({"a": ("x", "yz "), "b": ("", "w")}, gold),
        ({"a": ("xy", "z"), "b": ("", "w")}, gold),
        ({"a": ("x", "yz"), "b": ("w", "")}, gold),
        ({"a": ("x", "yz"), "c": ("", "w")}, gold),
        ({"b": ("x", "yz"), "a": ("", "w")}, gold),
        ({"a": ("x", "yz")}, gold),
        ({"a": ("yz", "x"), "b": ("w", "")}, gold[::-1]),
        (base, np.array([1, 1])),
        (base, np.array([0.0, 1.0])),
    ]
    seen = {fingerprint(base, gold), *(fingerprint(texts, labels) for texts, labels in others)}
    assert len(seen) == 1 + len(others)


def test_fingerprint_does_not_care_for_the_order_of_columns_or_the_process(tmp_path):
    columns = {"premise": ["a", "b"], "hypothesis": ["c", "d"], "label": [2, 0], "idx": [0, 1]}
    for folder, ordered in (("one", columns), ("two", dict(reversed(columns.items())))):
        (tmp_path / folder / "snli").mkdir(parents=True)
        pq.write_table(pa.table(ordered), tmp_path / folder / "snli" / "test.parquet")
    here = load_split(DATASETS["snli"], "test", tmp_path / "one").fingerprint
    code = (
        "import sys; from pathlib import Path; from harness.tasks import DATASETS\n"
        "from harness.tasks.loading import load_split\n"
        "split = load_split(DATASETS['snli'], 'test', Path(sys.argv[1]))\n"
        "heavy = {'torch', 'pandas', 'datasets', 'scipy', 'transformers'} & set(sys.modules)\n"
        "import json; print(json.dumps([split.fingerprint, sorted(heavy)]))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "two")],
        capture_output=True,
        check=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert json.loads(there.stdout) == [here, []]
