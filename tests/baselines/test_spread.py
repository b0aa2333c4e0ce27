"""How far figures are chance: three made-up stores worked by hand, and the committed ones."""

from pathlib import Path

import pytest

from baselines.spread import EXPECTED, document, recorded, scores, seed_stores
from harness.store import read_report, write_report

SUBMISSIONS = Path(__file__).parents[2] / "submissions"


@pytest.mark.parametrize(
    ("values", "summary", "best"),
    [
        ((0.80, 0.82, 0.87), "83.0 | 3.6 | 80.0, 82.0, 87.0", 0),  # squares of -3, -1, 4 sum to 26, over 2
        ((0.87, 0.80, 0.82), "83.0 | 3.6 | 87.0, 80.0, 82.0", 1),
        ((0.73, 0.73, 0.73), "73.0 | 0.0 | 73.0, 73.0, 73.0", 0),  # a tie has no best
    ],
)
def test_mean_and_sample_deviation_of_points_in_all_stores(
    tmp_path: Path, values: tuple[float, ...], summary: str, best: int
) -> None:
    report = read_report(SUBMISSIONS / "dense-probe")
    both = [result for result in report.results if result.task == "sentiment"][:2]
    for seed, value in enumerate(values):
        score = both[0].score.model_copy(update={"value": value})
        results = (both[0].model_copy(update={"score": score}), *(both[1:] if seed else ()))
        write_report(tmp_path / str(seed) / "dense-probe", report.model_copy(update={"results": results}))
    text = document([tmp_path / str(seed) for seed in range(3)], tmp_path / "nowhere")
    assert text.splitlines()[-1] == f"| dense-probe | {both[0].point} | probe/sentiment | {summary} |"
    assert text.count("dense-probe") == 1
    assert f"\n| probe/sentiment | 1 | {summary.split(' | ')[1]} | {best} |\n" in text


def test_the_first_of_three_seeds_is_the_one_that_is_published() -> None:
    published = scores(SUBMISSIONS)
    found = dict(recorded(EXPECTED))
    assert {submission for submission, *_ in found} == {path.stem for path in EXPECTED.glob("*-probe.json")}
    for key, values in found.items():
        assert len(values) == 3
        assert values[0] == pytest.approx(published[key])


def test_stores_of_other_seeds_hold_points_that_are_published() -> None:
    published, *others = (scores(store) for store in seed_stores(SUBMISSIONS))
    assert len(others) == 2
    for other in others:
        assert other
        assert other.keys() <= published.keys()
