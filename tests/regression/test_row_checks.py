import numpy as np
import pytest

from harness.regression.row_checks import row_checks, suspects


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 23])
def test_one_changed_row_is_found_wherever_it_is(count: int) -> None:
    rows = [str(number % 3) for number in range(count)]
    for changed in range(count):
        others = [*rows[:changed], "x", *rows[changed + 1 :]]
        assert suspects(row_checks(rows), row_checks(others), count) == [changed]


def test_several_changed_rows_are_all_among_the_suspects() -> None:
    random = np.random.default_rng(0)
    rows = [str(label) for label in random.integers(0, 2, 2000)]
    for count in (2, 5, 40):
        changed = random.choice(2000, count, replace=False)
        others = list(rows)
        for row in changed:
            others[row] = "x"
        assert set(changed) <= set(suspects(row_checks(rows), row_checks(others), 2000))


def test_equal_rows_have_no_suspects() -> None:
    assert suspects(row_checks(["a", "b"]), row_checks(["a", "b"]), 2) == []
