"""The ``paretonlp`` command: one file per verb; verbs of other packages join through entry points.

A verb's file imports what its work needs inside the functions that do it, so that ``paretonlp --help`` is quick.
"""

import io
import sys
from importlib.metadata import entry_points

import typer

from harness.findings import ParetoNLPError, from_os_error

VERBS = "paretonlp.verbs"
"""Entry point group: the value is a function that takes the ``typer.Typer`` and adds its verbs."""

HELP = """What a compressed NLP model costs, how good it is, and who is on the Pareto front.

Example: `paretonlp evaluate submissions --suite probe`
"""


def build() -> typer.Typer:
    """The command with all its verbs."""
    from harness.cli import board, compare, evaluate, export, flops, import_elue, init, predict, tasks, validate

    app = typer.Typer(
        name="paretonlp",
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for verb in (tasks, init, predict, validate, evaluate, flops, board, compare, export, import_elue):
        verb.register(app)
    for entry in entry_points(group=VERBS):
        entry.load()(app)
    return app


def main() -> None:
    """Run the command. Bad input ends with findings and exit code 1, a wrong call with 2, an interrupt with 130."""
    from harness.cli.console import show_error

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal of another encoding shows what it can
            stream.reconfigure(errors="backslashreplace")
    try:
        build()(prog_name="paretonlp")
    except ParetoNLPError as error:
        show_error(error)
        sys.exit(1)
    except OSError as error:  # no space, no permission, a folder that vanished
        show_error(from_os_error(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
