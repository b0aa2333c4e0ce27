"""What the kernel is asked for, byte by byte (``linux/landlock.h``, ``linux/seccomp.h``): one that writes it down."""

import ctypes
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.sandbox import landlock, seccomp
from harness.sandbox.landlock import READ, WRITE, Rule
from harness.sandbox.syscalls import MACHINES

CREATE, ADD, RESTRICT = 444, 445, 446


class Kernel:
    """Landlock of some version; takes rules, or refuses what it is told to."""

    def __init__(self, version: int, refuses: int | None = None) -> None:
        self.version, self.refuses = version, refuses
        self.calls: list[tuple[Any, ...]] = []
        self.opened: list[int] = []

    def __call__(self, number: int, *arguments: Any) -> int:
        if number == CREATE and arguments == (None, 0, 1):
            return self.version
        self.calls.append((number, *arguments))
        if number == self.refuses:
            return -1
        if number == CREATE:
            self.opened.append(os.open("/dev/null", os.O_RDONLY))
            return self.opened[-1]
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kernel]:
    def of(version: int, refuses: int | None = None) -> Kernel:
        made = Kernel(version, refuses)
        monkeypatch.setattr(landlock, "_call", made)
        return made

    return of


@pytest.mark.parametrize(
    ("version", "attributes"),
    [
        (1, struct.pack("<Q", 0x1FFF)),
        (2, struct.pack("<Q", 0x3FFF)),
        (3, struct.pack("<Q", 0x7FFF)),
        (4, struct.pack("<QQ", 0x7FFF, 0b11)),
        (5, struct.pack("<QQ", 0xFFFF, 0b11)),
        (6, struct.pack("<QQQ", 0xFFFF, 0b11, 0b11)),
    ],
)
def test_all_that_a_version_governs_is_asked_for(
    kernel: Callable[..., Kernel], version: int, attributes: bytes
) -> None:
    called = kernel(version)
    landlock.apply([])
    (ruleset,) = called.opened
    assert called.calls == [(CREATE, attributes, len(attributes), 0), (RESTRICT, ruleset, 0)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ruleset)


def test_rules_are_what_the_version_and_the_kind_of_file_allow(kernel: Callable[..., Kernel], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    called = kernel(2)
    landlock.apply([Rule(tmp_path, WRITE), Rule(tmp_path / "absent", READ), Rule(tmp_path / "file", WRITE)])
    added = [call for call in called.calls if call[0] == ADD]
    assert [call[2] for call in added] == [1, 1]  # LANDLOCK_RULE_PATH_BENEATH
    rights = [struct.unpack("<Qi", call[3])[0] for call in added]
    # execute 0, write 1, read file 2, read dir 3, remove dir 4, remove file 5, make char 6, make dir 7, make reg 8
    assert rights == [0b1_1011_1110, 0b110]


@pytest.mark.parametrize("refused", [CREATE, ADD, RESTRICT])
def test_a_kernel_that_refuses_ends_it(kernel: Callable[..., Kernel], tmp_path: Path, refused: int) -> None:
    called = kernel(3, refuses=refused)
    with pytest.raises(OSError, match="landlock"):
        landlock.apply([Rule(tmp_path, READ)])
    assert called.calls[-1][0] == refused
    for descriptor in called.opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)


def test_a_kernel_without_landlock_ends_it(kernel: Callable[..., Kernel]) -> None:
    kernel(-1)
    assert landlock.version() == 0
    with pytest.raises(OSError, match="no Landlock"):
        landlock.apply([])


class Libc:
    """Takes the filter, and keeps its bytes."""

    def __init__(self, answer: int) -> None:
        self.answer = answer
        self.numbers: tuple[int, ...] = ()
        self.code = b""

    def syscall(self, number: int, mode: int, flags: int, header: bytes) -> int:
        self.numbers = (number, mode, flags)
        length, address = struct.unpack("<HxxxxxxQ", header)
        self.code = ctypes.string_at(address, 8 * length)
        return self.answer


def test_the_filter_is_handed_over_whole_and_for_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc(0)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    instructions = seccomp.program(MACHINES["x86_64"], 4242)
    seccomp.install(instructions, 317)
    assert libc.numbers == (317, 1, 1)  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
    assert list(struct.iter_unpack("<HBBI", libc.code)) == instructions


def test_a_filter_that_is_not_taken_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    libc = Libc(-1)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    with pytest.raises(OSError, match="seccomp"):
        seccomp.install([(seccomp.RETURN, 0, 0, seccomp.ALLOW)], 317)
