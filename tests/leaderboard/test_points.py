"""The points of a view, against the harness's boards and against brute force."""

import numpy as np
import pandas as pd
import pytest

from harness.board import AXES, SIZE_TRACKS, band, size_track
from harness.frontier import best_score, front_band, hypervolume, hypervolume_contributions, pareto_front
from harness.tasks import SUITES
from leaderboard.points import NO_DENSE, View, area, best_within, points_of

BOARDS = [("elue", ""), ("elue", "mrpc"), ("elue", "snli"), ("glue", ""), ("glue", "mnli")]


def _by_name(points):
    return {(row.submission, row.point): row for row in points.rows.itertuples()}


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_frontier_figures_are_the_boards(full, suite, task, axis):
    rows = _by_name(points_of(full.index, View(suite, task, axis)))
    board = full.board(suite, task, axis)
    assert len(rows) == len(board.rows)
    for row in board.rows:
        found = rows[row.submission, row.point]
        assert (found.ranked, found.on_frontier) == (row.ranked, row.on_frontier)
        assert found.not_ranked == "; ".join(row.not_ranked)
        expected = np.nan if row.frontier_probability is None else row.frontier_probability
        assert found.probability == pytest.approx(expected, nan_ok=True)
        expected = np.nan if row.hypervolume_contribution is None else row.hypervolume_contribution
        assert found.contribution == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("axis", ["flops", "parameters"])
@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_band_is_that_of_all_ranked_rows(full, suite, task, axis):
    drawn = points_of(full.index, View(suite, task, axis)).band
    low, high = band(full.board(suite, task, axis).rows, AXES[axis], drawn["x"].to_numpy())
    assert len(drawn) > 100
    assert drawn["low"].to_numpy() == pytest.approx(low, nan_ok=True)
    assert drawn["high"].to_numpy() == pytest.approx(high, nan_ok=True)


@pytest.mark.parametrize(("suite", "task"), BOARDS)
def test_area_is_the_standings_hypervolume(full, suite, task):
    for axis in AXES:
        standings = full.board(suite, task, axis).standings
        expected = {row.submission: row.hypervolume for row in standings if row.hypervolume is not None}
        assert area(points_of(full.index, View(suite, task, axis))) == pytest.approx(expected)


FILTERS = {
    "methods": {"methods": ("svd", "dense")},
    "one method": {"methods": ("pabee",)},
    "backbones": {"backbones": ("roberta",)},
    "unknown": {"methods": ("nobody's",)},
    "measured": {"proofs": ("cost",)},
    "confirmed": {"proofs": ("cost", "lengths")},
    "reproduced": {"proofs": ("answers",)},
    "range": {"flops": (3e9, 7e9)},
    "small": {"track": SIZE_TRACKS[0]},
    "large": {"track": SIZE_TRACKS[-1]},
    "together": {
        "methods": ("svd", "dense", "pabee"),
        "backbones": ("bert",),
        "flops": (2e9, 9e9),
        "proofs": ("cost",),
    },
}


def _passes(row, within, methods=(), backbones=(), proofs=(), flops=None, track=0):
    """What a view asks of one of the harness's rows."""
    proved = {
        "cost": row.marks.cost == "measured",
        "lengths": row.marks.lengths == "confirmed",
        "answers": row.marks.predictions == "reproduced",
    }
    cost = row.costs["flops"]
    return (
        (not methods or row.method in methods)
        and (not backbones or row.backbone in backbones)
        and all(proved[proof] for proof in proofs)
        and (flops is None or (cost is not None and flops[0] <= cost <= flops[1]))
        and (not track or row.submission in within)
    )


@pytest.mark.parametrize("chosen", FILTERS.values(), ids=list(FILTERS))
@pytest.mark.parametrize(("suite", "task"), [("elue", ""), ("elue", "mrpc")])
def test_filtered_views_have_the_frontier_of_what_is_left(full, suite, task, chosen):
    points = points_of(full.index, View(suite, task, **chosen))
    within = {row.submission for row in size_track(full.stored, SUITES[suite], chosen.get("track") or 0)}
    board = full.board(suite, task).rows
    left = [row for row in board if _passes(row, within, **chosen)]
    rows = _by_name(points)
    assert sorted(rows) == sorted((row.submission, row.point) for row in left)
    assert points.hidden == len(board) - len(left)
    ranked = [row for row in left if row.ranked]
    if not ranked:
        assert not points.rows["on_frontier"].any()
        assert points.band.empty
        return
    cost = np.array([row.costs["flops"] for row in ranked])
    score = np.array([row.score.value for row in ranked])
    drawn = np.stack(
        [np.full(1000, r.score.value) if r.score.replicates is None else r.score.replicates for r in ranked], axis=1
    )
    front, shares = pareto_front(cost, score), hypervolume_contributions(cost, score, (1.1 * cost.max(), 0.0))
    chances = pareto_front(cost, drawn).mean(axis=0)
    for row, on, share, chance in zip(ranked, front, shares / (1.1 * cost.max()), chances, strict=True):
        found = rows[row.submission, row.point]
        assert found.on_frontier == on
        assert found.contribution == pytest.approx(share)
        sure = row.score.replicates is not None
        assert found.probability == pytest.approx(chance if sure else np.nan, nan_ok=True)
    if not any(row.score.replicates is not None for row in ranked):
        assert points.band.empty
        return
    low, high = front_band(cost, drawn, points.band["x"].to_numpy())
    assert points.band["low"].to_numpy() == pytest.approx(low, nan_ok=True)
    assert points.band["high"].to_numpy() == pytest.approx(high, nan_ok=True)


def test_the_filters_leave_something_and_take_something(full):
    hidden = {name: points_of(full.index, View("elue", "mrpc", **chosen)).hidden for name, chosen in FILTERS.items()}
    size = len(full.index.board("elue", "mrpc"))
    assert hidden.pop("unknown") == hidden.pop("reproduced") == size
    assert hidden.pop("large") > 0, "what declares its parameters is in no track"
    assert all(0 < count < size for count in hidden.values())


def test_what_only_stands_in_counts_for_the_contribution(indexed, stored, make_result):
    """Far too poor to be on the frontier in any replicate, and yet there when the better point is not."""
    index = indexed(
        stored("small", make_result(score=0.7, flops=1e9), noise=0.001),
        stored("poor", make_result(score=0.6, flops=2e9), noise=0.001),
        stored("large", make_result(score=0.9, flops=4e9), noise=0.001),
    )
    found = points_of(index, View("elue", "mrpc")).rows.set_index("submission")
    # box: 4.4e9 FLOPs wide, 1 high; without `small`, `poor` would stand in from 2e9 on
    assert found.loc["small", "contribution"] == pytest.approx((3 * 0.7 - 2 * 0.6) / 4.4)
    assert found.loc["large", "contribution"] == pytest.approx(0.4 * 0.2 / 4.4)
    assert found.loc["poor", ["contribution", "probability"]].tolist() == [0, 0]


@pytest.mark.parametrize("seed", range(9))
def test_random_boards_have_the_boards_figures(indexed, stored, make_result, seed):
    """Ties of cost and of score included."""
    random = np.random.default_rng(seed)
    results = [
        make_result(point=f"p{number}", score=random.integers(50, 60) / 100, flops=float(random.integers(1, 6)) * 1e9)
        for number in range(12)
    ]
    index = indexed(stored("one", *results, noise=[None, 0.003, 0.03][seed % 3], method="svd"))
    found = points_of(index, View("elue", "mrpc")).rows
    cost = np.array([result.cost.flops.mean for result in results])
    score = np.array([result.score.value for result in results])
    worst = 1.1 * cost.max(), 0.0
    own = found.set_index("point").loc[[result.point for result in results]]
    assert own["on_frontier"].tolist() == pareto_front(cost, score).tolist()
    shares = hypervolume_contributions(cost, score, worst) / worst[0]
    assert own["contribution"].tolist() == pytest.approx(shares.tolist())
    assert area(points_of(index, View("elue", "mrpc"))) == pytest.approx(
        {"one": hypervolume(cost, score, worst) / worst[0]}
    )
    assert found["x"].is_monotonic_increasing
    assert all(own["y"].is_monotonic_decreasing for _, own in found.groupby("x"))


def test_points_without_a_cost_come_last_and_are_not_ranked(full):
    rows = points_of(full.index, View("elue", "mrpc")).rows
    assert pd.isna(rows["x"].iloc[-1])
    last = rows.iloc[-1]
    assert (last["submission"], last["ranked"], last["not_ranked"]) == ("costless", False, "FLOPs not known")


def test_other_qualities_say_why_a_point_is_not_ranked(full):
    rows = points_of(full.index, View("elue", "mrpc", quality="elue")).rows.set_index(["submission", "point"])
    assert rows.loc[("ranks", "64"), "not_ranked"] == "outside the reference curve's range of FLOPs"
    assert not rows.loc[("ranks", "64"), "ranked"]
    assert rows.loc[("ranks", "96"), "not_ranked"] == ""
    assert rows.loc[("old", "x"), "not_ranked"].startswith("other data")
    rows = points_of(full.index, View("elue", "mrpc", quality="kept")).rows.set_index(["submission", "point"])
    assert rows.loc[("odd", "x"), "not_ranked"] == NO_DENSE
    assert rows.loc[("ranks", "64"), "ranked"]


@pytest.mark.parametrize("quality", ["elue", "kept"])
def test_other_qualities_have_a_frontier_of_their_own(full, quality):
    points = points_of(full.index, View("elue", "", quality=quality))
    ranked = points.rows[points.rows["ranked"]]
    assert len(ranked) > 3
    cost, value = ranked["x"].to_numpy(), ranked["y"].to_numpy()
    assert ranked["on_frontier"].tolist() == pareto_front(cost, value).tolist()
    assert points.rows.loc[~points.rows["ranked"], "probability"].isna().all()
    middle = best_score(cost, value, points.band["x"].to_numpy())
    assert ((points.band["low"] <= middle) & (middle <= points.band["high"])).mean() > 0.9


@pytest.mark.parametrize("most", [1e9, 2.2e9, 4.5e9, 7e9, 1e12])
def test_the_best_within_a_budget(full, most):
    board = [row for row in full.board("elue", "mrpc").rows if row.ranked and row.costs["flops"] <= most]
    best = best_within(points_of(full.index, View("elue", "mrpc")), most)
    if not board:
        assert best is None
        return
    expected = max(board, key=lambda row: (row.score.value, -row.costs["flops"]))
    assert (best["submission"], best["point"]) == (expected.submission, expected.point)


def test_of_equal_points_the_cheapest_is_the_best(indexed, stored, make_result):
    results = [make_result(point=name, score=0.8, flops=flops) for name, flops in (("a", 3e9), ("b", 2e9), ("c", 4e9))]
    best = best_within(points_of(indexed(stored("one", *results)), View("elue", "mrpc")), 5e9)
    assert best["point"] == "b"


@pytest.mark.parametrize("of_all", [True, False])
def test_a_view_of_nothing_is_empty(full, indexed, of_all):
    index = full.index if of_all else indexed()
    for view in (View("superglue"), View("elue", "nothing"), View("probe", "sentiment", quality="kept", track=1)):
        points = points_of(index, view)
        assert (len(points.rows), len(points.band), points.hidden) == (0, 0, 0)
        assert (area(points), best_within(points, 1e20)) == ({}, None)
