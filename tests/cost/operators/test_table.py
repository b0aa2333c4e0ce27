"""The table as a whole: its names, its order of look-up, its independence of torch."""

import subprocess
import sys
from collections import Counter

import pytest
import torch

from harness.cost.operators import FAMILIES, FORMULAS, FREE, FREE_GROUPS, NOTHING, Call, Count, count, is_free
from tests.cost.operators.calls import made, value

EXISTING = {schema.name.replace("::", ".") for schema in torch._C._jit_get_all_schemas()}
OVERLOADS = {
    f"{schema.name.replace('::', '.')}.{schema.overload_name or 'default'}"
    for schema in torch._C._jit_get_all_schemas()
}


def test_every_name_is_an_operator_of_torch() -> None:
    assert [key for key in FREE if key not in EXISTING] == []
    assert [key for key in FORMULAS if key.count(".") == 1 and key not in EXISTING] == []
    assert [key for key in FORMULAS if key.count(".") == 2 and key not in OVERLOADS] == []


def test_no_operator_is_listed_twice() -> None:
    keys = Counter(key for family in FAMILIES for key in family.formulas)
    free = Counter(name for names in FREE_GROUPS.values() for name in names.split())
    assert [key for key, times in (keys + free).items() if times > 1] == []
    assert FORMULAS.keys() & FREE == set()


def test_two_formulas_for_one_operator_are_refused() -> None:
    with pytest.raises(ValueError, match=r"aten\.mm has two formulas"):
        FAMILIES[0].formula("mm", "twice")(lambda call: Count(0, 0))


def test_an_unknown_operator_has_no_price() -> None:
    assert count(Call("mine.fused.default", (), {}, ())) is None
    assert not is_free("mine.fused.default")


def test_an_overload_of_its_own_comes_before_its_name() -> None:
    x = value(3, 4)
    assert count(made("aten.max.default", x, out=(value(),))) == Count(0, 11)
    assert count(made("aten.max.other", x, x, out=(x,))) == Count(0, 12)
    assert count(made("aten.scatter.src", x, 0, value(3, 4, dtype="int64"), x, out=(x,))) is NOTHING
    assert count(made("aten.scatter.reduce", x, 0, value(3, 4, dtype="int64"), x, out=(x,))) == Count(0, 12)


def test_the_table_needs_no_torch() -> None:
    code = (
        "import sys, harness.cost.pricing, harness.cost.template, harness.cost.tape_json; print('torch' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
