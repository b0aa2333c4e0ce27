"""Which level a machine has, asked of programs that say what we tell them to."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.sandbox import enclosure, levels, policy
from harness.sandbox.enclosure import child_command
from harness.sandbox.levels import IMAGE, Level, chosen, obstacle
from harness.sandbox.policy import Limits, command, environment, limits_for


@pytest.fixture(autouse=True)
def _ask_anew() -> Iterator[None]:
    obstacle.cache_clear()
    yield
    obstacle.cache_clear()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("level", "program", "said"),
    [
        (Level.ISOLATED, "bwrap", "bubblewrap cannot make namespaces here (setting up uid map: Permission denied)"),
        (Level.CONTAINER, "docker", f"docker has no image '{IMAGE}' (setting up uid map: Permission denied)"),
        (Level.CONTAINER, "podman", f"podman has no image '{IMAGE}' (setting up uid map: Permission denied)"),
    ],
)
def test_what_a_program_says_is_passed_on(programs: Path, level: Level, program: str, said: str) -> None:
    write(programs / program, "echo first >&2; echo 'setting up uid map: Permission denied' >&2; exit 1")
    assert obstacle(level).replace(str(programs) + "/", "") == said
    with pytest.raises(ParetoNLPError, match="is not available here") as caught:
        chosen(level)
    assert [finding.code for finding in caught.value.findings] == ["level-unavailable"]


@pytest.mark.parametrize(("level", "program"), [(Level.ISOLATED, "bwrap"), (Level.CONTAINER, "podman")])
def test_a_program_that_fails_in_silence_and_one_that_works(programs: Path, level: Level, program: str) -> None:
    write(programs / program, "exit 3")
    assert obstacle(level).endswith("(3)")
    obstacle.cache_clear()
    write(programs / program, f'echo "$@" > {programs}/asked')
    assert obstacle(level) == ""
    assert chosen(level) is level
    asked = (programs / "asked").read_text().split()
    assert asked[:2] == (["--unshare-all", "--ro-bind"] if level is Level.ISOLATED else ["image", "inspect"])


def test_the_probe_of_bubblewrap_sees_no_secret(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    write(programs / "bwrap", f"export -p > {programs}/seen")
    assert obstacle(Level.ISOLATED) == ""
    assert "HF_TOKEN" not in (programs / "seen").read_text()


def test_a_machine_without_a_list_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels.platform, "machine", lambda: "riscv64")
    assert obstacle(Level.HARDENED) == "there is no list of system calls for riscv64"
    assert obstacle(Level.PROCESS) == obstacle(Level.NONE) == ""
    assert chosen("auto") is Level.PROCESS


def test_the_command_of_each_level(programs: Path, tmp_path: Path) -> None:
    def starts(level: Level) -> list[str]:
        return child_command(level, tmp_path / "scratch", [tmp_path / "submission"], Limits())

    assert starts(Level.NONE) == starts(Level.PROCESS) == starts(Level.HARDENED) == command()
    isolated = starts(Level.ISOLATED)
    assert (isolated[0], isolated[-len(command()) :]) == ("bwrap", command())
    contained = starts(Level.CONTAINER)
    place = contained.index(IMAGE)
    assert contained[:2] == ["docker", "run"]
    assert contained[place + 1 :] == ["python3", *command()[1:]]
    write(programs / "podman", "exit 0")
    assert Path(starts(Level.CONTAINER)[0]).name == "podman"


def test_a_sandbox_without_the_paths_that_it_makes_itself(tmp_path: Path) -> None:
    wrapped = enclosure.bubblewrap(tmp_path / "scratch", [tmp_path], Limits())
    bound = [wrapped[place + 1] for place, word in enumerate(wrapped) if word == "--ro-bind"]
    assert str(tmp_path) in bound
    assert not [path for path in bound if path.startswith(("/proc", "/dev/"))]
    assert all(Path(path).exists() for path in bound)


def test_limits() -> None:
    limits = Limits(memory_bytes=5, file_bytes=7)
    assert limits.resources() == {"RLIMIT_DATA": 5, "RLIMIT_FSIZE": 7, "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 256}
    assert (limits_for(0).seconds, limits_for(30).seconds) == (600, 2400)


def test_the_environment_is_ours_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    given = environment(tmp_path, 3)
    assert (given["HOME"], given["TMPDIR"], given["OMP_NUM_THREADS"]) == (str(tmp_path), str(tmp_path), "3")
    assert "secret" not in given.values()
    assert not any("TOKEN" in name or "KEY" in name for name in set(given) - {"TOKENIZERS_PARALLELISM"})


def test_as_many_threads_as_this_process_is_told_to_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5})
    for told, threads in (("2", "2"), ("0", "3"), ("", "3"), ("4,2", "3")):
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        assert environment(tmp_path)["OMP_NUM_THREADS"] == threads
        assert environment(tmp_path, 1)["OMP_NUM_THREADS"] == "1"


def test_as_many_threads_as_there_are_processors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5})
    assert environment(tmp_path)["OMP_NUM_THREADS"] == "3"
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert environment(tmp_path)["OMP_NUM_THREADS"] == "7"
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert environment(tmp_path)["OMP_NUM_THREADS"] == "1"


def test_the_interpreter_is_started_without_anything_of_the_user() -> None:
    assert command()[0] == sys.executable
    assert {"-I", "-B"} <= set(command())
    assert {Path(sys.prefix), Path(sys.prefix).resolve()} <= set(policy.interpreter())
