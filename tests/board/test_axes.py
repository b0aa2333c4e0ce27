import pytest

from harness.board import AXES, axis
from harness.findings import ParetoNLPError


def test_axes_read_their_own_cost(make_result):
    result = make_result(
        flops=8e9,
        parameters=60,
        cost={"effective_flops": 3e9},
        counts={"non_embedding": 50, "nonzero": 40, "bytes": 240, "nonzero_provenance": "measured"},
    )
    assert {name: axis.cost(result) for name, axis in AXES.items()} == {
        "flops": 8e9,
        "macs": 4e9,
        "effective_flops": 3e9,
        "parameters": 60,
        "non_embedding": 50,
        "nonzero": 40,
        "bytes": 240,
    }
    assert all(axis.measured(result) for axis in AXES.values())


def test_what_needs_weights_is_measured_only_with_weights(make_result):
    result = make_result(cost={"effective_flops": 3e9}, counts={"nonzero": 40})
    measured = {name for name, axis in AXES.items() if axis.measured(result)}
    assert measured == {"flops", "macs", "parameters", "non_embedding", "bytes"}


def test_declared_costs_are_not_measured(make_result):
    work = make_result(cost={"provenance": "declared", "tracing": "declared"})
    assert {n for n, a in AXES.items() if not a.measured(work)} >= {"flops", "macs"}
    size = make_result(counts={"provenance": "declared"})
    assert {n for n, a in AXES.items() if not a.measured(size)} >= {"parameters", "bytes"}


def test_unknown_axis_is_explained():
    assert axis("macs").title == "MACs"
    with pytest.raises(ParetoNLPError, match="Did you mean 'flops'"):
        axis("flop")


def test_costs_that_are_not_known_are_none(make_result):
    unknown = {"provenance": "declared", "tracing": "declared", "flops": None, "macs": None}
    result = make_result(cost=unknown, counts={"provenance": "declared", "total": None})
    assert {axis.cost(result) for axis in AXES.values()} == {None}
