"""The policy as pure functions: what the filter answers to every call, which files are in sight, which level it is."""

import errno
import os
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.sandbox import landlock, levels
from harness.sandbox.enclosure import bubblewrap, child_command, container
from harness.sandbox.landlock import READ, WRITE, WRITE_FILE, handled
from harness.sandbox.levels import Level, chosen, obstacle
from harness.sandbox.policy import Limits, command, interpreter, readable, readable_by_others, rules
from harness.sandbox.seccomp import ALLOW, ERRNO, KILL, REFUSED, checks, program, run
from harness.sandbox.syscalls import MACHINES

PID = 4242
DANGEROUS = {  # asm/unistd_64.h
    "ptrace": 101, "syslog": 103, "setuid": 105, "mount": 165, "reboot": 169, "init_module": 175, "chmod": 90,
    "chown": 92, "setxattr": 188, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "process_vm_readv": 310,
    "memfd_create": 319, "bpf": 321, "userfaultfd": 323, "pidfd_open": 434, "io_uring_setup": 425, "shmget": 29,
    "symlink": 88, "link": 86, "mknod": 133, "chroot": 161, "setns": 308, "seccomp": 317,
}  # fmt: skip
THREAD = 0x3D0F00
"""The flags with which glibc starts a thread."""


@pytest.fixture(params=sorted(MACHINES))
def machine(request: pytest.FixtureRequest) -> str:
    return request.param


def answer(machine: str, number: int, *arguments: int) -> int:
    known = MACHINES[machine]
    return run(program(known, PID), known.audit_arch, number, arguments)


def test_only_what_has_a_name_is_allowed(machine: str) -> None:
    known = MACHINES[machine]
    filtered = program(known, PID)
    free = set(known.numbers.values()) - {known.numbers.get(name) for name in (*REFUSED, *checks(PID))}
    for number in range(1024):
        allowed = run(filtered, known.audit_arch, number) == ALLOW
        assert allowed == (number in free) or number in {known.numbers[name] for name in checks(PID)}, number


@pytest.mark.parametrize("name", sorted(DANGEROUS))
def test_a_dangerous_call_fails(name: str) -> None:
    assert answer("x86_64", DANGEROUS[name], 1, 2, 3) == ERRNO | errno.ENOSYS


def test_refused_calls_say_why(machine: str) -> None:
    for name, number in MACHINES[machine].numbers.items():
        if name in REFUSED:
            assert answer(machine, number) == ERRNO | REFUSED[name]


def test_a_call_of_another_machine_ends_the_process(machine: str) -> None:
    known = MACHINES[machine]
    assert run(program(known, PID), 0x40000003, known.numbers["read"]) == KILL  # 32-bit x86
    if known.has_x32:
        assert answer(machine, known.numbers["read"] + 0x40000000) == KILL


@pytest.mark.parametrize(
    ("name", "arguments", "allowed"),
    [
        ("clone", (THREAD,), True),
        ("clone", (17,), False),  # SIGCHLD: fork
        ("clone", (THREAD | 0x10000000,), False),  # CLONE_NEWUSER
        ("kill", (PID, 15), True),
        ("kill", (1, 15), False),
        ("kill", (0xFFFFFFFFFFFFFFFF, 9), False),
        ("tgkill", (PID, 1, 6), True),
        ("tgkill", (PID + 1, 1, 6), False),
        ("prlimit64", (0, 7, 0, 1), True),
        ("prlimit64", (PID, 7, 0, 1), True),
        ("prlimit64", (0, 7, 1 << 40, 0), False),  # a pointer whose low word is 0
        ("prlimit64", (1, 7, 0, 1), False),
        ("prctl", (15, 1), True),
        ("prctl", (22, 2), False),  # PR_SET_SECCOMP
        ("ioctl", (0, 0x5401), True),
        ("ioctl", (0, 0x5412), False),  # TIOCSTI: type into the terminal
        ("fcntl", (0, 1), True),
        ("fcntl", (0, 8), False),  # F_SETOWN: signals to others
    ],
)
def test_arguments_decide(machine: str, name: str, arguments: tuple[int, ...], allowed: bool) -> None:
    assert (answer(machine, MACHINES[machine].numbers[name], *arguments) == ALLOW) == allowed


def test_the_program_is_one_that_the_kernel_takes(machine: str) -> None:
    filtered = program(MACHINES[machine], PID)
    assert len(filtered) < 4096  # BPF_MAXINSNS
    assert all(0 <= jump < 256 for _, true, false, _ in filtered for jump in (true, false))


def test_what_may_be_read_and_written(tmp_path: Path) -> None:
    folder, scratch = tmp_path / "submission", tmp_path / "scratch"
    by_path = {rule.path: rule.rights for rule in rules(scratch, [folder])}
    assert by_path[folder] == READ
    assert by_path[scratch] == WRITE
    assert [path for path, rights in by_path.items() if rights & WRITE_FILE] == [scratch, Path("/dev/null")]
    hidden = (Path.home(), tmp_path, Path.cwd(), Path("/"), Path("/etc"), Path("/tmp"), Path("/proc"))
    assert not set(hidden) & set(by_path)
    assert Path(sys.prefix).resolve() in interpreter()
    assert all(path in by_path for path in readable([folder]))


def test_no_right_is_left_ungoverned() -> None:
    assert handled(1) == (0x1FFF, 0, 0)
    assert handled(3)[0] == 0x7FFF
    assert handled(4)[1] == 0b11
    assert handled(7) == (0xFFFF, 0b11, 0b11)


def test_readable_by_others(tmp_path: Path) -> None:
    assert readable_by_others([Path("/usr/lib")])
    (tmp_path / "mine").mkdir(mode=0o700)
    assert not readable_by_others([tmp_path / "mine"])


def test_auto_is_hardened_where_the_kernel_has_it_and_a_process_else(monkeypatch: pytest.MonkeyPatch) -> None:
    obstacle.cache_clear()
    assert chosen("auto") is Level.HARDENED
    obstacle.cache_clear()
    monkeypatch.setattr(landlock, "version", lambda: 0)
    assert chosen("auto") is Level.PROCESS
    with pytest.raises(ParetoNLPError, match="level hardened is not available here: the kernel has no Landlock"):
        chosen("hardened")
    obstacle.cache_clear()
    monkeypatch.setattr(levels.platform, "system", lambda: "Darwin")
    with pytest.raises(ParetoNLPError, match="needs Linux, and this is Darwin"):
        chosen("isolated")
    obstacle.cache_clear()


def test_a_level_that_is_none_is_refused() -> None:
    with pytest.raises(ParetoNLPError, match="no level of isolation 'strong'"):
        chosen("strong")


@pytest.mark.parametrize("level", [Level.ISOLATED, Level.CONTAINER])
def test_what_a_level_needs_is_named(monkeypatch: pytest.MonkeyPatch, level: Level) -> None:
    obstacle.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ParetoNLPError, match=r"bubblewrap is not installed|neither docker nor podman"):
        chosen(level)
    obstacle.cache_clear()


def test_the_commands(tmp_path: Path) -> None:
    folder, scratch, limits = tmp_path / "submission", tmp_path / "scratch", Limits(memory_bytes=5, scratch_bytes=7)
    assert child_command(Level.HARDENED, scratch, [folder], limits) == command()
    wrapped = bubblewrap(scratch, [folder], limits)
    assert "--unshare-all" in wrapped
    assert wrapped.index("--remount-ro") > max(place for place, word in enumerate(wrapped) if word == "--ro-bind")
    assert str(Path.home()) not in wrapped
    shipped = container("docker", scratch, [folder], limits)
    pairs = list(pairwise(shipped))
    for pair in (("--network", "none"), ("--cap-drop", "ALL"), ("--memory", "5"), ("--user", "65534:65534")):
        assert pair in pairs
    assert "--read-only" in shipped
    assert not any(word.startswith("--privileged") for word in shipped)
    assert os.environ["PATH"] not in shipped
