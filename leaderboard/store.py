"""The store that the app shows: where it is, and its index, kept open between reruns."""

import os
from functools import lru_cache
from pathlib import Path

import streamlit as st

from harness.findings import ParetoNLPError
from leaderboard.building import made_index
from leaderboard.index import Index, open_index
from leaderboard.widgets import markdown

STORE = "PARETONLP_STORE"
ALLOW = "PARETONLP_ALLOW_SUBMISSIONS"
DATA_DIR = "PARETONLP_DATA_DIR"


def store() -> Path:
    """The folder of submissions."""
    return Path(os.environ.get(STORE, "submissions"))


def data_dir() -> Path | None:
    """The folder of the tasks' data, for evaluations; None: the Hub."""
    given = os.environ.get(DATA_DIR)
    return Path(given) if given else None


def allows_submissions() -> bool:
    """Whether an uploaded submission may be kept."""
    return os.environ.get(ALLOW) == "1"


def open_store() -> Index:
    """The index of the reports as they are now; the page ends here, with what is wrong, where there is none."""
    try:
        return index_at(_present(store()))
    except ParetoNLPError as error:
        st.error("\n\n".join(markdown(str(finding)) for finding in error.findings), icon=":material/folder_off:")
        st.stop()


@st.cache_resource(ttl=5, show_spinner="Reading the reports …")
def _present(folder: Path) -> Path:
    return made_index(folder)


@lru_cache(maxsize=2)
def index_at(place: Path) -> Index:
    """The index in a folder, opened once for all visitors; a process may open it before the first of them comes."""
    return open_index(place)
