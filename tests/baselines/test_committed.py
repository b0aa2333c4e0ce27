"""Every committed submission, its report and what is expected of it are of one folder and say one thing."""

from pathlib import Path

import pytest

from baselines.spread import EXPECTED
from harness.regression import read_expectation
from harness.store import read_report
from harness.submission import load_submission

SUBMISSIONS = Path(__file__).parents[2] / "submissions"
FOLDERS = sorted(path.parent for path in SUBMISSIONS.glob("*/submission.yaml"))


def test_something_is_expected_of_every_submission() -> None:
    assert [folder.name for folder in FOLDERS] == sorted(path.stem for path in EXPECTED.glob("*.json"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_report_and_expectation_are_of_the_folder_and_say_the_same(folder: Path) -> None:
    report, expectation = read_report(folder), read_expectation(EXPECTED / f"{folder.name}.json")
    committed = load_submission(folder).folder_sha256()
    assert report.folder_sha256 == committed
    assert {of_suite.folder_sha256 for of_suite in expectation.suites.values()} == {committed}
    reported = {(result.suite, result.task, result.point): result.score.value for result in report.results}
    assert reported == pytest.approx(
        {
            (suite, result.task, result.point): result.score
            for suite, of_suite in expectation.suites.items()
            for result in of_suite.results
        }
    )
