"""The order of points that people expect."""

import re

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")


def natural(name: str) -> list[str | float]:
    """Sorts ``rank-8`` before ``rank-25``, and ``entropy-0.05`` before ``entropy-0.2``: numbers by their size."""
    return [float(part) if position % 2 else part for position, part in enumerate(_NUMBER.split(name))]
