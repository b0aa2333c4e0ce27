"""Safetensors files: their header, checked, and how many elements of each tensor are not zero.

Source of the format: the README of huggingface/safetensors, section "Format". Read without torch:
a file is a stranger's, and its header says all that counting needs.
"""

import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from harness.findings import ParetoNLPError, fail
from harness.submission.text import bytes_read, display_name, quoted, unreadable
from harness.untrusted import parse_json

MAX_HEADER_BYTES = 16 * 1024**2
_MAX_DIMENSIONS = 16
_CHUNK_BYTES = 16 * 1024**2

# Per dtype: the unsigned integer of its width, and the bits that are all clear in a zero.
# The sign of a float is not among them (-0.0 is zero); E8M0 is an exponent and has no zero.
_DTYPES: Mapping[str, tuple[type[np.unsignedinteger[Any]], int]] = {
    "BOOL": (np.uint8, 0xFF),
    "U8": (np.uint8, 0xFF),
    "I8": (np.uint8, 0xFF),
    "F8_E4M3": (np.uint8, 0x7F),
    "F8_E5M2": (np.uint8, 0x7F),
    "U16": (np.uint16, 0xFFFF),
    "I16": (np.uint16, 0xFFFF),
    "F16": (np.uint16, 0x7FFF),
    "BF16": (np.uint16, 0x7FFF),
    "U32": (np.uint32, 0xFFFFFFFF),
    "I32": (np.uint32, 0xFFFFFFFF),
    "F32": (np.uint32, 0x7FFFFFFF),
    "U64": (np.uint64, 0xFFFFFFFFFFFFFFFF),
    "I64": (np.uint64, 0xFFFFFFFFFFFFFFFF),
    "F64": (np.uint64, 0x7FFFFFFFFFFFFFFF),
}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """One tensor of a safetensors file."""

    dtype: str
    """The format's own name: ``F32``, ``BF16``, ``I8``."""
    shape: tuple[int, ...]
    start: int
    """First byte, counted from the beginning of the file."""
    end: int
    """The byte after the last."""

    @property
    def elements(self) -> int:
        """Number of elements; 1 for a scalar."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes as stored."""
        return self.end - self.start


def read_header(path: Path) -> dict[str, TensorEntry]:
    """The tensors of a safetensors file by name, in the order of the header.

    Raises:
        ParetoNLPError: ``weights-broken`` where the file is not what the format says,
            ``weights-dtype`` for a dtype that is not read, ``unreadable-file``.

    """
    try:
        with path.open("rb") as stream:
            return _read_header(stream, display_name(path))
    except OSError as error:
        raise unreadable(display_name(path), error) from error


def count_nonzero(path: Path) -> dict[str, int]:
    """Elements that are not zero, by tensor; NaN is not zero, -0.0 is. Reads 16 MiB at a time.

    Raises:
        ParetoNLPError: what ``read_header`` raises.

    """
    counts = {}
    try:
        with path.open("rb") as stream:
            for name, tensor in _read_header(stream, display_name(path)).items():
                word, mask = _DTYPES[tensor.dtype]
                stream.seek(tensor.start)
                left, count = tensor.elements, 0
                while left:
                    wanted = min(left, _CHUNK_BYTES // word().itemsize)
                    chunk = np.fromfile(stream, word, wanted)
                    if len(chunk) < wanted:
                        raise _broken(display_name(path), "The file ends within a tensor.")
                    count += int(np.count_nonzero(chunk & word(mask)))
                    left -= wanted
                counts[name] = count
    except OSError as error:
        raise unreadable(display_name(path), error) from error
    return counts


def _read_header(stream: IO[bytes], file: str) -> dict[str, TensorEntry]:
    size = os.fstat(stream.fileno()).st_size
    prefix = stream.read(8)
    if len(prefix) < 8:
        raise _broken(file, "The file is shorter than 8 bytes.")
    (length,) = struct.unpack("<Q", prefix)
    if length > min(MAX_HEADER_BYTES, size - 8):
        raise _broken(
            file,
            f"The header would have {bytes_read(length)}"
            + (f", the file has {bytes_read(size)}." if length > size - 8 else "."),
        )
    tensors = {
        name: _entry(name, fields, 8 + length, file)
        for name, fields in _parse(stream.read(length), file).items()
        if name != "__metadata__"
    }
    _check_layout(tensors, 8 + length, size, file)
    return tensors


def _parse(header: bytes, file: str) -> dict[str, Any]:
    """The header's JSON object."""
    try:
        parsed = parse_json(header.decode("utf-8"))
    except ValueError as error:
        raise _broken(file, f"The header is not JSON: {quoted(str(error))}.") from error
    if not isinstance(parsed, dict):
        raise _broken(file, "The header is no JSON object.")
    return parsed


def _entry(name: str, fields: object, data: int, file: str) -> TensorEntry:
    """One tensor's entry; ``data`` is the first byte behind the header."""
    shown = quoted(name)
    if not name.isprintable():
        raise _broken(file, f"The tensor name {shown} does not print.")
    match fields:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end], **rest}:
            pass
        case _:
            raise _broken(file, f"The entry of tensor {shown} is incomplete.")
    if rest:
        raise _broken(file, f"The entry of tensor {shown} has further keys.")
    if dtype not in _DTYPES:
        raise fail(
            "weights-dtype",
            f"Tensor {shown} is of dtype {quoted(dtype)}.",
            file=file,
            expected=f"one of {', '.join(_DTYPES)}",
        )
    whole = [*shape, begin, end]
    if any(type(number) is not int or not 0 <= number < 2**62 for number in whole):
        raise _broken(file, f"Tensor {shown} has a size or offset that is no whole number.")
    if len(shape) > _MAX_DIMENSIONS:
        raise _broken(file, f"Tensor {shown} has {len(shape)} dimensions.")
    needed = math.prod(shape) * _DTYPES[dtype][0]().itemsize
    if end - begin != needed:
        raise _broken(
            file,
            f"Tensor {shown} of shape {quoted(shape)} needs {needed:,} bytes and has {end - begin:,}.",
        )
    return TensorEntry(dtype, tuple(shape), data + begin, data + end)


def _check_layout(tensors: Mapping[str, TensorEntry], data: int, size: int, file: str) -> None:
    """Tensors must lie one after the other, without holes, from the header to the file's end."""
    position = data
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != position:
            where = "leaves a hole before" if tensor.start > position else "overlaps with"
            raise _broken(file, f"Tensor {quoted(name)} {where} its neighbour's bytes.")
        position = tensor.end
    if position != size:
        raise _broken(file, f"The tensors end at byte {position:,}, the file at {size:,}.")


def _broken(file: str, message: str) -> ParetoNLPError:
    return fail(
        "weights-broken",
        message,
        file=file,
        expected="a safetensors file",
        remedy="Write it again with safetensors.torch.save_file.",
    )
