"""Heights above the reference curve and shares of a dense model's score, against the harness and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.elue_score import Curve, elue_score, reference_curve
from harness.findings import ParetoNLPError
from harness.tasks import SUITES
from leaderboard.points import View, points_of
from leaderboard.qualities import QUALITIES, Links, inside_reference, quality_of

# Table 5 of the ELUE paper: FLOPs in millions, scores in percent
ELASTICBERT = [(1059.5, 84.1), (1412.4, 85.7), (2118.9, 87.0), (4237.2, 88.6)]
ROBERTA = [(1041.3, 81.8), (1388.2, 84.6), (2082.0, 86.8), (4164.1, 88.3)]


def _links(flops, *, dense=(), curves=(), reference=(), parts=(), weights=()):
    """Links of task rows where nothing else is said."""
    count = len(flops)
    return Links(
        flops=np.array(flops, float),
        dense=np.array(dense if len(dense) else [-1] * count),
        reference=np.array(reference if len(reference) else [-1] * count, np.int32),
        curves=tuple(np.array(curve) for curve in curves),
        parts=np.array(parts if len(parts) else [[-1]] * count, np.int32),
        weights=np.array(weights if len(weights) else [[0.0]] * count),
    )


def _of(name, scores, links, rows=None):
    """A quality of rows (all) by their scores ``[n]``."""
    scores = np.array(scores, float)
    numbers = np.arange(len(scores)) if rows is None else np.array(rows)
    return quality_of(name, numbers, lambda chosen: scores[chosen][None], links)[0].tolist()


def test_the_mean_height_is_the_published_elue_score():
    flops = [cost for cost, _ in ELASTICBERT + ROBERTA]
    scores = [score / 100 for _, score in ELASTICBERT + ROBERTA]
    links = _links(flops, curves=[range(4)], reference=[0] * 8)
    above = _of("elue", scores, links)
    assert above[:4] == pytest.approx([0] * 4)
    assert 100 * np.mean(above[4:]) == pytest.approx(-0.896, abs=0.001)
    assert inside_reference(links).tolist() == [True] * 4 + [False, True, True, True]


def test_heights_by_hand():
    """A curve from 80 % at 2 FLOPs over 90 % at 4 to 92 % at 8; its ends go on as they end."""
    links = _links([2, 4, 8, 3, 6, 1, 10, np.nan], curves=[[0, 1, 2]], reference=[0] * 8)
    above = _of("elue", [0.80, 0.90, 0.92, 0.86, 0.90, 0.75, 0.95, 0.9], links)
    assert above == pytest.approx([0, 0, 0, 0.01, -0.01, 0, 0.02, np.nan], nan_ok=True)
    assert inside_reference(links).tolist() == [True, True, True, True, True, False, False, False]


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_heights_are_the_harness_differences(data):
    """Of random curves, for scores and for replicates; the numbers of rows are mixed up."""
    costs = data.draw(st.lists(st.integers(1, 40), min_size=2, max_size=6, unique=True))
    others = data.draw(st.lists(st.integers(0, 50), min_size=1, max_size=6))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    flops = np.array([*sorted(costs), *others], float)
    drawn = random.random((7, len(flops)))
    knots = len(costs)
    place = random.permutation(len(flops))  # of each row, its number in the index
    numbered = np.empty_like(flops)
    numbered[place] = flops
    scores = np.empty_like(drawn)
    scores[:, place] = drawn
    links = _links(numbered, curves=[place[:knots]], reference=[0] * len(flops))
    rows = place[knots:]
    found = quality_of("elue", rows, lambda chosen: scores[:, chosen], links)
    for number in range(len(drawn)):
        curve = reference_curve(flops[:knots], drawn[number, :knots])
        own = Curve(flops[knots:], drawn[number, knots:])
        expected = elue_score(own, curve, np.ones(len(others), bool)).points
        assert found[number] == pytest.approx([point.difference for point in expected])
        assert inside_reference(links)[rows].tolist() == [point.inside for point in expected]


def test_every_curve_measures_its_own_task():
    links = _links([1, 2, 1, 2, 1.5, 1.5], curves=[[0, 1], [2, 3]], reference=[0, 0, 1, 1, 0, 1])
    assert _of("elue", [0.5, 0.7, 0.1, 0.3, 0.65, 0.15], links) == pytest.approx([0, 0, 0, 0, 0.05, -0.05])


def test_no_reference_no_height():
    links = _links([1, 2, 3], curves=[[0, 1]], reference=[0, 0, -1])
    assert np.isnan(_of("elue", [0.5, 0.7, 0.9], links)).tolist() == [False, False, True]
    assert inside_reference(links).tolist() == [True, True, False]
    alone = _links([1, 2])
    assert np.isnan(_of("elue", [0.5, 0.6], alone)).all()
    assert not inside_reference(alone).any()


def test_share_of_the_dense_score_by_hand():
    links = _links([4, 2, 2, 2], dense=[0, 0, -1, 0])
    assert _of("kept", [0.8, 0.6, 0.9, 1.0], links) == pytest.approx([1, 0.75, np.nan, 1.25], nan_ok=True)
    assert _of("kept", [0.8, 0.6, 0.9, 1.0], links, rows=[3, 1]) == pytest.approx([1.25, 0.75])


def test_shares_of_replicates_are_paired():
    """Both are drawn on the same resamples: the quotient of each pair, not of the means."""
    drawn = np.array([[0.8, 0.4], [0.5, 0.5], [1.0, 0.1]])
    links = _links([2, 1], dense=[0, 0])
    found = quality_of("kept", np.array([1]), lambda chosen: drawn[:, chosen], links)
    assert found[:, 0].tolist() == pytest.approx([0.5, 1.0, 0.1])


def test_aggregates_are_weighted_means_of_their_tasks():
    """Three tasks, of which two share a vote; a point on each and the aggregate as row 6 (dense: 0, 1, 2; 7)."""
    flops = [2, 2, 2, 1, 1, 1, 1, 2]
    scores = [0.8, 0.5, 1.0, 0.6, 0.5, 0.5, -1, -1]
    parts = [[-1] * 3] * 6 + [[3, 4, 5], [0, 1, 2]]
    weights = [[0.0] * 3] * 6 + [[0.5, 0.25, 0.25]] * 2
    links = _links(flops, dense=[0, 1, 2, 0, 1, 2, -1, -1], parts=parts, weights=weights)
    assert _of("kept", scores, links, rows=[6, 7]) == pytest.approx([0.5 * 0.75 + 0.25 * 1 + 0.25 * 0.5, 1])
    assert np.isnan(_of("elue", scores, links, rows=[6, 7])).all()


def test_an_aggregate_is_inside_where_all_its_parts_are():
    parts = [[-1, -1]] * 6 + [[4, 5], [0, 2], [0, -1]]
    links = _links(
        [1, 3, 1, 3, 2, 4, 1, 1, 9], curves=[[0, 1], [2, 3]], reference=[0, 0, 1, 1, 0, 1, -1, -1, -1], parts=parts
    )
    assert inside_reference(links).tolist() == [True] * 5 + [False, False, True, True]


@pytest.mark.parametrize("suite", ["elue", "glue"])
def test_aggregates_of_a_store_follow_the_groups(full, suite):
    """MNLI's two halves share one vote of GLUE's nine."""
    names = [task.name for task in SUITES[suite].tasks]
    paired = {name for group in SUITES[suite].groups for name in group}
    votes = len(names) - len(paired) + len(SUITES[suite].groups)
    for quality in ("score", "elue", "kept"):
        by_task = full.index.rows.pivot_table(quality, ["suite", "submission", "point"], "task", dropna=False)
        for row in full.index.board(suite, "").itertuples():
            own = by_task.loc[(suite, row.submission, row.point)]
            expected = sum(own[name] / (votes * (2 if name in paired else 1)) for name in names)
            assert getattr(row, quality) == pytest.approx(expected, nan_ok=True)


def test_intervals_are_percentiles_of_the_paired_replicates(full):
    index = full.index
    board = index.board("elue", "mrpc")
    for quality in ("elue", "kept"):
        numbers = board.index[board["has_replicates"]].to_numpy()
        for number in numbers:
            own = index.scores(np.array([number]))[:, 0]
            if quality == "kept":
                dense = index.links.dense[number]
                expected = own / index.scores(np.array([dense]))[:, 0] if dense >= 0 else np.full(1000, np.nan)
            else:
                expected = _heights(index, number, own)
            low, high = np.quantile(expected, [0.025, 0.975])
            assert board.loc[number, f"{quality}_low"] == pytest.approx(low, nan_ok=True)
            assert board.loc[number, f"{quality}_high"] == pytest.approx(high, nan_ok=True)
        assert board.loc[~board["has_replicates"], f"{quality}_low"].isna().all()


def _heights(index, number, own):
    """Above the curve of ``deep``, by numpy's own interpolation where the point is inside."""
    curve = index.board("elue", "mrpc").query("submission == 'deep'").sort_values("flops")
    flops = index.rows.loc[number, "flops"]
    knots = index.scores(curve.index.to_numpy())
    if index.rows.loc[number, "inside_reference"]:
        return own - [np.interp(flops, curve["flops"], row) for row in knots]
    if np.isnan(index.rows.loc[number, "elue"]):
        return np.full(len(own), np.nan)
    first, second = (0, 1) if flops < curve["flops"].iloc[0] else (1, 2)
    x = curve["flops"].to_numpy()
    slope = (knots[:, second] - knots[:, first]) / (x[second] - x[first])
    return own - (knots[:, first] + slope * (flops - x[first]))


@pytest.mark.parametrize(("dense", "noise"), [(0.0, None), (0.0, 0.0), (0.001, 0.02), (-0.2, 0.001)])
def test_a_dense_model_that_is_no_better_than_chance_is_nothing_to_keep(indexed, stored, make_result, dense, noise):
    """Matthews' correlation may be 0, or less: no share of it, no frontier with it, and no warning of numpy."""
    index = indexed(
        stored("whole", make_result("glue", "cola", score=dense, flops=2e9), noise=noise, backbone="bert"),
        stored("part", make_result("glue", "cola", score=0.1), noise=noise, backbone="bert", method="svd"),
        stored("else", make_result("glue", "cola", score=0.5), noise=noise, backbone="x", method="dense"),
    )
    with np.errstate(all="raise"):
        points = points_of(index, View("glue", "cola", quality="kept"))
    ranked = points.rows.set_index("submission")["ranked"]
    assert ranked.to_dict() == {"whole": False, "part": False, "else": True}
    assert np.isfinite(points.rows.loc[points.rows["ranked"], "y"]).all()


def test_a_reference_of_two_points_of_equal_cost_is_none(indexed, stored, make_result):
    with pytest.raises(ParetoNLPError):
        reference_curve(np.array([1.0, 1.0]), np.array([0.5, 0.6]))
    twice = [make_result(point=name, flops=1e9) for name in "ab"]
    index = indexed(stored("one", *twice, noise=0.01, backbone="bert"))
    assert index.rows["elue"].isna().all()


def test_qualities_are_named():
    assert list(QUALITIES) == ["score", "elue", "kept"]
    assert all(name == each.name and each.title and each.explanation for name, each in QUALITIES.items())
