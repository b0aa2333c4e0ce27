"""Fractions, costs and round numbers as the screen shows them."""

import math

from harness.numbers import human


def percent(fraction: float | None, digits: int = 1) -> str:
    """A fraction in percent, without the sign.

    >>> percent(0.81234)
    '81.2'
    """
    return "–" if fraction is None or math.isnan(fraction) else f"{100 * fraction:.{digits}f}"


def amount(number: float | None, unit: str) -> str:
    """A cost with its unit, as it is said everywhere but in tables.

    >>> amount(2.2e9, "FLOPs"), amount(22_700_000, "parameters"), amount(88_600_000, "B")
    ('2.2G FLOPs', '22.7M parameters', '88.6MB')
    """
    return human(number, unit) if unit == "B" else f"{human(number)} {unit}"


def steps(low: float, high: float) -> list[float]:
    """The numbers 1, 2, 5, 10, 20 ... from the last that is not above ``low`` to the first not below ``high``.

    >>> steps(3e3, 1.5e4)
    [2000.0, 5000.0, 10000.0, 20000.0]
    """
    if not 0 < low <= high < math.inf:
        return []
    first, last = math.floor(math.log10(low)) - 1, math.ceil(math.log10(high))  # a logarithm may be rounded up
    every = [digit * 10.0**power for power in range(first, last + 1) for digit in (1, 2, 5)]
    start = max(place for place, number in enumerate(every) if number <= low)
    end = min(place for place, number in enumerate(every) if number >= high)
    return every[start : end + 1]
