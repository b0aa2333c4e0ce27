"""The store that the app shows: where it is, and its index, kept open between reruns."""

import os
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
        return _open(_present(str(store())))
    except ParetoNLPError as error:
        st.error("\n\n".join(markdown(str(finding)) for finding in error.findings), icon=":material/folder_off:")
        st.stop()


@st.cache_data(ttl=5, show_spinner="Reading the reports …")
def _present(folder: str) -> str:
    return str(made_index(Path(folder)))


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(place: str) -> Index:
    return open_index(Path(place))
