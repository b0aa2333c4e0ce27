"""Numbers as people read them."""

import math

PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def human(number: float | None, unit: str = "") -> str:
    """A number with three digits and a prefix: 11.2G, 109M.

    >>> human(11_169_792_000), human(0), human(950), human(999_600)
    ('11.2G', '0', '950', '1M')
    """
    if number is None or math.isnan(number):
        return "–"
    size_of = abs(number)
    for size, prefix in PREFIXES:
        if size_of >= 0.9995 * size:  # what rounds up to the next prefix has it
            return f"{number / size:.3g}{prefix}{unit}"
    return f"{number:.3g}{unit}"
