"""What drives the board in tests and in the pictures of it: a store of real reports, the app, a browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from leaderboard.building import made_index
from leaderboard.store import ALLOW, STORE

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REAL = ("dense-probe", "svd-probe", "pabee-probe", "dan-probe", "dense-minilm", "pabee-minilm")
WAIT = 60_000
"""Milliseconds that a page may take on a busy machine."""


def copy_reports(names: tuple[str, ...], store: Path) -> Path:
    """The reports of submissions of this repository, in a store of their own."""
    for name in names:
        (store / name).mkdir(parents=True)
        for file in ("report.json", "replicates.npz"):
            shutil.copy(ROOT / "submissions" / name / file, store / name / file)
    return store


@contextmanager
def served(store: Path, *, allow: bool = False) -> Iterator[str]:
    """The address of the app over a store, while the block runs."""
    made_index(store)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, STORE: str(store), ALLOW: "1" if allow else "0"}
    command = [sys.executable, "-m", "leaderboard.serving", "127.0.0.1", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + WAIT / 1000
    while server.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(address)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the app did not start")


def ready(page: Page) -> None:
    """Wait until the page has run to its end."""
    page.locator("h1").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
