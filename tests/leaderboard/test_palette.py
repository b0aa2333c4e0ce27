"""Colours as every kind of colour vision sees them, and marks that tell methods apart."""

import tomllib
from importlib.resources import files
from itertools import combinations

import numpy as np
import plotly.colors
import pytest
from plotly.validator_cache import ValidatorCache

from leaderboard.palette import DARK_THEME, LIGHT_THEME, METHODS, SYMBOLS, marks

# Machado, Oliveira and Fernandes (2009), severity 1.0, of linear RGB
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
THEMES = {"light": LIGHT_THEME, "dark": DARK_THEME}


def _linear(colour):
    """``#rrggbb`` as linear RGB (IEC 61966-2-1)."""
    encoded = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _oklab(linear):
    """Ottosson (2020)."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return lab @ np.cbrt(cones @ linear)


def _luminance(colour):
    return float(_linear(colour) @ [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    """WCAG 2.2."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def test_the_formulas_know_their_fixed_points():
    assert _contrast("#ffffff", "#000000") == pytest.approx(21)
    assert _oklab(_linear("#ffffff")) == pytest.approx([1, 0, 0], abs=1e-4)
    assert _oklab(_linear("#ff0000")) == pytest.approx([0.628, 0.2249, 0.1258], abs=1e-3)
    for matrix in VISIONS.values():
        assert matrix.sum(axis=1) == pytest.approx([1, 1, 1], abs=1e-5), "grey stays grey"


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", THEMES)
def test_colours_are_far_apart_for_every_kind_of_vision(theme, vision):
    seen = {colour: _oklab(np.clip(VISIONS[vision] @ _linear(colour), 0, 1)) for colour in THEMES[theme].palette}
    assert len(seen) == len(METHODS)
    distances = {pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in combinations(seen, 2)}
    least = min(distances, key=distances.__getitem__)
    assert distances[least] >= 0.1, least


@pytest.mark.parametrize("theme", THEMES)
def test_marks_and_text_stand_out_from_the_background(theme):
    chosen = THEMES[theme]
    assert min(_contrast(colour, chosen.background) for colour in (*chosen.palette, *chosen.ramp)) >= 3
    assert _contrast(chosen.text, chosen.background) >= 7


@pytest.mark.parametrize("theme", THEMES)
def test_charts_have_the_colours_of_the_page(theme):
    config = tomllib.loads((files("leaderboard") / ".streamlit" / "config.toml").read_text("utf-8"))
    page, chosen = config["theme"][theme], THEMES[theme]
    assert (page["backgroundColor"], page["textColor"], page["borderColor"]) == (
        chosen.background,
        chosen.text,
        chosen.line,
    )
    assert _contrast(page["linkColor"], page["backgroundColor"]) >= 4.5
    assert _contrast(page["textColor"], page["secondaryBackgroundColor"]) >= 7


def test_no_colour_is_a_default_of_plotly():
    defaults = {colour.lower() for colour in (*plotly.colors.DEFAULT_PLOTLY_COLORS, *plotly.colors.qualitative.Plotly)}
    defaults |= {colour.lower() for colour in plotly.colors.qualitative.D3}
    assert not defaults & {colour.lower() for theme in THEMES.values() for colour in theme.palette}


@pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))
@pytest.mark.parametrize("known", [(), METHODS[:1], METHODS[:-1], METHODS])
def test_marks_of_known_and_thirty_unknown_methods_are_distinct(theme, known):
    names = [*known, *(f"method-{number}" for number in range(30))]
    found = marks(names, theme)
    assert set(found) == set(names)
    assert len(set(found.values())) == len(names)
    assert {mark.colour for mark in found.values()} <= set(theme.palette)


def test_known_methods_keep_their_mark_whoever_else_is_there():
    alone = {name: marks([name], LIGHT_THEME)[name] for name in METHODS}
    assert marks([*METHODS, "mine", "yours"], LIGHT_THEME) | alone == marks([*METHODS, "mine", "yours"], LIGHT_THEME)
    assert len({mark.colour for mark in alone.values()}) == len(METHODS)
    assert len({mark.symbol for mark in alone.values()}) == len(METHODS)


def test_unknown_methods_take_colours_that_are_free():
    found = marks(["dense", "svd", "mine"], LIGHT_THEME)
    assert found["mine"].colour not in {found["dense"].colour, found["svd"].colour}
    assert marks([], LIGHT_THEME) == {}


def test_order_and_repetition_change_nothing():
    names = ["svd", "mine", "yours", "dense"]
    assert marks(names, DARK_THEME) == marks([*reversed(names), *names], DARK_THEME)


@pytest.mark.parametrize("hollow", ["", "-open"])
def test_every_mark_is_one_that_plotly_knows(hollow):
    """Full and hollow."""
    names = [*METHODS, *(f"method-{number}" for number in range(81))]
    known = ValidatorCache.get_validator("scatter.marker", "symbol")
    for mark in marks(names, LIGHT_THEME).values():
        symbol = mark.hollow if hollow else mark.symbol
        assert known.validate_coerce(symbol) == symbol
        assert hollow in symbol


def test_symbols_are_as_many_as_methods():
    assert len(set(SYMBOLS)) == len(SYMBOLS) == len(METHODS)
