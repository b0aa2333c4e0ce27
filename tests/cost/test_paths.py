"""Distinct paths and what they cost, counted by hand."""

import numpy as np
import pytest

from harness.cost.path_costs import LARGEST, price_each, price_rows
from harness.cost.paths import Paths, distinct_paths
from harness.cost.tape import Node, Ref, Tape, Value
from harness.findings import ParetoNLPError
from tests.cost.tapes import classifier, flops_of, macs_of, staged


def test_paths_without_any_size_are_one() -> None:
    paths = distinct_paths({}, None, 7)
    assert (len(paths), paths.samples.tolist(), paths.exit_stage) == (1, [7], None)
    assert paths.distinct_sizes() == [{}]


def test_sizes_once_whatever_the_stage() -> None:
    sizes = {"a": np.array([9, 4, 9, 4]), "b": np.array([1, 2, 1, 2])}
    paths = distinct_paths(sizes, np.array([1, 1, 2, 1]), 4)
    assert len(paths) == 3
    assert paths.distinct_sizes() == [{"a": 4, "b": 2}, {"a": 9, "b": 1}]
    assert paths.samples.tolist() == [2, 1, 1]


def test_tapes_of_one_kind_are_priced_once_and_others_by_themselves() -> None:
    short, long = classifier(4), classifier(9)
    paths = Paths({}, None, np.array([2, 3, 5]))
    costs = price_each([short, long, short], paths)
    assert costs.macs.tolist() == [macs_of(4), macs_of(9), macs_of(4)]
    assert costs.flops.tolist() == [flops_of(4), flops_of(9), flops_of(4)]
    assert sum(work.macs for work in costs.by_module.values()) == 7 * macs_of(4) + 3 * macs_of(9)


def test_stages_that_ran() -> None:
    paths = Paths({}, np.array([1, 3]), np.array([1, 1]))
    tape = staged(5)
    costs = price_each([tape, tape], paths)
    assert costs.flops.tolist() == [9, 9 + 18 + 27]
    assert costs.stage_flops.tolist() == [[9, 18, 27]] * 2


def unpriced(calls: int) -> Tape:
    node = Node("mine.fused.default", (Ref(0),), {}, (), "")
    return Tape((Value((2,), "float32"),), {"x": 0}, (), (node,) * calls)


def test_the_most_calls_without_a_formula_are_told() -> None:
    costs = price_each([unpriced(2), unpriced(5), unpriced(3)], Paths({}, None, np.ones(3, np.int64)))
    assert costs.unpriced == {"mine.fused.default": 5}


def test_sums_beyond_64_bits_are_exact_and_paths_beyond_are_refused() -> None:
    samples = 10**17
    paths = Paths({}, None, np.array([samples]))
    costs = price_rows(classifier(4), paths, flops_of(4))
    assert sum(work.flops for work in costs.by_operator.values()) == samples * flops_of(4) > 1 << 63
    with pytest.raises(ParetoNLPError) as caught:
        price_rows(classifier(4), paths, LARGEST)
    assert [finding.code for finding in caught.value.findings] == ["cost-out-of-range"]
