"""Every attack with what comes of it at every level of this machine: ``python -m tests.sandbox.attacks.table``."""

import json
import os
import pwd
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from harness.findings import ParetoNLPError
from harness.sandbox.levels import Level
from tests.sandbox.attacks.cheats import CHEATS
from tests.sandbox.attacks.destructive import ANSWER, CRASH, FLOOD, HANG
from tests.sandbox.test_attacks import BATTERY, HERE, PROMISED_BY_PROCESS, ask, machine, submission
from tests.sandbox.test_cheats import submission as cheating
from tests.sandbox.test_cheats import verdict
from tests.sandbox.test_destruction import SHORT, SMALL, model

FAMILIES = {"exhaust": FLOOD, "hang": HANG, "crash": CRASH, "forge the answer": ANSWER}


def main() -> None:
    """Print a line for every attack: family, name, and a verdict for each level."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    print(f"as {user}, levels {', '.join(HERE)}\n")
    print(f"{'family':<24} {'attack':<42} " + " ".join(f"{level:<12}" for level in HERE))
    lines = 0
    for family, name, verdicts in chain(of_the_battery(), of_destruction(), of_cheats()):
        print(f"{family:<24} {name:<42} " + " ".join(f"{verdicts[level]:<12}" for level in HERE), flush=True)
        lines += 1
    print(f"\n{lines} attacks and look-alikes")


def of_the_battery() -> Iterator[tuple[str, str, dict[Level, str]]]:
    """What gets hold of something: ``held``, or ``got it``. A process alone does not promise all, and is not asked."""
    outcomes = {}
    with scratch() as place, machine(place) as targets:
        for level in HERE:
            only = f"ATTACKS = {{name: ATTACKS[name] for name in {PROMISED_BY_PROCESS}}}\n"
            source = BATTERY + (only if level is Level.PROCESS else "")
            try:
                ask(submission(place / level, source, targets), level)
            except ParetoNLPError as error:
                outcomes[level] = json.loads(str(error).partition("OUTCOMES")[2])
    family = ""
    for line in BATTERY.splitlines():
        if line.startswith("# ---"):
            family = line.strip("# -").partition(",")[0]
        if found := re.match(r"def (\w+)", line):
            name = found[1]
            if f"@attack\ndef {name}" in BATTERY:
                yield family, name, {level: _held(outcomes[level], level, name) for level in HERE}


def _held(outcome: dict[str, object], level: Level, name: str) -> str:
    if level is Level.PROCESS and name not in PROMISED_BY_PROCESS:
        return "no promise"
    return "got it" if name in outcome else "held"


def of_destruction() -> Iterator[tuple[str, str, dict[Level, str]]]:
    """What ends its process: the finding's code."""
    for family, attacks in FAMILIES.items():
        for name, (body, _) in attacks.items():
            verdicts = {}
            for level in HERE:
                with scratch() as place:
                    try:
                        ask(submission(place / "it", model(body), {"secret": "/none"}), level, _limits(name))
                        verdicts[level] = "answered"
                    except ParetoNLPError as error:
                        verdicts[level] = error.findings[0].code
            yield family, name, verdicts


def _limits(name: str) -> object:
    return SHORT if name in HANG else SMALL


def of_cheats() -> Iterator[tuple[str, str, dict[Level, str]]]:
    """What lies about its cost: the verdict of the report."""
    for name, cheat in CHEATS.items():
        verdicts = {}
        for level in HERE:
            with scratch() as place:
                verdicts[level] = verdict(cheating(place / "it", cheat), level)[0]
        yield cheat.family, name, verdicts


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="attacks-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


if __name__ == "__main__":
    sys.exit(main())
