"""The process of the app, ready before it answers: ``python -m leaderboard.serving`` takes the options of Streamlit.

Streamlit runs a page when the first visitor asks for it, and not before: the imports, the opening of the index and the
first figure would be theirs to wait for.
"""

import runpy
import sys
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from harness.findings import ParetoNLPError
from leaderboard.building import made_index
from leaderboard.palette import LIGHT_THEME
from leaderboard.points import View, points_of
from leaderboard.sections import figure_of
from leaderboard.state import suites_of
from leaderboard.store import index_at, store

APP = Path(__file__).parent / "app.py"


def prepare() -> None:
    """Once, what the first view takes of the server: its index, its points, its figure, its table."""
    index = index_at(made_index(store()))
    for suite in suites_of(index)[:1]:
        figure_of(index, View(suite), LIGHT_THEME).to_json()
        pa.Table.from_pandas(points_of(index, View(suite)).rows)


def main() -> None:
    """Prepare, then serve."""
    with suppress(ParetoNLPError):  # the page says what is wrong
        prepare()
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    runpy.run_module("streamlit", run_name="__main__")


if __name__ == "__main__":
    main()
