"""A submission that is in order, to be spoilt; and files of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import Finding, ParetoNLPError
from harness.submission import inspect_submission

MANIFEST = """\
name: tiny
method: low-rank
points:
  - name: rank-8
    options: {rank: 8}
  - name: rank-16
    options: {rank: 16}
"""
MODEL = """\
def build_model(dataset, rank):
    return None
"""
TSV = "index\tprediction\tnum_tokens\n0\t1\t7\n1\t0\t9\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission with predictions of both points, without errors or notes."""
    root = tmp_path / "tiny"
    root.mkdir()
    (root / "submission.yaml").write_text(MANIFEST)
    (root / "model.py").write_text(MODEL)
    for point in ("rank-8", "rank-16"):
        path = root / "predictions" / point / "elue" / "mrpc.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(TSV)
    return root


@pytest.fixture
def findings() -> Callable[[Callable[[], object]], tuple[Finding, ...]]:
    """The findings that a call raises; none where it returns."""

    def of(call: Callable[[], object]) -> tuple[Finding, ...]:
        try:
            call()
        except ParetoNLPError as error:
            return error.findings
        return ()

    return of


@pytest.fixture
def inspected() -> Callable[[Path], list[tuple[str, str | None, int | None]]]:
    """Code, file and row of everything that inspecting a path finds."""

    def of(path: Path) -> list[tuple[str, str | None, int | None]]:
        _, found = inspect_submission(path)
        return [(finding.code, finding.file, finding.row) for finding in found]

    return of
