from datetime import date
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.regression import append_to_changelog, expected_spread, read_expectation, record_spread, update
from harness.regression.spread import spread_of
from tests.regression.conftest import LOAD, SENTIMENT

CURVES = {seed: {"sentiment": {"low": (10.0, 0.5 + seed / 100)}} for seed in (0, 1, 2)}


def flip(file: Path, sample: int) -> None:
    lines = file.read_text().splitlines()
    index, label, tokens = lines[sample + 1].split("\t")
    lines[sample + 1] = "\t".join((index, str(1 - int(label)), tokens))
    file.write_text("\n".join(lines) + "\n")


def test_an_update_is_written_and_says_what_drifted(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.regression.rerun.run_again", lambda *_: [])  # as where there are no weights
    folder, expected = copy / "submissions" / "small", copy / "expected"
    record_spread(expected, "small", "probe", spread_of(CURVES))
    before = read_expectation(expected / "small.json").suites["probe"]
    flip(folder / "predictions" / "low" / "probe" / "sentiment.tsv", 1234)
    lines, wrong = update([folder], "probe", SENTIMENT, LOAD, expected, print)
    assert (lines, wrong) == (["small, probe: 1 of predictions, 1 of score"], [])
    now = read_expectation(expected / "small.json").suites["probe"]
    assert abs(now.results[0].score - before.results[0].score) == pytest.approx(1 / 2000)
    assert now.spread == before.spread == spread_of(CURVES)


def test_what_a_second_run_answers_otherwise_is_not_expected(copy: Path) -> None:
    folder, expected = copy / "submissions" / "small", copy / "expected"
    flip(folder / "predictions" / "low" / "probe" / "sentiment.tsv", 0)
    before = {path: path.read_bytes() for path in copy.rglob("*.*") if path.is_file()}
    lines, wrong = update([folder], "probe", SENTIMENT, LOAD, expected, print)
    assert lines == []
    assert [(finding.code, finding.row) for finding in wrong] == [("not-reproduced", 2)]
    assert {path: path.read_bytes() for path in before} == before


def test_the_changelog_grows_at_its_end(tmp_path: Path) -> None:
    append_to_changelog(tmp_path, "First", ["a, probe: 8 results"], date(2026, 1, 2))
    append_to_changelog(tmp_path, "The formula\nof softmax", ["b, probe: 4 of flops"], date(2026, 3, 4))
    text = (tmp_path / "CHANGELOG.md").read_text()
    assert text.endswith(
        "\n## 2026-01-02: First\n\n- a, probe: 8 results\n"
        "\n## 2026-03-04: The formula of softmax\n\n- b, probe: 4 of flops\n"
    )
    assert text.count("# Why expectations changed") == 1


def test_a_spread_that_is_not_recorded_is_asked_for(copy: Path) -> None:
    folder, expected = copy / "submissions" / "small", copy / "expected"
    with pytest.raises(ParetoNLPError, match="--retrain --update"):
        expected_spread(expected, "probe", folder)
    record_spread(expected, "small", "probe", spread_of(CURVES))
    assert expected_spread(expected, "probe", folder) == spread_of(CURVES)
