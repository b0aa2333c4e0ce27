"""The filter of system calls of the ``hardened`` level: what is not allowed by name does not happen.

Pure but for ``install``. Classic BPF as the kernel takes it (``linux/seccomp.h``, ``linux/filter.h``; man 2 seccomp).
"""

import ctypes
import errno
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.sandbox.syscalls import Machine

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000

_CLONE_THREAD = 0x00010000 | 0x00000100 | 0x00000800  # CLONE_THREAD | CLONE_VM | CLONE_SIGHAND
_CLONE_NEW = 0x7E020000 | 0x00000080  # every CLONE_NEW*
_PRCTLS = (3, 15, 16, 23, 0x53564D41)  # GET_DUMPABLE, SET_NAME, GET_NAME, CAPBSET_READ, SET_VMA
_IOCTLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_FCNTLS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)  # duplicates, flags, locks, the size of a pipe

REFUSED: Mapping[str, int] = {
    "fork": errno.EPERM,
    "vfork": errno.EPERM,
    "execve": errno.EACCES,
    "execveat": errno.EACCES,
    "socket": errno.EACCES,
    "socketpair": errno.EACCES,
    "clone3": errno.ENOSYS,  # its flags are in memory, where a filter cannot look; glibc then takes clone
    "truncate": errno.EPERM,  # by path; before Landlock's third version on any file of the user
}
"""Named system calls that fail with an error of their own; whatever has no name here fails with ENOSYS."""

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, constant."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one argument of a system call has to be: one of ``values``, after ``mask``."""

    argument: int
    values: Sequence[int]
    mask: int | None = None


def checks(own_pid: int) -> Mapping[str, tuple[Sequence[Check], int]]:
    """The system calls whose arguments decide, and the error of those that fail."""
    return {
        "clone": ([Check(0, [_CLONE_THREAD], _CLONE_THREAD | _CLONE_NEW)], errno.EPERM),  # threads, no processes
        "kill": ([Check(0, [own_pid])], errno.EPERM),
        "tgkill": ([Check(0, [own_pid])], errno.EPERM),
        "prlimit64": ([Check(0, [0, own_pid]), Check(2, [0])], errno.EPERM),  # reading its own
        "prctl": ([Check(0, _PRCTLS)], errno.EINVAL),
        "ioctl": ([Check(1, _IOCTLS)], errno.ENOTTY),
        "fcntl": ([Check(1, _FCNTLS)], errno.EINVAL),
    }


def program(machine: Machine, own_pid: int) -> list[Instruction]:
    """The filter of a process."""
    checked = checks(own_pid)
    made: list[Instruction] = [(LOAD, 0, 0, _ARCH), (JUMP_EQUAL, 1, 0, machine.audit_arch), _leave(KILL)]
    made.append((LOAD, 0, 0, _NUMBER))
    if machine.has_x32:
        made += [(JUMP_AT_LEAST, 0, 1, _X32), _leave(KILL)]
    for name, number in machine.numbers.items():
        if name in checked:
            body = list(_checking(*checked[name]))
        else:
            body = [_leave(ERRNO | REFUSED[name] if name in REFUSED else ALLOW)]
        made += [(JUMP_EQUAL, 0, len(body), number), *body]
    return [*made, _leave(ERRNO | errno.ENOSYS)]


def _checking(wanted: Sequence[Check], error: int) -> Iterator[Instruction]:
    """Allow where every check holds, on the low words of arguments; a pointer that has to be 0 has both words 0."""
    refuse = _leave(ERRNO | error)
    for check in wanted:
        place = _ARGUMENTS + 8 * check.argument
        for word in (place, place + 4) if check.values == [0] else (place,):
            yield (LOAD, 0, 0, word)
            if check.mask is not None:
                yield (AND, 0, 0, check.mask)
            for left, value in zip(range(len(check.values) - 1, -1, -1), check.values, strict=True):
                yield (JUMP_EQUAL, left + 1, 0, value & 0xFFFFFFFF)
            yield refuse
    yield _leave(ALLOW)


def _leave(action: int) -> Instruction:
    return (RETURN, 0, 0, action)


def run(instructions: Sequence[Instruction], arch: int, number: int, arguments: Sequence[int] = ()) -> int:
    """What the filter answers to a system call: the kernel's interpreter in a few lines, to check programs with."""
    words = struct.unpack("<16I", struct.pack("<IIQ6Q", number, arch, 0, *(*arguments, *([0] * (6 - len(arguments))))))
    value, place = 0, 0
    while True:
        code, true, false, constant = instructions[place]
        place += 1
        if code == LOAD:
            value = words[constant // 4]
        elif code == AND:
            value &= constant
        elif code == RETURN:
            return constant
        else:
            place += true if (value == constant if code == JUMP_EQUAL else value >= constant) else false


def install(instructions: Sequence[Instruction], number_of_seccomp: int) -> None:
    """Put the filter on every thread of this process, for good.

    Raises:
        OSError: the kernel does not take it.
    """
    code = b"".join(struct.pack("<HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("<HxxxxxxQ", len(instructions), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    set_mode_filter, on_all_threads = 1, 1
    if libc.syscall(number_of_seccomp, set_mode_filter, on_all_threads, header) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
