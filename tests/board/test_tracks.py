import pytest

from harness.board import SIZE_TRACKS, size_track
from harness.tasks import SUITES

ELUE = SUITES["elue"]


@pytest.fixture
def entries(stored, make_result):
    def everywhere(point, score, parameters, **more):
        return [
            make_result("elue", task.name, point, score=score, parameters=parameters, **more) for task in ELUE.tasks
        ]

    declared = {"provenance": "declared"}
    return [
        stored("albert", *everywhere("full", 0.85, 12_000_000)),
        stored("static", *everywhere("3", 0.8, 45_700_000), *everywhere("12", 0.9, 109_500_000)),
        stored("tiny", *everywhere("4", 0.81, 14_500_000), *everywhere("6", 0.87, 67_000_000)),
        stored("part", make_result("elue", "mrpc", score=0.99, parameters=1)),
        stored("says-so", *everywhere("full", 0.99, 1, counts=declared)),
    ]


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (40_000_000, ["albert", "part"]),
        (55_000_000, ["albert", "part"]),
        (70_000_000, ["tiny", "albert", "part"]),
        (110_000_000, ["static", "tiny", "albert", "part"]),
    ],
)
def test_largest_point_decides_the_track(entries, most, expected):
    assert most in SIZE_TRACKS
    assert [row.submission for row in size_track(entries, ELUE, most)] == expected


def test_best_point_of_each_task_counts(entries):
    (static, *_, part) = size_track(entries, ELUE, 110_000_000)
    assert static.mean.value == pytest.approx(0.9)
    assert {row.point for row in static.best.values()} == {"12"}
    assert static.parameters == 109_500_000
    assert part.mean is None
    assert list(part.best) == ["mrpc"]
