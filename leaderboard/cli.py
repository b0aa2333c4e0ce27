"""The verb ``paretonlp leaderboard``: the board in a browser."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.arguments import DataDir, Store
from harness.cli.console import err, progress
from harness.findings import fail


def register(app: typer.Typer) -> None:
    """Add the verb."""

    @app.command()
    def leaderboard(
        store: Store = Path("submissions"),
        data_dir: DataDir = None,
        allow_submissions: Annotated[
            bool, typer.Option("--allow-submissions", help="Let visitors put what they upload into the store.")
        ] = False,
        address: Annotated[str, typer.Option("--address", help="Where to listen; 0.0.0.0: everywhere.")] = "localhost",
        port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port.")] = 8501,
    ) -> None:
        """Open the leaderboard in a browser. It reads the reports of a store, and needs no network.

        Example: `paretonlp leaderboard --store submissions`
        """
        if missing := [name for name in ("streamlit", "plotly", "pandas") if find_spec(name) is None]:
            raise fail(
                "not-installed",
                f"The leaderboard needs {', '.join(missing)}.",
                remedy='Install it: pip install "paretonlp[leaderboard]"',
            )
        from leaderboard.building import made_index
        from leaderboard.store import ALLOW, DATA_DIR, STORE

        with progress() as report:
            made_index(store, report)
        environment = {**os.environ, STORE: str(store.resolve()), ALLOW: "1" if allow_submissions else "0"}
        if data_dir is not None:
            environment[DATA_DIR] = str(data_dir.resolve())
        err.print(f"http://{address}:{port}  (Ctrl-C ends it)", soft_wrap=True)
        command = [sys.executable, "-m", "leaderboard.serving", address, str(port)]
        raise typer.Exit(subprocess.run(command, env=environment, check=False).returncode)  # noqa: S603
