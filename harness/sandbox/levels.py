"""Levels of isolation: which this machine has, and which is taken. Never a weaker one than was asked for by name."""

import functools
import os
import platform
import shutil
import subprocess
import sys
from enum import StrEnum

from harness.findings import fail
from harness.sandbox import landlock
from harness.sandbox.syscalls import MACHINES


class Level(StrEnum):
    """How a child that runs submitted code is kept apart. Each promises what the one before does, and more."""

    NONE = "none"
    """A process of its own, and nothing else: for one's own code."""
    PROCESS = "process"
    """A fresh process with limits, an empty environment, no descriptors. It reads files and reaches the network."""
    HARDENED = "hardened"
    """Landlock and seccomp: reads the interpreter and the submission, writes scratch; no network, no processes."""
    ISOLATED = "isolated"
    """Hardened inside bubblewrap: namespaces of its own, and no path of the rest of the system."""
    CONTAINER = "container"
    """Hardened inside a container of docker or podman: for hosts, with memory and processors counted by cgroups."""


IMAGE = os.environ.get("PARETONLP_IMAGE", "paretonlp")
"""The image that containers are made of: this package and its dependencies (see the Dockerfile)."""

AUTO = "auto"
"""Hardened where the kernel has it, else process; the report says which it was."""


def chosen(wanted: str) -> Level:
    """The level that is taken.

    Raises:
        ParetoNLPError: a level asked for by name that this machine does not have.
    """
    if wanted == AUTO:
        return Level.PROCESS if obstacle(Level.HARDENED) else Level.HARDENED
    if wanted not in list(Level):
        raise fail(
            "no-such-level",
            f"There is no level of isolation {wanted!r}.",
            expected=", ".join([AUTO, *Level]),
        )
    level = Level(wanted)
    if reason := obstacle(level):
        raise fail(
            "level-unavailable",
            f"The level {level} is not available here: {reason}.",
            remedy="Choose another with --sandbox; auto takes the best that is there without set-up.",
        )
    return level


@functools.cache
def obstacle(level: Level) -> str:
    """What this machine lacks for a level; empty: nothing."""
    if level in (Level.NONE, Level.PROCESS):
        return ""
    if platform.system() != "Linux":
        return f"it needs Linux, and this is {platform.system()}"
    if platform.machine() not in MACHINES:
        return f"there is no list of system calls for {platform.machine()}"
    if landlock.version() < 1:
        return "the kernel has no Landlock (Linux 5.13 and later have, unless it is switched off)"
    further = {Level.ISOLATED: _bubblewrap_obstacle, Level.CONTAINER: _container_obstacle}
    return further[level]() if level in further else ""


def _bubblewrap_obstacle() -> str:
    """A run of 20 ms tells whether bubblewrap may make namespaces here."""
    program = shutil.which("bwrap")
    if program is None:
        return "bubblewrap is not installed (Debian: bubblewrap)"
    # the whole system in its sight: only whether it may is asked
    probe = [program, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", sys.executable, "-V"]
    ran = subprocess.run(probe, capture_output=True, check=False, env={"PATH": os.defpath})  # noqa: S603
    said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"bubblewrap cannot make namespaces here ({said[-1] if said else ran.returncode})" if ran.returncode else ""


def _container_obstacle() -> str:
    program = container_program()
    if program is None:
        return "neither docker nor podman is installed"
    ran = subprocess.run([program, "image", "inspect", IMAGE], capture_output=True, check=False)  # noqa: S603
    said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{program} has no image {IMAGE!r} ({said[-1] if said else ran.returncode})" if ran.returncode else ""


def container_program() -> str | None:
    """What runs containers here."""
    return shutil.which("podman") or shutil.which("docker")
