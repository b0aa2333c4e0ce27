"""Reports and replicates on disk: ``<store>/<submission>/report.json`` and ``replicates.npz``.

Files appear whole or not at all. Nothing that is read is trusted: sizes are capped, arrays are never
unpickled, and whatever is wrong is said as a finding that names the file.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from harness.atomic import write_whole
from harness.findings import Finding, ParetoNLPError, fail
from harness.report import SCHEMA_VERSION, Report, Result
from harness.untrusted import parse_json, read_bounded

REPORT = "report.json"
REPLICATES = "replicates.npz"
MAX_REPORT_BYTES = 256 * 2**20
MAX_REPLICATES_BYTES = 512 * 2**20

_MAX_PIECE = 16 * 2**20
_MOST_FINDINGS = 100
_UNREADABLE = (OSError, EOFError, OverflowError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What ``zipfile`` raises on a damaged, encrypted or exotic archive."""

Document = dict[str, Any]
Replicates = Mapping[str, NDArray[np.float64]]
"""Bootstrap scores ``[count]`` by ``Result.replicates_key``."""

MIGRATIONS: Mapping[int, Callable[[Document], Document]] = {}
"""Schema version to the step that leads from it to the next; a step never changes what it is given."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A submission's report, and its replicates where they are known."""

    report: Report
    replicates: Replicates = field(default_factory=dict, compare=False, repr=False)
    folder: Path | None = None


def find_reports(store: Path) -> tuple[list[Stored], list[Finding]]:
    """Every readable report of a store, by name, and a finding for each file that is not.

    Raises:
        ParetoNLPError: the store is no folder.
    """
    entries = list(each_report(store))
    found = [entry for entry in entries if isinstance(entry, Stored)]
    broken = [entry for entry in entries if isinstance(entry, Finding)]
    return sorted(found, key=lambda entry: entry.report.submission.name), broken


def report_folders(store: Path) -> list[Path]:
    """The folders of a store that hold a report, by name.

    Raises:
        ParetoNLPError: the store is no folder.
    """
    if not store.is_dir():
        raise fail("no-such-store", f"{store} is no folder.", expected="a folder of submissions")
    return sorted(path.parent for path in store.glob(f"[!.]*/{REPORT}"))


def each_report(store: Path) -> Iterator[Stored | Finding]:
    """The reports of a store one by one, and a finding for each file that cannot be read.

    Raises:
        ParetoNLPError: the store is no folder.
    """
    places: dict[str, Path] = {}
    for folder in report_folders(store):
        try:
            report = read_report(folder)
        except ParetoNLPError as error:
            yield from error.findings
            continue
        name = report.submission.name
        if name in places:
            yield _twice(name, folder, places[name])
            continue
        places[name] = folder
        try:
            replicates = read_replicates(folder)
        except ParetoNLPError as error:
            yield from error.findings
            replicates = {}
        yield Stored(report, replicates, folder)


def _twice(name: str, folder: Path, first: Path) -> Finding:
    return Finding(
        "report-twice",
        f"The submission {name!r} is in {first.name} already; this second report is left out.",
        file=str(folder / REPORT),
        remedy="Give one of the two another name in submission.yaml, and evaluate it again.",
    )


def read_report(folder: Path) -> Report:
    """The report of a submission's folder, brought to this version's schema.

    Raises:
        ParetoNLPError: absent, no JSON, not a report, or of a schema that this version does not know.
    """
    path = folder / REPORT
    try:
        data = read_bounded(path, MAX_REPORT_BYTES)
        if len(data) > MAX_REPORT_BYTES:
            raise _broken(path, f"It is larger than {MAX_REPORT_BYTES:,} bytes.")
        document = parse_json(data.decode("utf-8"))
    except OSError as error:
        raise _broken(path, f"It cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise _broken(path, f"It is no JSON: {error}.") from error
    if not isinstance(document, dict):
        raise _broken(path, "It holds no JSON object.")
    try:
        return Report.model_validate(migrate(document, str(path)))
    except ValidationError as error:
        raise ParetoNLPError(*_findings(path, error)) from error


def migrate(
    document: Document,
    file: str,
    migrations: Mapping[int, Callable[[Document], Document]] = MIGRATIONS,
) -> Document:
    """``document`` in the present schema, one version's step after another.

    Raises:
        ParetoNLPError: it is newer than this version of paretonlp, or older than any step.
    """
    version = document.get("schema_version")
    if not isinstance(version, int):
        raise _broken(Path(file), "It does not say its schema_version.")
    if version > SCHEMA_VERSION:
        raise fail(
            "report-newer",
            f"It is of schema version {version}, and this paretonlp knows up to {SCHEMA_VERSION}.",
            file=file,
            remedy="Upgrade paretonlp.",
        )
    for step in range(version, SCHEMA_VERSION):
        if step not in migrations:
            raise fail(
                "report-older",
                f"It is of schema version {version}, from which no step leads to {SCHEMA_VERSION}.",
                file=file,
                remedy="Evaluate the submission again.",
            )
        document = {**migrations[step](document), "schema_version": step + 1}
    return document


def _broken(path: Path, what: str) -> ParetoNLPError:
    return fail("report-broken", what, file=str(path), remedy="Evaluate the submission again to renew it.")


def _findings(path: Path, error: ValidationError) -> Iterable[Finding]:
    for problem in error.errors(include_url=False, include_context=False)[:_MOST_FINDINGS]:
        yield Finding(
            "report-broken",
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}.",
            file=str(path),
            remedy="Evaluate the submission again to renew it.",
        )


def write_report(folder: Path, report: Report) -> None:
    """Writes ``report.json``: keys in the schema's order, floats to 12 digits, one line a record."""
    document = report.model_dump(mode="json")
    write_whole(folder / REPORT, (laid_out(_shortened(document)) + "\n").encode())


def merge(report: Report, results: Iterable[Result]) -> Report:
    """``report`` with ``results`` added, or put in place of those of the same suite, task and point.

    Every other result stays. They are in order of suite, task and point, whatever came first.
    """
    by_key = {(r.suite, r.task, r.point): r for r in (*report.results, *results)}
    merged = tuple(by_key[key] for key in sorted(by_key))
    return Report.model_validate({**dict(report), "results": merged})


def _shortened(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    return [_shortened(item) for item in value] if isinstance(value, list) else value


def laid_out(value: Any, indent: str = "") -> str:
    """JSON for eyes and ``git diff``: whatever fits on a line is on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(flat) <= 110:
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        items = [inner + laid_out(item, inner) for item in value]
    else:
        items = [
            f"{inner}{json.dumps(key, ensure_ascii=False)}: {laid_out(item, inner)}" for key, item in value.items()
        ]
    first, last = "[]" if isinstance(value, list) else "{}"
    return "\n".join([first, ",\n".join(items), indent + last])


def read_replicates(folder: Path) -> Replicates:
    """The replicates of a submission's folder; empty when it has none.

    Raises:
        ParetoNLPError: the file is no archive of one-dimensional, finite float64 arrays.
    """
    path = folder / REPLICATES
    try:
        data = read_bounded(path, MAX_REPLICATES_BYTES)
        with zipfile.ZipFile(_Pieces(data)) as archive:
            members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
            size = max(len(data), sum(member.file_size for member in members.values()))
            if size > MAX_REPLICATES_BYTES:
                raise ValueError(f"they are larger than {MAX_REPLICATES_BYTES:,} bytes")
            if len(members) < len(archive.infolist()):
                raise ValueError("a name is there twice")
            return {name: _array(archive, member) for name, member in members.items()}
    except FileNotFoundError:
        return {}
    except _UNREADABLE as error:
        raise fail(
            "replicates-broken",
            f"The replicates cannot be read: {error}.",
            file=str(path),
            remedy="Evaluate the submission again to renew them.",
        ) from error


class _Pieces(io.BytesIO):
    """Bytes of which only small pieces are read: ``zipfile`` reads a directory at once, and an array is small."""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next ``size`` bytes."""
        if size is not None and size > _MAX_PIECE:
            raise ValueError("a part of the archive is too large")
        return super().read(size)


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[np.float64]:
    """One array: its entries are what the file holds, whatever its header claims."""
    stream = io.BytesIO(archive.read(member))
    np.lib.format.read_magic(stream)
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    values = np.frombuffer(stream.read(), np.float64)
    if dtype != np.float64 or shape != values.shape or not np.isfinite(values).all():
        raise ValueError(f"{member.filename} is no one-dimensional array of finite float64")
    return values


def write_replicates(folder: Path, replicates: Replicates) -> None:
    """Writes ``replicates.npz``: float64 ``[count]`` by ``Result.replicates_key``, sorted by key."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for key in sorted(replicates):
            array = io.BytesIO()
            np.lib.format.write_array(array, replicates[key], version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), array.getvalue(), zipfile.ZIP_DEFLATED)
    write_whole(folder / REPLICATES, stream.getvalue())
