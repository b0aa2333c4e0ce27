"""Shares of modules and operators, against what a report says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.report import Work
from leaderboard.charts.work import LEAST, module_figure, operator_figure
from leaderboard.palette import LIGHT_THEME

COLOUR = LIGHT_THEME.palette[1]
BAD = "<b>x</b>"
NAMES = st.lists(st.sampled_from("abc"), max_size=4).map(".".join)
FLOPS = st.floats(0.01, 1e12)


def _work(flops):
    return {name: Work(macs=cost / 2, flops=cost, calls=1) for name, cost in flops.items()}


@given(st.dictionaries(NAMES, FLOPS, min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_boxes_hold_what_is_in_them(flops):
    """Each its own work and its children's; the root, all."""
    (icicle,) = module_figure(_work(flops), LIGHT_THEME, COLOUR).data
    values = dict(zip(icicle.ids, icicle.values, strict=True))
    parents = dict(zip(icicle.ids, icicle.parents, strict=True))
    assert len(values) == len(icicle.ids), "every box once"
    assert [box for box, parent in parents.items() if parent == ""] == ["."], "one root"
    assert set(parents.values()) <= {*values, ""}
    assert values["."] == pytest.approx(sum(flops.values()))
    for box, value in values.items():
        children = sum(values[each] for each, parent in parents.items() if parent == box)
        own = flops.get("" if box == "." else box, 0.0)
        assert value == pytest.approx(children + own)
    assert icicle.branchvalues == "total"


def test_an_icicle_by_hand():
    (icicle,) = module_figure(
        _work({"bert.layer.0": 6e9, "bert.layer.1": 3e9, "bert": 1e9, "": 2e9, "head": 0.5e9}), LIGHT_THEME, COLOUR
    ).data
    boxes = {box: (value, label) for box, value, label in zip(icicle.ids, icicle.values, icicle.labels, strict=True)}
    assert boxes == {
        ".": (12.5e9, "model"),
        "bert": (10e9, "bert"),
        "bert.layer": (9e9, "layer"),
        "bert.layer.0": (6e9, "0"),
        "bert.layer.1": (3e9, "1"),
        "head": (0.5e9, "head"),
    }
    says = dict(zip(icicle.ids, icicle.hovertext, strict=True))
    assert says["bert"] == "<b>bert</b><br>10G FLOPs a sample (80.0%)<br>1G of its own"
    assert says["bert.layer"] == "<b>bert.layer</b><br>9G FLOPs a sample (72.0%)<br>0 of its own"


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=6).map("aten.{}".format), FLOPS, min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_bars_add_up_and_rise(flops):
    (bars,) = operator_figure(_work(flops), LIGHT_THEME, COLOUR).data
    whole = sum(flops.values())
    assert np.sum(bars.x) == pytest.approx(whole)
    assert (np.diff(bars.x) >= 0).all(), "drawn from below: the dearest is on top"
    shown = dict(zip(bars.y, bars.x, strict=True))
    kept = {name.removeprefix("aten."): cost for name, cost in flops.items() if cost >= LEAST * whole}
    others = shown.pop("others", 0.0)
    assert shown == kept
    assert others == pytest.approx(whole - sum(kept.values()), abs=1e-9 * whole)
    assert [float(text.rstrip("%")) for text in bars.text] == pytest.approx([100 * x / whole for x in bars.x], abs=0.05)


def test_operators_of_no_weight_are_one_bar():
    flops = {"aten.addmm": 1e9, **{f"aten.op{number}": 1e5 for number in range(10)}}
    (bars,) = operator_figure(_work(flops), LIGHT_THEME, COLOUR).data
    assert dict(zip(bars.y, bars.x, strict=True)) == {"others": pytest.approx(1e6), "addmm": 1e9}


def test_nothing_known_gives_a_note():
    figure = module_figure({}, LIGHT_THEME, COLOUR)
    assert (len(figure.data), figure.layout.annotations[0].text) == (0, "No work by module: the cost is declared")
    for nothing in ({}, _work({"aten.view": 0.0})):
        figure = operator_figure(nothing, LIGHT_THEME, COLOUR)
        assert len(figure.data) == 0
        assert figure.layout.annotations[0].text == "No work by operator: the cost is declared"


def test_a_model_that_does_nothing_is_a_box():
    (icicle,) = module_figure(_work({"": 0.0}), LIGHT_THEME, COLOUR).data
    assert list(icicle.values) == [0]


def test_names_are_words_and_not_markup():
    (icicle,) = module_figure(_work({BAD: 1.0}), LIGHT_THEME, COLOUR).data
    (bars,) = operator_figure(_work({BAD: 1.0}), LIGHT_THEME, COLOUR).data
    for text in (*icicle.labels, *icicle.hovertext, *bars.y, *bars.hovertext):
        assert "<b>x" not in text
        assert "x" in text or "model" in text
