"""Tapes as JSON: what is written is read back, and nothing else gets in."""

import copy
import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cost.pricing import price
from harness.cost.tape import Leaf, Node, Ref, Symbol, Tape, Value
from harness.cost.tape_json import from_json, to_json
from harness.cost.tape_reading import CONSTANT_BYTES
from harness.cost.tracing import build_on_meta, record
from harness.findings import ParetoNLPError
from tests.cost.tapes import classifier, staged
from tests.cost.zoo import MODELS, inputs_of


def sent(tapes: list[Tape]) -> Any:
    """What arrives at the other end of a pipe."""
    return json.loads(json.dumps(to_json(tapes), allow_nan=False))


def test_tapes_come_back_as_they_were() -> None:
    tapes = [classifier(4), staged(5), classifier(9, 3)]
    assert from_json(sent(tapes)) == tapes


def test_tapes_of_one_kind_share_a_skeleton() -> None:
    data = to_json([classifier(size) for size in range(3, 20)])
    assert (len(data["skeletons"]), len(data["tapes"])) == (1, 17)
    one = len(json.dumps(to_json([classifier(3)])))
    assert len(json.dumps(data)) < 3 * one


@pytest.mark.parametrize("name", sorted(MODELS))
def test_architectures(name: str) -> None:
    model, recorder = build_on_meta(MODELS[name])
    tapes = [record(model, inputs_of(name, tokens), recorder) for tokens in (9, 20)]
    assert from_json(sent(tapes)) == tapes


def test_arguments_of_every_kind() -> None:
    x = Value((2, 3), "float32")
    arguments = (None, True, False, 7, -(2**63), 0.1, 1e-45, math.inf, -math.inf, "a text", "#", "~", Ref(0))
    nested = ((), ((1, 2.0), (Ref(0), (None,))), Symbol("dtype", "float32"), Symbol("device", ""))
    node = Node("aten.add.Tensor", (*arguments, *nested), {"b": 1, "a": 2, "dtype": None}, (1,), "m.0", 4)
    sparse = Value((3, 4), "float64", "sparse_csr", 5)
    leaves = (
        Leaf("w", 2, "parameter"),
        Leaf("", 3, "constant", (True, False)),
        Leaf("c", 4, "buffer", (-math.inf, 0.5)),
    )
    values = (x, x, sparse, Value((2,), "bool"), Value((2,), "float32"))
    tape = Tape(values, {"x": 0}, leaves, (node,), {"logits": 1}, with_values=True)
    (back,) = from_json(sent([tape]))
    assert back == tape
    assert [type(arg) for arg in back.nodes[0].args] == [type(arg) for arg in node.args]


def test_not_a_number_comes_back() -> None:
    x = Value((1,), "float32")
    tape = Tape((x, x), {"x": 0}, (), (Node("aten.mul.Scalar", (Ref(0), math.nan), {}, (1,), ""),))
    assert math.isnan(from_json(sent([tape]))[0].nodes[0].args[1])


def test_complex_constants_come_back() -> None:
    leaf = Leaf("frequencies", 0, "constant", (1 + 2j, complex(0.5, math.inf)))  # type: ignore[arg-type]
    tape = Tape((Value((2,), "complex64"),), {}, (leaf,), ())
    assert from_json(sent([tape])) == [tape]


def change(*path: Any, to: Any) -> Callable[[Any], None]:
    """Put a value at a place of the data."""

    def apply(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = to

    return apply


def drop(*path: Any) -> Callable[[Any], None]:
    """Take an item away."""

    def apply(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        del data[path[-1]]

    return apply


SKELETON, NODE = ("skeletons", 0), ("skeletons", 0, "nodes", 1)
INTS = ("tapes", 0, 1)

BREAKS = {
    "another key": change("extra", to=1),
    "no tapes": drop("tapes"),
    "a skeleton's key": change(*SKELETON, "extra", to=1),
    "a skeleton without nodes": drop(*SKELETON, "nodes"),
    "skeleton out of range": change("tapes", 0, 0, to=1),
    "skeleton by a bool": change("tapes", 0, 0, to=False),
    "too few ints": drop(*INTS, 0),
    "a real among ints": change(*INTS, 0, to=1.0),
    "a bool among ints": change(*INTS, 0, to=True),
    "a text among ints": change(*INTS, 0, to="1"),
    "a negative dimension": change(*INTS, 0, to=-1),
    "an enormous dimension": change(*INTS, 0, to=1 << 60),
    "an enormous int": change(*INTS, -1, to=1 << 64),
    "reals for nothing": change("tapes", 0, 2, to=[1.0]),
    "an int of no list": change("tapes", 0, 1, to=7),
    "an operator with a call": change(*SKELETON, "ops", 0, to="aten.add.Tensor()"),
    "an operator without overload": change(*SKELETON, "ops", 0, to="aten.add"),
    "an operator with a newline": change(*SKELETON, "ops", 0, to="aten.add.Tensor\n"),
    "an operator that is no text": change(*SKELETON, "ops", 0, to=3),
    "a long module": change(*SKELETON, "modules", 0, to="m" * 5000),
    "a module with a terminal's colour": change(*SKELETON, "modules", 0, to="\x1b[31m"),
    "a module that is no unicode": change(*SKELETON, "modules", 0, to="\ud800"),
    "operator out of range": change(*NODE, 0, to=99),
    "module out of range": change(*NODE, 1, to=-1),
    "stage out of range": change(*NODE, 2, to=10**9),
    "a reference to a later value": change(*NODE, 3, 0, to=7),
    "a reference to itself": change(*NODE, 3, 0, to=5),
    "a reference to no value": change(*NODE, 3, 0, to=99),
    "a real argument": change(*NODE, 3, 0, to=0.5),
    "an object argument": change(*NODE, 3, 0, to={}),
    "an unknown tag": change(*NODE, 3, 0, to=["z", 1]),
    "an empty list": change(*NODE, 3, 0, to=[]),
    "a symbol with code": change(*NODE, 3, 0, to=["y", "dtype", "__import__('os')"]),
    "deep tuples": change(*NODE, 3, 0, to=["t", ["t", ["t", ["t", ["t", ["t", ["t", ["t", ["t", ["t"]]]]]]]]]]),
    "an argument with a strange name": change(*NODE, 4, to={"a b": None}),
    "an output written twice": change(*NODE, 5, to=[2]),
    "an output that is an input": change(*NODE, 5, to=[0]),
    "an output out of range": change(*NODE, 5, to=[99]),
    "a node too short": drop(*NODE, 5),
    "an output of the tape that nobody wrote": change(*SKELETON, "outputs", "logits", to=99),
    "two inputs of one value": change(*SKELETON, "inputs", "other", to=0),
    "a leaf of another kind": change(*SKELETON, "leaves", 0, 2, to="weight"),
    "a leaf that is an input": change(*SKELETON, "leaves", 0, 1, to=0),
    "a parameter with data": change(*SKELETON, "leaves", 1, 3, to=[0.0] * 64),
    "a constant of another dtype": change(*SKELETON, "leaves", 3, 3, to=[0.5]),
    "a constant of another size": change(*SKELETON, "leaves", 3, 3, to=[0, 1]),
    "a constant that is too large": change(*SKELETON, "leaves", 3, 3, to=[0] * (CONSTANT_BYTES // 8 + 1)),
    "an unknown layout": change(*SKELETON, "kinds", 0, 2, to="sparse_magic"),
    "a dense value with entries": change(*SKELETON, "kinds", 0, 3, to=True),
    "a sparse value without": change(*SKELETON, "kinds", 0, 2, to="sparse_csr"),
    "a high rank": change(*SKELETON, "kinds", 0, 0, to=65),
    "a dtype with a dot": change(*SKELETON, "kinds", 0, 1, to="torch.float32"),
    "with_values by a number": change(*SKELETON, "with_values", to=1),
}


@pytest.mark.parametrize("break_it", BREAKS.values(), ids=BREAKS)
def test_anything_else_is_refused_with_a_finding(break_it: Callable[[Any], None]) -> None:
    data = sent([classifier(4, 3)])
    from_json(copy.deepcopy(data))
    break_it(data)
    with pytest.raises(ParetoNLPError) as caught:
        from_json(data)
    assert [finding.code for finding in caught.value.findings] == ["malformed-tape"]


@pytest.mark.parametrize("number", ["1e999", "NaN", "Infinity"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    x = Value((1,), "float32")
    tape = Tape((x, x), {"x": 0}, (), (Node("aten.mul.Scalar", (Ref(0), 0.5), {}, (1,), ""),))
    data = json.loads(json.dumps(to_json([tape])).replace("0.5", number))
    with pytest.raises(ParetoNLPError):
        from_json(data)


def test_more_entries_than_places_are_refused() -> None:
    sparse = Value((3, 4), "float32", "sparse_csr", 13)
    with pytest.raises(ParetoNLPError, match="more entries than it has places"):
        from_json(sent([Tape((sparse,), {"x": 0}, (), ())]))


def test_a_bomb_of_many_tapes_is_refused() -> None:
    data = sent([classifier(4)])
    data["tapes"] = [data["tapes"][0]] * 100_000
    few = replace(classifier(4), nodes=classifier(4).nodes * 1)
    assert from_json(sent([few])) == [few]
    data["skeletons"][0]["nodes"] += [[0, 0, 0, [], {}, []]] * 100
    with pytest.raises(ParetoNLPError, match="nodes and values together"):
        from_json(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in JSON data."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    return [(*path, key) for key in keys] + [place for key in keys for place in places(data[key], (*path, key))]


WHOLE = sent([classifier(4, 3), staged(3)])
PLACES = places(WHOLE)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(PLACES), json_values)
def test_whatever_is_sent_either_reads_or_is_a_finding(place: tuple[Any, ...], item: Any) -> None:
    data = copy.deepcopy(WHOLE)
    change(*place, to=item)(data)
    costs = []
    with suppress(ParetoNLPError):
        costs = [price(tape) for tape in from_json(data)]
    assert all(0 <= 2 * cost.macs <= cost.flops for cost in costs)


@given(json_values)
def test_any_data_at_all_is_a_finding(data: Any) -> None:
    with pytest.raises(ParetoNLPError):
        from_json(data)
