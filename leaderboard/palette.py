"""Colours and markers of methods: far apart for every kind of colour vision, on light and on dark.

Both palettes were chosen so that the least distance between two colours in OKLab, as seen with normal vision,
protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes, 2009), is as large as can be, at a
contrast of 3:1 or more with the background (WCAG 2.2, 1.4.11). A marker says the same again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle

METHODS = ("dense", "svd", "drone", "kronecker", "dan", "fnet", "pruned", "pabee", "deebert")
"""Those with a colour of their own; others take what is left, in the order of their names."""

LIGHT = ("#1f2937", "#064dd5", "#f25713", "#865081", "#af0d01", "#498cfb", "#c37b9c", "#610984", "#0f0235")
DARK = ("#e5e7eb", "#04888e", "#f2820b", "#833acc", "#c70413", "#12bc9a", "#eaa8fe", "#b074f5", "#72f66e")
SYMBOLS = ("square", "circle", "diamond", "hexagon", "triangle-up", "pentagon", "triangle-down", "star", "cross")


@dataclass(frozen=True, slots=True)
class Mark:
    """How a method is drawn."""

    colour: str
    symbol: str

    @property
    def hollow(self) -> str:
        """The symbol as an outline; plotly has a dot behind that."""
        shape, dot, _ = self.symbol.partition("-dot")
        return f"{shape}-open{dot}"


@dataclass(frozen=True, slots=True)
class Theme:
    """What charts are drawn with."""

    palette: tuple[str, ...]
    text: str
    background: str
    line: str
    """Of axes and grids."""
    band: str
    """Of the frontier's band."""
    ramp: tuple[str, ...]
    """For numbers, from low to high: the part of Viridis that stands out from the background."""


LIGHT_THEME = Theme(
    *(LIGHT, "#17212b", "#ffffff", "#dde3e6", "rgba(11, 92, 107, 0.15)"),
    ramp=("#440154", "#414487", "#2a788e", "#22a184"),
)
DARK_THEME = Theme(
    *(DARK, "#e6ecef", "#0e1317", "#2b373f", "rgba(94, 196, 212, 0.18)"),
    ramp=("#31688e", "#21918c", "#7ad151", "#fde725"),
)


def marks(methods: Iterable[str], theme: Theme) -> dict[str, Mark]:
    """A mark for each method; two of them share one only where there are more than colours and markers together."""
    own = {method: place for place, method in enumerate(METHODS)}
    found = {
        method: Mark(theme.palette[own[method]], SYMBOLS[own[method]])
        for method in sorted(set(methods))
        if method in own
    }
    taken = [place for method, place in own.items() if method in found]
    free = [place for method, place in own.items() if method not in found]
    count = len(SYMBOLS)
    spots = cycle(
        Mark(theme.palette[place], f"{SYMBOLS[(place + turn) % count]}-dot")
        for places in (free, taken)
        for turn in range(count)
        for place in places
    )
    return found | dict(zip(sorted(set(methods) - set(own)), spots, strict=False))
