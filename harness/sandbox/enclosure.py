"""The commands that the child is started with: as it is, inside bubblewrap, or in a container. Pure."""

from collections.abc import Sequence
from pathlib import Path

from harness.sandbox.levels import IMAGE, Level, container_program
from harness.sandbox.policy import Limits, command, environment, readable


def child_command(level: Level, scratch: Path, reads: Sequence[Path], limits: Limits) -> list[str]:
    """What starts the child at a level; ``reads`` is what it is given to read."""
    if level is Level.ISOLATED:
        return [*bubblewrap(scratch, reads, limits), *command()]
    if level is Level.CONTAINER:
        return [*container(container_program() or "docker", scratch, reads, limits), "python3", *command()[1:]]
    return command()


def container(program: str, scratch: Path, reads: Sequence[Path], limits: Limits) -> list[str]:
    """No network, no rights, nothing to write but a scratch of limited size; memory counted by cgroups."""
    variables = environment(scratch, limits.threads).items()
    return [
        *(program, "run", "--rm", "--interactive", "--network", "none", "--read-only"),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
        *("--pids-limit", "512", "--memory", str(limits.memory_bytes), "--memory-swap", str(limits.memory_bytes)),
        *("--tmpfs", f"{scratch}:size={limits.scratch_bytes},mode=1777", "--workdir", str(scratch)),
        *(word for path in reads for word in ("--mount", f"type=bind,source={path},target={path},readonly")),
        *(word for name, value in variables for word in ("--env", f"{name}={value}")),
        IMAGE,
    ]


def bubblewrap(scratch: Path, reads: Sequence[Path], limits: Limits) -> list[str]:
    """Namespaces of its own of every kind; the interpreter and what is given to read, a scratch of limited size."""
    own = (Path("/proc"), Path("/dev"))  # bubblewrap makes these
    seen = [path for path in readable(reads) if path.exists() and not any(map(path.is_relative_to, own))]
    binds = [word for path in seen for word in ("--ro-bind", str(path), str(path))]
    return [
        "bwrap",
        *("--unshare-all", "--die-with-parent", "--as-pid-1", "--hostname", "sandbox"),
        *("--tmpfs", "/", "--proc", "/proc", "--dev", "/dev"),
        *binds,
        *("--size", str(limits.scratch_bytes), "--tmpfs", str(scratch)),
        *("--remount-ro", "/", "--chdir", str(scratch), "--"),
    ]
