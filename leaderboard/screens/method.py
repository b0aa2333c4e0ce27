"""What is counted and how: the project's own page on cost."""

from importlib.resources import files

import streamlit as st

from leaderboard.documents import sections

TITLE = "How cost is counted"


def page() -> None:
    """The whole page; the long table of operators is folded away."""
    st.title(TITLE)
    text = (files("leaderboard") / "cost.md").read_text("utf-8")
    for heading, body in sections(text):
        if heading == "The table":
            with st.expander("The table of operators"):
                st.markdown(body)
        elif heading:
            st.markdown(f"### {heading}\n\n{body}")
        else:
            st.markdown(body)


page()
