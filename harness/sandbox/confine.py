"""The child confines itself, before it imports anything that starts a thread and before it sees the submission.

The order matters: no new privileges, capabilities, die with the parent, limits, Landlock, seccomp. Only the
standard library is imported on the way.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.sandbox.landlock import apply as apply_landlock
from harness.sandbox.levels import Level
from harness.sandbox.policy import rules
from harness.sandbox.seccomp import install, program
from harness.sandbox.syscalls import MACHINES

_SET_PDEATHSIG, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 1, 24, 38
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES = 64


def confine(header: Mapping[str, Any]) -> None:
    """Apply what the header of the request says: ``level``, ``limits`` by name of the resource, ``uid``, ``reads``.

    Raises:
        OSError: something of it does not hold. The child must end then.
    """
    hardened = header["level"] not in (Level.NONE, Level.PROCESS)
    if platform.system() == "Linux":
        _prctl(_SET_NO_NEW_PRIVS, 1)
        if hardened and os.geteuid() == 0:
            _drop_privileges(header["uid"])
        _prctl(_SET_PDEATHSIG, signal.SIGKILL)  # after the change of user, which would clear it
        # where it has a namespace of its own, its parent has no number there
        if header["level"] not in (Level.ISOLATED, Level.CONTAINER) and os.getppid() != header["parent"]:
            raise OSError("the parent is gone")
    if header["level"] != Level.NONE:
        for name, most in header["limits"].items():
            resource.setrlimit(getattr(resource, name), (most, most))
    if hardened:
        apply_landlock(rules(Path(header["scratch"]), [Path(path) for path in header["reads"]]))
        machine = platform.machine()
        install(program(MACHINES[machine], os.getpid()), _SECCOMP[machine])


def _drop_privileges(uid: int | None) -> None:
    """No capability stays; and where another user can read all that is needed, root becomes that user."""
    for capability in range(_CAPABILITIES):
        _prctl(_CAPBSET_DROP, capability, check=False)  # fails from the first that this kernel does not know
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    header, empty = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    if ctypes.CDLL(None, use_errno=True).syscall(_CAPSET[platform.machine()], header, empty) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _prctl(option: int, value: int, *, check: bool = True) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0 and check:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
