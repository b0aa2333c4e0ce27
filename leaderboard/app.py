"""The app: ``paretonlp leaderboard`` runs it."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent
PAGES = (
    ("frontier", "Frontier", ":material/show_chart:"),
    ("submission", "Submission", ":material/inventory_2:"),
    ("compare", "Compare", ":material/compare_arrows:"),
    ("task", "Task", ":material/checklist:"),
    ("published", "Published", ":material/menu_book:"),
    ("submit", "Submit", ":material/upload:"),
    ("method", "Method", ":material/calculate:"),
)


def main() -> None:
    """Set the page up and run the one that is asked for."""
    st.set_page_config("ParetoNLP", page_icon=str(HERE / "favicon.png"), layout="wide")
    st.html(HERE / "style.css")
    st.logo(HERE / "logo.svg", size="large")
    pages = [
        st.Page(HERE / "screens" / f"{name}.py", title=title, icon=icon, url_path=name, default=name == "frontier")
        for name, title, icon in PAGES
    ]
    st.navigation(pages, position="top").run()


main()
