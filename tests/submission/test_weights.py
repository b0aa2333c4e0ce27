"""Headers against safetensors' own reader and writer; counts against torch."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from harness.findings import Finding, ParetoNLPError
from harness.submission import count_nonzero, read_header, weights

Findings = Callable[[Callable[[], object]], tuple[Finding, ...]]
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}


def file_of(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}


@pytest.mark.parametrize("dtype", DTYPES)
def test_nonzero_as_torch_counts(tmp_path: Path, dtype: str) -> None:
    values = torch.tensor([[0.0, -0.0, 1.0], [-2.0, 0.0, 0.5]])
    tensor = values.to(DTYPES[dtype])
    save_file({"w": tensor, "empty": tensor[:0].clone(), "scalar": tensor[0, 2].clone()}, tmp_path / "x.safetensors")
    counts = count_nonzero(tmp_path / "x.safetensors")
    assert counts["w"] == int(torch.count_nonzero(tensor.to(torch.float64)))
    assert counts["empty"] == 0
    assert counts["scalar"] == 1


def test_subnormal_infinite_and_nan_are_not_zero(tmp_path: Path) -> None:
    for dtype in (torch.float16, torch.bfloat16, torch.float32):
        values = torch.tensor(
            [torch.finfo(dtype).smallest_normal / 2, float("inf"), float("nan"), 0.0, -0.0], dtype=dtype
        )
        save_file({"w": values}, tmp_path / "x.safetensors")
        assert count_nonzero(tmp_path / "x.safetensors") == {"w": 3}


def test_counts_over_many_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "_CHUNK_BYTES", 64)
    generator = torch.Generator().manual_seed(0)
    tensors = {
        f"{name}": (torch.rand(7, 11, generator=generator) * 2).round().to(dtype)
        for name, dtype in DTYPES.items()
        if not name.startswith("F8")
    }
    save_file(tensors, tmp_path / "x.safetensors")
    assert count_nonzero(tmp_path / "x.safetensors") == {
        name: int(torch.count_nonzero(t)) for name, t in tensors.items()
    }


def test_headers_as_safetensors_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file(
        {"b.weight": torch.ones(3, 5, dtype=torch.bfloat16), "a": torch.ones(())}, path, metadata={"format": "pt"}
    )
    header = read_header(path)
    with safe_open(path, "pt") as opened:
        assert set(opened.keys()) == set(header)
        for name, tensor in header.items():
            assert list(tensor.shape) == opened.get_slice(name).get_shape()
            assert tensor.dtype == opened.get_slice(name).get_dtype()
    assert (header["b.weight"].elements, header["b.weight"].nbytes) == (15, 30)
    assert (header["a"].elements, header["a"].nbytes) == (1, 4)


BROKEN = {
    "empty": b"",
    "short": b"\x08\0\0",
    "pickle": b"\x80\x04\x95" + bytes(30),
    "zip": b"PK\x03\x04" + bytes(60),
    "header longer than the file": file_of({}, length=100),
    "header without end": file_of({}, length=2**63),
    "no json": file_of(b"{a: 1}"),
    "no object": file_of([]),
    "no utf-8": file_of(b'{"\xff": 1}'),
    "NaN": file_of(b'{"a": NaN}'),
    "nested": file_of(b'{"a":' + b"[" * 100_000),
    "long number": file_of(b'{"a": ' + b"9" * 10_000 + b"}"),
    "twice": file_of(
        b'{"a": {"dtype":"U8","shape":[0],"data_offsets":[0,0]}, "a": {"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'
    ),
    "no entry": file_of({"a": 3}),
    "missing key": file_of({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)),
    "further key": file_of({"a": entry(extra=1)}, bytes(8)),
    "one offset": file_of({"a": entry(data_offsets=[8])}, bytes(8)),
    "negative size": file_of({"a": entry(shape=[-2])}, bytes(8)),
    "float size": file_of({"a": entry(shape=[2.0])}, bytes(8)),
    "bool size": file_of({"a": entry(shape=[True, 2])}, bytes(8)),
    "text size": file_of({"a": entry(shape=["2"])}, bytes(8)),
    "backwards": file_of({"a": entry(data_offsets=[8, 0])}, bytes(8)),
    "too few bytes": file_of({"a": entry(shape=[3])}, bytes(8)),
    "too many bytes": file_of({"a": entry(shape=[1])}, bytes(8)),
    "overflow": file_of({"a": entry(shape=[2**61, 2**61, 0, 8])}, bytes(8)),
    "many dimensions": file_of({"a": entry(shape=[1] * 17 + [2])}, bytes(8)),
    "hole": file_of({"a": entry(data_offsets=[4, 12])}, bytes(12)),
    "overlap": file_of({"a": entry(), "b": entry(data_offsets=[4, 12])}, bytes(12)),
    "beyond the end": file_of({"a": entry()}, bytes(7)),
    "bytes at the end": file_of({"a": entry()}, bytes(9)),
    "name that does not print": file_of({"\ud800": entry()}, bytes(8)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_files_that_are_broken(tmp_path: Path, findings: Findings, name: str) -> None:
    path = tmp_path / "weights" / "x.safetensors"
    path.parent.mkdir()
    path.write_bytes(BROKEN[name])
    for call in (read_header, count_nonzero):
        (finding,) = findings(lambda call=call: call(path))
        assert (finding.code, finding.file) == ("weights-broken", "weights/x.safetensors")


def test_dtypes_that_are_not_read(tmp_path: Path, findings: Findings) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(file_of({"a": entry(dtype="C64", shape=[1])}, bytes(8)))
    assert [finding.code for finding in findings(lambda: read_header(path))] == ["weights-dtype"]
    assert [finding.code for finding in findings(lambda: read_header(tmp_path / "y"))] == ["unreadable-file"]


sizes = st.integers(-1, 5) | st.sampled_from([True, 1.0, 2**62, None])
entries = st.fixed_dictionaries(
    {"dtype": st.sampled_from(["F32", "U8", "I16"]), "shape": st.lists(sizes, max_size=3)},
    optional={"data_offsets": st.lists(st.integers(-1, 40), min_size=2, max_size=2)},
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text("abé\0", max_size=2), entries, max_size=3), st.integers(0, 40))
def test_what_is_accepted_safetensors_accepts(tmp_path_factory: pytest.TempPathFactory, header: Any, size: int) -> None:
    path = tmp_path_factory.mktemp("w") / "x.safetensors"
    path.write_bytes(file_of(header, bytes(size)))
    try:
        ours = read_header(path)
    except ParetoNLPError:
        return
    try:
        with safe_open(path, "pt") as opened:
            assert set(opened.keys()) == set(ours)
    except SafetensorError as error:
        pytest.fail(f"accepted here, refused there: {error}")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("w") / "x.safetensors"
    path.write_bytes(data)
    try:
        read_header(path)
    except ParetoNLPError as error:
        assert error.findings  # noqa: PT017
