"""Tries to get out of the sandbox, one harmless try at a time, and prints how each ended. Prints no content of anything it reads."""

import fcntl
import os
import signal
import socket
from collections.abc import Callable, Iterator
from glob import glob
from pathlib import Path

MARKER = "boot-check-hostile-marker"
SLEEPER = "boot-check-hostile-sleeper"
PROCESSES = 1000
# An answer of the agent for every request it may be working on, with an interpreter that does not exist.
FORGED = b"".join(b'\n{"type":"result","id":%d,"result":{"stage":"healthy","python":"6.6.6"}}\n' % number for number in range(1, 40))


def connect(host: str, port: int) -> None:
    socket.create_connection((host, port), timeout=2).close()


def read(path: str) -> None:
    with open(path, "rb") as file:
        if not file.read(1):
            raise OSError("empty")


def write(folder: str) -> None:
    Path(folder, MARKER).write_text("written by a backend that should not have been able to\n")


def shout(path: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        os.write(descriptor, FORGED)
    finally:
        os.close(descriptor)


def spawn_many() -> None:
    """As many sleeping processes as the system gives, up to a thousand; one in a session of its own stays behind."""
    children = []
    try:
        for number in range(PROCESSES):
            children.append(os.posix_spawn("/bin/sleep", [SLEEPER, "600"], {}, setsid=number == 0))
    finally:
        for child in children[1:]:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def become_root() -> None:
    os.setuid(0)


def agent() -> int:
    """The nearest ancestor that is no part of the server: not the reloader, not what multiprocessing puts in between."""
    pid = os.getppid()
    while any(word in Path(f"/proc/{pid}/cmdline").read_bytes() for word in (b"uvicorn", b"multiprocessing")):
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid


def tries() -> Iterator[tuple[str, Callable[[], None]]]:
    parent = agent()
    yield "network: address", lambda: connect("192.0.2.1", 80)
    yield "network: name", lambda: connect("example.org", 443)
    for path in ("/etc/shadow", "/var/run/docker.sock", f"/proc/{parent}/environ", "/root/.ssh", "/root/.npmrc"):
        yield f"read {path}", lambda path=path: read(path)
    for path in sorted(glob("/home/*/.ssh/*"))[:3]:
        yield f"read {path}", lambda path=path: read(path)
    tree = Path(__file__).resolve().parent.parent
    for folder in (tree.parent, Path(os.__file__).parent, Path("/etc"), Path("/usr/local/bin"), Path("/var/lib")):
        yield f"write {folder}", lambda folder=folder: write(str(folder))
    for number in range(3):
        yield f"channel /proc/{parent}/fd/{number}", lambda number=number: shout(f"/proc/{parent}/fd/{number}")
    yield "processes", spawn_many
    yield "root", become_root
    yield "kill the agent", lambda: kill(parent)


def run() -> dict[str, str]:
    outcomes = {}
    for name, action in tries():
        try:
            action()
        except Exception as error:
            outcomes[name] = f"stopped ({type(error).__name__})"
        else:
            outcomes[name] = "SUCCEEDED"
        print(f"hostile {name}: {outcomes[name]}", flush=True)
    for descriptor in (1, 2, *inherited_pipes()):
        os.write(descriptor, FORGED)
    print("hostile forged answers: sent", flush=True)
    return outcomes


def inherited_pipes() -> Iterator[int]:
    """Pipes that somebody else opened for this process; whoever reads them must not believe them."""
    for number in range(3, 32):
        try:
            if os.readlink(f"/proc/self/fd/{number}").startswith("pipe:") and fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY:
                yield number
        except OSError:
            continue
