"""The pictures of the board in the README: ``python -m tests.browser.pictures``."""

from playwright.sync_api import sync_playwright

from tests.browser.driving import CHROMIUM, FLAGS, ROOT, WAIT, ready, served

PICTURES = {
    "frontier": ("?suite=probe", "light", 1000),
    "submission": ("submission?name=pabee-minilm&on=elue%2Fmrpc&point=patience-3", "dark", 1180),
}
FOLDER = ROOT / "docs" / "pictures"
SETTLED = 1500
"""Milliseconds in which a drawn chart stops moving."""


def main() -> None:
    """Open each page on the submissions of this repository and save what is seen."""
    FOLDER.mkdir(exist_ok=True)
    with served(ROOT / "submissions") as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (path, scheme, height) in PICTURES.items():
            page = browser.new_page(viewport={"width": 1440, "height": height}, color_scheme=scheme)
            page.set_default_timeout(WAIT)
            page.goto(f"{address}/{path}")
            ready(page)
            page.locator(".js-plotly-plot .main-svg").first.wait_for()
            page.wait_for_timeout(SETTLED)
            page.screenshot(path=FOLDER / f"{name}.png")
            print(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
