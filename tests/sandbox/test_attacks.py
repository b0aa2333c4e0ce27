"""What a submission may try against the harness's machine, and what comes of it, at every level that is here."""

import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.sandbox.levels import Level, obstacle
from harness.sandbox.policy import Limits
from harness.sandbox.runner import Message, sandboxed

ATTACKS = Path(__file__).parent / "attacks"
BATTERY = (ATTACKS / "battery.py").read_text()
NAMES = re.findall(r"^@attack\ndef (\w+)", BATTERY, re.MULTILINE)
STRONG = [level for level in (Level.HARDENED, Level.ISOLATED) if not obstacle(level)]
HERE = [Level.PROCESS, *STRONG]
PROMISED_BY_PROCESS = {
    "find_a_secret_in_the_environment",
    "find_an_open_file",
    "raise_a_limit",
}
"""A process alone keeps these; it does not hide files, and says so."""


def trace_job(sizes: int = 4) -> Message:
    job = {"verb": "trace", "dataset": "probe-sentiment", "options": {}, "weights": None, "modules": []}
    return {**job, "sizes": [{"num_tokens": sizes}]}


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str | int]]:
    with machine(tmp_path_factory.mktemp("machine")) as there:
        yield there


@contextmanager
def machine(place: Path) -> Iterator[dict[str, str | int]]:
    """Gold, another submission, open ports: what is there to be had."""
    (place / "data").mkdir()
    (place / "data" / "gold.tsv").write_text("the gold")
    (place / "other").mkdir()
    (place / "other" / "model.py").write_text("# somebody else's")
    abstract = f"paretonlp-{os.getpid()}"
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as local, socket.socket(socket.AF_UNIX) as hidden:
        tcp.bind(("127.0.0.1", 0))
        local.bind(str(place / "unix"))
        hidden.bind("\0" + abstract)
        for server in (tcp, local, hidden):
            server.listen()
        yield {
            "secret": str(place / "data" / "gold.tsv"),
            "data": str(place / "data"),
            "other": str(place / "other"),
            "home": str(Path.home()),
            "tmp": str(place),
            "unix": str(place / "unix"),
            "abstract": abstract,
            "port": tcp.getsockname()[1],
        }


def submission(folder: Path, model: str, targets: dict[str, str | int]) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "model.py").write_text(model)
    (folder / "assets" / "targets.json").write_text(json.dumps(targets))
    (folder / "assets" / "link").symlink_to(str(targets["secret"]))
    return folder


def ask(folder: Path, level: Level, limits: Limits | None = None) -> list[Message]:
    with sandboxed(folder, [trace_job()], limits, level) as child:
        return list(child.answers())


@pytest.fixture(scope="module")
def outcomes(targets: dict[str, str | int], tmp_path_factory: pytest.TempPathFactory) -> dict[Level, dict[str, object]]:
    """What each attack got, at each level that promises to hold them all, and by a process alone what it promises."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", "secret")
        for level in HERE:
            model = BATTERY
            if level is Level.PROCESS:  # the others would succeed, and leave their traces on this machine
                only = f"ATTACKS = {{name: ATTACKS[name] for name in {PROMISED_BY_PROCESS}}}\n"
                model += only
            folder = submission(tmp_path_factory.mktemp(level) / "submission", model, targets)
            with pytest.raises(ParetoNLPError) as caught:
                ask(folder, level)
            found[level] = json.loads(str(caught.value).partition("OUTCOMES")[2])
    return found


def test_this_machine_has_the_default_level() -> None:
    assert Level.HARDENED in STRONG or sys.platform != "linux", obstacle(Level.HARDENED)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", STRONG)
def test_an_attack_is_held(outcomes: dict[Level, dict[str, object]], level: Level, name: str) -> None:
    assert outcomes[level]["tried"] == len(NAMES)
    assert name not in outcomes[level], outcomes[level][name]


@pytest.mark.parametrize("name", sorted(PROMISED_BY_PROCESS))
def test_a_process_alone_keeps_what_it_promises(outcomes: dict[Level, dict[str, object]], name: str) -> None:
    assert outcomes[Level.PROCESS]["tried"] == len(PROMISED_BY_PROCESS)
    assert name not in outcomes[Level.PROCESS]


def test_nothing_is_left_behind(outcomes: dict[Level, dict[str, object]], targets: dict[str, str | int]) -> None:
    assert set(outcomes) == set(HERE)
    assert Path(str(targets["secret"])).read_text() == "the gold"
    for place in (Path.home(), Path("/dev/shm"), Path(str(targets["tmp"]))):
        assert not (place / "paretonlp-was-here").exists()
