"""A submission's model.py that tries everything at once. Each attack returns what it got hold of, or raises.

Beside it in ``assets/``: ``targets.json`` says where the secrets are. What came of it is raised as JSON.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

TARGETS = json.loads((Path(__file__).parent / "assets" / "targets.json").read_text())
LIBC = ctypes.CDLL(None, use_errno=True)
ATTACKS = {}


def attack(function):
    ATTACKS[function.__name__] = function
    return function


def system_call(number, *arguments):
    """Raises unless the kernel did it."""
    result = LIBC.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


# --- read gold, secrets, other people's files


@attack
def read_the_gold():
    return Path(TARGETS["secret"]).read_text()


@attack
def list_the_data():
    return os.listdir(Path(TARGETS["secret"]).parent)


@attack
def read_another_submission():
    return (Path(TARGETS["other"]) / "model.py").read_text()


@attack
def read_through_a_link():
    return (Path(__file__).parent / "assets" / "link").read_text()


@attack
def list_the_home_of_the_user():
    return os.listdir(TARGETS["home"])


@attack
def read_the_passwords():
    return Path("/etc/shadow").read_text()


@attack
def read_the_users():
    return Path("/etc/passwd").read_text()


@attack
def read_the_environment_of_the_parent():
    return Path(f"/proc/{os.getppid()}/environ").read_bytes()


@attack
def read_the_memory_of_the_parent():
    with open(f"/proc/{os.getppid()}/maps") as maps:
        return maps.readline()


@attack
def read_the_command_line_of_init():
    if os.getpid() == 1:
        raise PermissionError("is first in a namespace of its own")
    return Path("/proc/1/cmdline").read_bytes()


@attack
def find_a_secret_in_the_environment():
    return [name for name, value in os.environ.items() if value == "secret"]


@attack
def find_an_open_file():
    """Standard streams, the pipe to the parent and what lists them: no more."""
    names = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if int(number) < 100]
    return [name for name in names if TARGETS["data"] in name]


@attack
def read_the_kernel_log():
    system_call({"x86_64": 103, "aarch64": 116}[os.uname().machine], 3, ctypes.create_string_buffer(100), 100)
    return "syslog"


# --- network


@attack
def connect_by_tcp():
    with socket.create_connection(("127.0.0.1", TARGETS["port"]), timeout=2):
        return "connected"


@attack
def send_by_udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        return channel.sendto(b"gold", ("127.0.0.1", TARGETS["port"]))


@attack
def listen():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        return "listening"


@attack
def connect_to_a_local_socket():
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(TARGETS["unix"])
        return "connected"


@attack
def connect_to_an_abstract_socket():
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect("\0" + TARGETS["abstract"])
        return "connected"


@attack
def resolve_a_name():
    return socket.getaddrinfo("localhost", 80)


@attack
def talk_to_the_kernel_by_netlink():
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as channel:
        return channel.fileno()


# --- start processes, reach others, get rights


@attack
def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


@attack
def run_a_program():
    return subprocess.run(["/bin/true"], check=True).returncode == 0


@attack
def become_a_program():
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid


@attack
def signal_the_parent():
    os.kill(os.getppid(), 0)
    return "reached"


@attack
def signal_everybody():
    os.kill(-1, signal.SIGCONT)
    return "reached"


@attack
def trace_the_parent():
    return system_call({"x86_64": 101, "aarch64": 117}[os.uname().machine], 16, os.getppid(), 0, 0)


@attack
def read_memory_of_the_parent_by_call():
    """process_vm_readv of nothing: fails where it is not allowed at all."""
    system_call({"x86_64": 310, "aarch64": 270}[os.uname().machine], os.getppid(), None, 0, None, 0, 0)
    return "allowed"


@attack
def make_a_namespace():
    system_call({"x86_64": 272, "aarch64": 97}[os.uname().machine], 0x10000000)
    return "a user namespace"


@attack
def mount():
    target = os.environ["TMPDIR"].encode()
    system_call({"x86_64": 165, "aarch64": 40}[os.uname().machine], b"none", target, b"tmpfs", 0, None)
    return "mounted"


@attack
def change_the_root():
    os.chroot(os.environ["TMPDIR"])
    return "changed"


@attack
def become_root():
    if os.geteuid() == 0:
        raise PermissionError("is root, without capabilities")
    os.setuid(0)
    return "root"


@attack
def take_a_capability_back():
    """CAP_SYS_ADMIN; the set of a process without any stays empty."""
    header, wanted = bytes([0x22, 0x05, 0x08, 0x20, 0, 0, 0, 0]), bytes([0, 0, 0x20, 0] * 6)
    system_call({"x86_64": 126, "aarch64": 91}[os.uname().machine], header, wanted)
    return "a capability"


@attack
def raise_a_limit():
    resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return "unlimited"


@attack
def set_up_a_ring():
    return system_call(425, 4, ctypes.create_string_buffer(120))


@attack
def make_a_file_in_memory():
    return os.memfd_create("hidden")


@attack
def use_the_key_ring():
    return system_call({"x86_64": 248, "aarch64": 217}[os.uname().machine], b"user", b"gold", b"1", 1, -3)


@attack
def load_a_program_into_the_kernel():
    return system_call({"x86_64": 321, "aarch64": 280}[os.uname().machine], 0, ctypes.create_string_buffer(64), 64)


@attack
def handle_page_faults():
    return system_call({"x86_64": 323, "aarch64": 282}[os.uname().machine], 1)


@attack
def share_memory_with_later_runs():
    return system_call({"x86_64": 29, "aarch64": 194}[os.uname().machine], 4711, 4096, 0o1666)


@attack
def lift_the_filter():
    """A second filter that allows everything changes nothing; a thread of its own is under the first as well."""
    import threading

    found = []

    def look():
        with contextlib.suppress(OSError):
            found.append(read_the_gold())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found


# --- leave something behind, change what is there


def write(path):
    path.write_text("was here")
    return str(path)


@attack
def write_into_the_home():
    return write(Path(TARGETS["home"]) / "paretonlp-was-here")


@attack
def write_into_the_submission():
    return write(Path(__file__).parent / "paretonlp-was-here")


@attack
def write_into_the_packages():
    import torch

    return write(Path(torch.__file__).parent / "paretonlp-was-here")


@attack
def write_into_tmp():
    return write(Path(TARGETS["tmp"]) / "paretonlp-was-here")


@attack
def write_into_shared_memory():
    return write(Path("/dev/shm/paretonlp-was-here"))


@attack
def overwrite_the_gold():
    return write(Path(TARGETS["secret"]))


@attack
def cut_the_gold():
    os.truncate(TARGETS["secret"], 0)
    return "cut"


@attack
def delete_the_gold():
    os.unlink(TARGETS["secret"])
    return "deleted"


@attack
def change_the_mode_of_the_gold():
    os.chmod(TARGETS["secret"], 0o777)
    return "changed"


@attack
def change_the_time_of_the_gold():
    os.utime(TARGETS["secret"], (0, 0))
    return "changed"


@attack
def link_the_gold():
    os.link(TARGETS["secret"], os.path.join(os.environ["TMPDIR"], "gold"))
    return "linked"


@attack
def mark_the_gold():
    os.setxattr(TARGETS["secret"], "user.paretonlp", b"was here")
    return "marked"


@attack
def make_a_pipe_file():
    os.mkfifo(os.path.join(os.environ["TMPDIR"], "pipe"))
    return "made"


@attack
def rename_the_submission():
    os.rename(Path(__file__).parent / "assets", Path(__file__).parent / "others")
    return "renamed"


def run_all():
    """What was got, by attack; a message of a submission is cut after 1,500 characters."""
    outcomes = {"tried": len(ATTACKS)}
    for name, function in ATTACKS.items():
        try:
            got = function()
        except BaseException:  # noqa: BLE001 - held, whatever it says
            continue
        if got:
            outcomes[name] = repr(got)[:40]
    return outcomes


def build_model(dataset, **options):
    raise RuntimeError("OUTCOMES" + json.dumps(run_all()))


sys.dont_write_bytecode = True
