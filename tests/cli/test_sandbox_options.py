"""``--sandbox`` and ``--trust-this-code``."""

import shutil
from pathlib import Path

import pytest

from harness.sandbox.levels import obstacle
from harness.store import read_report
from tests.conftest import Run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    kept = shutil.ignore_patterns("weights*", "report.json", "replicates.npz", "paraphrase.tsv", "similarity.tsv")
    return Path(shutil.copytree(ROOT / "submissions/dan-probe", tmp_path / "dan-probe", ignore=kept))


def test_no_sandbox_only_for_code_that_is_trusted(run: Run, folder: Path) -> None:
    result = run("evaluate", str(folder), "--sandbox", "none")
    assert result.code == 1
    assert "--trust-this-code" in result.err
    assert not (folder / "report.json").exists()


def test_a_level_that_is_not_there_is_an_error_and_nothing_runs(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    obstacle.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    result = run("evaluate", str(folder), "--sandbox", "isolated")
    obstacle.cache_clear()
    assert result.code == 1
    assert "The level isolated is not available here: bubblewrap is not installed" in result.err
    assert not (folder / "report.json").exists()


@pytest.mark.parametrize(("options", "level"), [(("--sandbox", "process"), "process"), ((), "hardened")])
def test_the_report_says_the_level(run: Run, folder: Path, options: tuple[str, ...], level: str) -> None:
    result = run("evaluate", str(folder), "--tasks", "sentiment", *options)
    assert result.code == 0, result.err
    assert {each.sandbox for each in read_report(folder).results} == {level}
