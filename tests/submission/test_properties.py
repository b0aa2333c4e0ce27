"""Anything at all, and files that were in order before somebody changed them: a value or findings, nothing else."""

import io
import json
import string
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.submission import Manifest, inspect_submission, read_manifest, read_predictions, write_manifest
from harness.submission.archive import unpack
from harness.submission.staging import stage
from harness.submission.tree import name_findings
from harness.submission.yaml_reading import parse_yaml
from tests.fuzz.readers import READERS, accepted
from tests.submission.tables import CLASSES, SIZES

SEEDS = Path(__file__).parents[1] / "fuzz" / "corpus"
KINDS = {reader: [path.read_bytes() for path in sorted((SEEDS / reader).iterdir())] for reader in READERS}
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutated(draw: st.DrawFn, reader: str) -> bytes:
    """A seed of a reader with some bytes changed, left out, doubled or put in."""
    data = bytearray(draw(st.sampled_from(KINDS[reader])))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        data[start:end] = draw(st.binary(max_size=8) | st.just(bytes(data[start:end]) * 2))
    return bytes(data)


@pytest.mark.parametrize("reader", sorted(READERS))
def test_changed_files_break_no_promise(reader: str) -> None:
    fed = 0

    @few
    @given(mutated(reader) | st.binary(max_size=300))
    def check(data: bytes) -> None:
        nonlocal fed
        READERS[reader](data)
        fed += 1

    check()
    assert fed >= 60


names = st.text(string.ascii_lowercase + "é.-", min_size=1, max_size=4).filter(lambda name: not name.startswith("."))
files = st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), max_size=6)


def _are_files(given: dict[str, bytes]) -> bool:
    """Whether names can be in one folder: none is a folder of another, none is ours, a cache or one with another."""
    ours = ("report.json", "replicates.npz")
    prefixes = {name[:at] for name in given for at, sign in enumerate(name) if sign == "/"}
    return (
        not prefixes & set(given)
        and not name_findings(given)
        and not any(name in ours or name.endswith(".pyc") for name in given)
    )


@few
@given(files.filter(_are_files))
def test_a_folder_is_copied_as_it_is_and_a_zip_of_it_unpacked_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, given_files: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("f")
    for name, data in given_files.items():
        (root / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "source" / name).write_bytes(data)
    (root / "source").mkdir(exist_ok=True)
    found = stage(root / "source", root / "copy")
    assert (dict(found.sizes), found.findings) == ({name: len(data) for name, data in given_files.items()}, ())
    with zipfile.ZipFile(root / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in given_files.items():
            archive.writestr(f"top/{name}", data)
    (root / "unpacked").mkdir()
    unpack(root / "x.zip", root / "unpacked")
    for folder in ("copy", "unpacked"):
        there = {path.relative_to(root / folder).as_posix(): path for path in (root / folder).rglob("*")}
        # a single folder around everything is left out, the archive's own and one more
        assert sorted(path.read_bytes() for path in there.values() if path.is_file()) == sorted(given_files.values())
    assert {name: (root / "copy" / name).read_bytes() for name in given_files} == given_files


@few
@given(st.lists(st.tuples(st.text(max_size=12), st.binary(max_size=20)), max_size=4))
def test_a_zip_of_any_names_is_unpacked_within_its_folder(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, bytes]]
) -> None:
    root = tmp_path_factory.mktemp("z")
    with zipfile.ZipFile(root / "x.zip", "w") as archive:
        for name, data in dict(entries).items():
            info = zipfile.ZipInfo("x")
            info.filename = name.encode("utf-8", "replace").decode()
            archive.writestr(info, data)
    (root / "target").mkdir()
    accepted(lambda: unpack(root / "x.zip", root / "target"))
    assert sorted(path.name for path in root.iterdir()) == ["target", "x.zip"]
    assert all(path.resolve().is_relative_to(root / "target") for path in root.rglob("target/**/*"))


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(string.printable.replace("\r", "").replace("\x0b", "").replace("\x0c", "") + "é☃", max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abz", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(plain)
def test_yaml_is_what_json_says_where_it_is_json(value: Any) -> None:
    """YAML 1.2 is a superset of JSON: the standard library's reader is the truth."""
    text = json.dumps(value, ensure_ascii=False)
    assert parse_yaml(text, "f").data == json.loads(text)


keys = st.sampled_from(["name", "method", "title", "authors", "sizes", "points", "options", "declared", "weights", "x"])
documents = st.dictionaries(
    keys, st.recursive(plain, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=2))
)


@few
@given(documents)
def test_any_document_is_a_manifest_or_findings_with_lines(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("m") / "submission.yaml"
    path.write_text(json.dumps({"name": "a", "method": "b", "points": [{"name": "p"}], **document}, indent=1))
    manifest, _, found = read_manifest(path)
    assert (manifest is None) == bool(found)
    assert all(1 <= (finding.row or 1) <= len(path.read_text().splitlines()) for finding in found)
    if manifest is not None:
        write_manifest(path, manifest)
        assert read_manifest(path).manifest == manifest


@few
@given(
    st.dictionaries(st.text("abc", min_size=1), plain, max_size=3),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf")), max_size=30),
)
def test_a_manifest_that_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, options: dict[str, Any], title: str
) -> None:
    path = tmp_path_factory.mktemp("m") / "submission.yaml"
    manifest = Manifest.model_validate(
        {"name": "a", "method": "b", "title": title, "points": [{"name": "p", "options": options}]}
    )
    write_manifest(path, manifest)
    assert read_manifest(path).manifest == manifest


@few
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 127)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
    st.sampled_from(["int64", "int8", "uint16", "float64", "str", "category"]),
    st.sampled_from([None, "snappy", "gzip", "zstd"]),
)
def test_tables_as_pandas_writes_them(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int]], random: Any, kind: str, packed: Any
) -> None:
    frame = pd.DataFrame(rows, columns=["prediction", "num_tokens"]).rename_axis("index").reset_index()
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**32))
    folder = tmp_path_factory.mktemp("p")
    text = io.StringIO()
    shuffled.to_csv(text, sep="\t", index=False)
    (folder / "t.tsv").write_text(text.getvalue())
    shuffled = shuffled.astype({"num_tokens": kind, "prediction": kind})
    shuffled.to_parquet(folder / "t.parquet", index=False, compression=packed)
    for name in ("t.tsv", "t.parquet"):
        found = read_predictions(folder / name, CLASSES, len(rows), SIZES)
        np.testing.assert_array_equal(found.answers, frame["prediction"])
        np.testing.assert_array_equal(found.sizes["num_tokens"], frame["num_tokens"])


@few
@given(st.binary(max_size=200) | mutated("zip"))
def test_any_file_is_no_submission_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("s") / "x.zip"
    path.write_bytes(data)
    submission, found = inspect_submission(path)
    assert submission is None
    assert found
    assert all(finding.message for finding in found)
