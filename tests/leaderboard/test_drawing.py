"""The part of plotly.js that draws the frontier's chart."""

import re

from plotly.offline import get_plotlyjs

from leaderboard.drawing import BUNDLE


def _major(script: str) -> str:
    return re.search(r"plotly\.js.* v(\d+)\.", script[:200]).group(1)


def test_it_reads_the_figures_that_plotly_makes():
    assert _major(BUNDLE.read_text("utf-8")) == _major(get_plotlyjs())


def test_its_licence_is_beside_it():
    assert "MIT License" in (BUNDLE.parent / "plotly.LICENSE").read_text("utf-8")
