"""What a sample costs as a formula of its length, where the costs of all paths lie on one."""

from collections.abc import Sequence
from fractions import Fraction

from harness.report import PathCosts


def cost_formula(paths: PathCosts) -> dict[int, str]:
    """By exit stage (0: a static model), FLOPs as a polynomial of degree 2 in the one size, if it is exact for all.

    Empty where there are several sizes, fewer than four lengths (three are on a parabola by themselves), or a cost
    that is none (a Fourier transform's n log n, blocks).
    """
    if len(paths.sizes) != 1 or not paths.flops:
        return {}
    ((name, sizes),) = paths.sizes.items()
    by_stage: dict[int, dict[int, int]] = {}
    for place, (size, flops) in enumerate(zip(sizes, paths.flops, strict=True)):
        by_stage.setdefault(paths.exit_stage[place] if paths.exit_stage else 0, {})[size] = flops
    fitted = {stage: _parabola(known) for stage, known in by_stage.items()}
    return {stage: _text(terms, name) for stage, terms in sorted(fitted.items()) if terms is not None}


def _parabola(known: dict[int, int]) -> tuple[Fraction, Fraction, Fraction] | None:
    """(a, b, c) of a n^2 + b n + c through every point, exactly; None: there is none, or too few points to say."""
    if len(known) < 4:
        return None
    sizes = sorted(known)
    x0, x1, x2 = sizes[0], sizes[len(sizes) // 2], sizes[-1]
    y0, y1, y2 = (known[x] for x in (x0, x1, x2))
    first = Fraction(y1 - y0, x1 - x0)  # Newton's divided differences
    a = (Fraction(y2 - y1, x2 - x1) - first) / (x2 - x0)
    b = first - a * (x0 + x1)
    c = y0 - a * x0**2 - b * x0
    return (a, b, c) if all(a * x**2 + b * x + c == y for x, y in known.items()) else None


def _text(terms: Sequence[Fraction], name: str) -> str:
    factors = (f" {name}²", f" {name}", "")
    parts = [(f"{_number(abs(term))}{factor}", term < 0) for term, factor in zip(terms, factors, strict=True) if term]
    text = "".join(f" {'−' if negative else '+'} {part}" for part, negative in parts)
    return text.removeprefix(" + ").replace(" − ", "−", 1) if text.startswith(" −") else text.removeprefix(" + ") or "0"


def _number(term: Fraction) -> str:
    return f"{term.numerator:,}" if term.denominator == 1 else f"{float(term):,.17g}"
