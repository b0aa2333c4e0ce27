"""The process of the app, ready before it answers: ``python -m leaderboard.serving ADDRESS PORT``.

Streamlit runs a page when the first visitor asks for it, and not before: the imports, the opening of the index and the
first figure would be theirs to wait for.
"""

import sys
from pathlib import Path

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from streamlit.logger import set_log_level
from streamlit.starlette import App
from streamlit.testing.v1 import AppTest

from leaderboard.drawing import BUNDLE, WARM_UP
from leaderboard.first_files import FirstFiles, first_files

APP = Path(__file__).parent / "app.py"

LONGEST = 600
"""Seconds that the first run of a page may take."""


def prepare() -> None:
    """Run the first view once, for nobody: what it imports, opens and works out is there from then on."""
    AppTest.from_file(str(APP), default_timeout=LONGEST).run()


def main() -> None:
    """Prepare, then serve."""
    address, port = sys.argv[1:]
    set_log_level("ERROR")  # else it says that a run for nobody has no visitor
    files = first_files(Path(st.__file__).parent / "static", [WARM_UP, BUNDLE])
    app = App(APP, middleware=[Middleware(FirstFiles, files=files)])  # first: the settings are those beside the app
    prepare()
    # not by Streamlit's own runner: its sockets send a packet only when the one before has been acknowledged
    uvicorn.run(app, host=address, port=int(port), access_log=False, ws_per_message_deflate=False)


if __name__ == "__main__":
    main()
