"""What a fuzzer feeds: every reader of a stranger's bytes, with what must hold of whatever it accepts.

A reader gives a value or a ``ParetoNLPError``; everything else, and every broken promise, is a find.
"""

import contextlib
import csv
import io
import json
import math
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from safetensors import SafetensorError, deserialize

from harness.cost.pricing import price
from harness.cost.tape_json import from_json, to_json
from harness.findings import ParetoNLPError
from harness.store import read_replicates, read_report, write_report
from harness.submission import read_header, read_manifest, read_predictions, write_manifest
from harness.submission.archive import unpack
from harness.submission.tree import HARNESS_FILES, MAX_DEPTH, is_ignored
from harness.submission.yaml_reading import dump_yaml, parse_yaml
from harness.tasks.types import Dataset, Task

LABELS = ("entailment", "neutral", "contradiction")
_SOURCE = Dataset("d", "", ("text",), LABELS, (), {}, "", "", "")
CLASSES = Task("s", "t", _SOURCE, "test", "accuracy")
SIZES = {"num_tokens": 128}
COLUMNS = ("index", "prediction", "num_tokens")


Found = TypeVar("Found")


def accepted(read: Callable[[], Found]) -> Found | None:
    """What a reader gives; None where it says what is wrong, in words that can be written anywhere."""
    try:
        return read()
    except ParetoNLPError as error:
        said = [str(finding).encode() for finding in error.findings]
        if not all(said) or not said:
            raise AssertionError("an error that says nothing") from error
        return None


@contextlib.contextmanager
def _as_file(data: bytes, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def read_zip(data: bytes) -> None:
    """Unpacked is what the standard library reads of the same names, and nothing lies outside."""
    with _as_file(data, "x.zip") as path:
        target = path.parent / "target"
        target.mkdir()
        unpacked = accepted(lambda: unpack(path, target) or True)
        assert [entry.name for entry in sorted(path.parent.iterdir())] == ["target", "x.zip"]
        if unpacked is None:
            return
        there = {file.relative_to(target).as_posix(): file for file in target.rglob("*") if not file.is_dir()}
        assert not HARNESS_FILES.intersection(there)
        assert all(file.is_file() and not file.is_symlink() for file in there.values())
        assert all(name.count("/") <= MAX_DEPTH for name in there)
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            wanted = [entry for entry in opened.infolist() if not entry.is_dir()]
            wanted = [entry for entry in wanted if not any(map(is_ignored, entry.filename.split("/")))]
            wanted = [entry for entry in wanted if entry.filename.split("/")[-1] not in HARNESS_FILES]
            contents = sorted(opened.read(entry) for entry in wanted)
        assert sorted(file.read_bytes() for file in there.values() if file.name not in HARNESS_FILES) == contents


def read_yaml(data: bytes) -> None:
    """Plain data that is written and read back as itself; a manifest likewise."""
    with _as_file(data, "submission.yaml") as path:
        manifest, _, findings = read_manifest(path)
        assert (manifest is None) == bool(findings)
        document = accepted(lambda: parse_yaml(data.decode("utf-8", "surrogateescape"), "f"))
        if document is not None:
            _no_other_types(document.data)
        if document is not None and isinstance(document.data, dict):
            _same(parse_yaml(dump_yaml(document.data), "f").data, document.data)
        if manifest is not None:
            write_manifest(path, manifest)
            assert read_manifest(path).manifest == manifest


def _no_other_types(value: object) -> None:
    assert value is None or type(value) in (bool, int, float, str, list, dict), type(value)
    for item in (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ():
        _no_other_types(item)


def _same(found: object, wanted: object) -> None:
    """Equal, types too; nan is nan."""
    assert type(found) is type(wanted), (found, wanted)
    if isinstance(wanted, float) and math.isnan(wanted):
        assert isinstance(found, float)
        assert math.isnan(found)
    elif isinstance(wanted, dict | list):
        assert len(found) == len(wanted)  # type: ignore[arg-type]
        keys = wanted if isinstance(wanted, dict) else range(len(wanted))
        for key in keys:
            _same(found[key], wanted[key])  # type: ignore[index]
    else:
        assert found == wanted


def read_tsv(data: bytes) -> None:
    """What is accepted, the standard library's csv reads too, with the same numbers."""
    with _as_file(data, "t.tsv") as path:
        found = accepted(lambda: read_predictions(path, CLASSES, None, SIZES))
    if found is None:
        return
    text = re.sub("\r\n?", "\n", data.decode("utf-8-sig"))
    header, *rows = csv.reader(text.split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE)
    places = [[name.strip() for name in header].index(name) for name in COLUMNS]
    wanted = [[row[place].strip() for place in places] for row in rows if any(field.strip() for field in row)]
    wanted.sort(key=lambda row: int(row[0]))
    labels = [LABELS.index(row[1]) if row[1] in LABELS else int(row[1]) for row in wanted]
    assert [int(row[0]) for row in wanted] == list(range(len(wanted)))
    assert found.answers.tolist() == labels
    assert found.sizes["num_tokens"].tolist() == [int(row[2]) for row in wanted]


def read_parquet(data: bytes) -> None:
    """Accepted predictions are within the dataset's labels and the manifest's sizes."""
    with _as_file(data, "t.parquet") as path:
        found = accepted(lambda: read_predictions(path, CLASSES, None, SIZES))
    if found is None:
        return
    assert np.isin(found.answers, range(len(LABELS))).all()
    assert ((found.sizes["num_tokens"] >= 1) & (found.sizes["num_tokens"] <= 128)).all()


def read_graph(data: bytes) -> None:
    """A tape from another process: written again it is the same, and it has a price or is malformed."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    tapes = accepted(lambda: from_json(document))
    if tapes is None:
        return
    assert repr(from_json(to_json(tapes))) == repr(tapes)
    for tape in tapes:
        cost = accepted(lambda tape=tape: price(tape))
        assert cost is None or 0 <= 2 * cost.macs <= cost.flops


def read_weights(data: bytes) -> None:
    """A header that is accepted is accepted by safetensors, and says the same."""
    with _as_file(data, "x.safetensors") as path:
        found = accepted(lambda: read_header(path))
    if found is None:
        return
    try:
        theirs = {name: tuple(entry["shape"]) for name, entry in deserialize(data)}
    except SafetensorError as error:
        raise AssertionError(f"accepted here, refused there: {error}") from error
    assert {name: entry.shape for name, entry in found.items()} == theirs


def read_store(data: bytes) -> None:
    """A report that is accepted can be written, and is then itself up to the digits that are kept."""
    with _as_file(data, "report.json") as path:
        report = accepted(lambda: read_report(path.parent))
        if report is None:
            return
        write_report(path.parent, report)
        once = read_report(path.parent)
        write_report(path.parent, once)
        assert read_report(path.parent) == once


def read_npz(data: bytes) -> None:
    """Replicates that are accepted are what numpy reads without pickles."""
    with _as_file(data, "replicates.npz") as path:
        found = accepted(lambda: read_replicates(path.parent))
    if found is None:
        return
    # not np.load: whether a file is an npz it sees from its first bytes alone
    with np.lib.npyio.NpzFile(io.BytesIO(data)) as theirs:
        for name, values in found.items():
            np.testing.assert_array_equal(values, theirs[name])


READERS: dict[str, Callable[[bytes], None]] = {
    "graph": read_graph,
    "npz": read_npz,
    "parquet": read_parquet,
    "report": read_store,
    "tsv": read_tsv,
    "weights": read_weights,
    "yaml": read_yaml,
    "zip": read_zip,
}
