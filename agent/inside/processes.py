"""Children of the agent: started in a session of their own, read without threads, and killed for sure.

The agent is the reaper of everything below it (PR_SET_CHILD_SUBREAPER, or process 1 of its namespace), so a process that forks twice
to get away becomes a child of the agent and is found by a walk over /proc.
"""
from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from .running import Running

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE = 1, 36, 38, 4
# Processes and threads of the app's own account. In a container the engine counts too; elsewhere this is what stops a fork bomb.
MOST_PROCESSES = 512
# Of one process and one file. Their sums are the guard's business (`guard.py`) and, in a container, the engine's.
MOST_MEMORY, LARGEST_FILE = 4 << 30, 1 << 30

_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None
# Root processes of trusted services (the embedded Postgres): no part of what a boot leaves behind.
trusted: set[int] = set()


def adopt_orphans() -> None:
    """Orphans below become our children; and no process of the same user may look into us or hold us."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _limit() -> None:
    """For the app and what it starts. When memory runs out, the kernel takes it before anybody else."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if _libc is not None:
        _libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else our own settings belong to root
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass


def _restrict(nest: tuple[int, int] | None, own_account: bool, limited: bool) -> None:
    """Runs in the child, after the change of user: no way back to more rights, no life without the agent."""
    if limited:
        _limit()
    if _libc is None:
        return
    if nest is not None:
        _leave_mapped_root(*nest)
    if (own_account or nest is not None) and not _counted_by_engine():
        # Not where the app shares its user with the person at the desk, whose processes would count as well; and not where a container has a
        # limit of its own, because this one counts the account's processes in all containers together.
        resource.setrlimit(resource.RLIMIT_NPROC, (MOST_PROCESSES, MOST_PROCESSES))
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def _counted_by_engine() -> bool:
    """Whether the control group we are in allows no more processes than we would."""
    for path in ("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"):
        try:
            with open(path) as file:
                return int(file.read()) <= MOST_PROCESSES
        except (OSError, ValueError):
            continue
    return False


def _leave_mapped_root(uid: int, gid: int) -> None:
    """In a user namespace where we only look like root, a second one gives the child its ordinary ids and no capabilities."""
    outer_uid, outer_gid = os.getuid(), os.getgid()
    _libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # else our own uid_map belongs to somebody else
    if _libc.unshare(0x10000000) != 0:
        return
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {outer_uid} 1"), ("gid_map", f"{gid} {outer_gid} 1")):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
        except OSError:
            return


class Child(Running):
    """A program of our own choice, started in a session of its own."""

    def __init__(
        self, argv: Sequence[str], *, cwd: str, env: Mapping[str, str], heard: Callable[[str, bytes], None],
        user: Mapping[str, int] | None = None, nest: tuple[int, int] | None = None, fds: Iterable[int] = (),
        limited: bool = False,
    ) -> None:
        switch = {"user": user["uid"], "group": user["gid"], "extra_groups": []} if user and os.getuid() == 0 else {}
        process = subprocess.Popen(
            argv, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            start_new_session=True, pass_fds=tuple(fds), preexec_fn=lambda: _restrict(nest, bool(switch), limited), **switch,
        )
        super().__init__(process.pid, process.wait, process.stdout, process.stderr, heard)


def process_table() -> dict[int, tuple[int, str]]:
    """pid → (parent, state letter) of every process that can be seen."""
    table: dict[int, tuple[int, str]] = {}
    for entry in os.listdir("/proc") if LINUX else ():
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                # The name in brackets may hold anything, brackets too: fields count from the last one.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        table[int(entry)] = (int(fields[1]), fields[0].decode())
    return table


def descendants(root: int, spare: Iterable[int] = ()) -> dict[int, str]:
    """pid → state of everything below `root`, without the subtrees of `spare`."""
    children: dict[int, list[tuple[int, str]]] = {}
    for pid, (parent, state) in process_table().items():
        children.setdefault(parent, []).append((pid, state))
    found: dict[int, str] = {}
    spared, todo = set(spare), [root]
    while todo:
        for pid, state in children.get(todo.pop(), ()):
            if pid not in spared and pid not in found:
                found[pid] = state
                todo.append(pid)
    return found


def command_line(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def find_program(words: Sequence[str], tree: str, folder: str, path: str) -> tuple[str, str, str | None]:
    """
    (program, folder to start in, complaint). As a shell would: the command line is the user's, so a program or a folder that is not there is
    the app's fault and no exception. The complaint is what `sh` says; it ends with 127 for the program (which is empty then) and 1 for the folder.
    """
    program = shutil.which(words[0], path=path) or ""
    cwd = os.path.normpath(os.path.join(tree, folder))
    if not program:
        return program, cwd, f"sh: 1: {words[0]}: command not found\n"
    return program, cwd, None if os.path.isdir(cwd) else f"sh: 1: cd: {folder}: No such file or directory\n"


async def outlast(child: Running, seconds: float | None, beside: bool = False) -> bool:
    """
    Waits for the child's end, and ends it for sure. False when it was late. `beside`: others run at the same time, so what it leaves behind is not
    looked for, and a `sweep()` must follow.
    """
    try:
        await asyncio.wait_for(child.dead.wait(), seconds)
    except TimeoutError:
        return False
    finally:
        await asyncio.shield(_end_alone(child) if beside else end(child, 0))
    return True


async def _end_alone(child: Running) -> None:
    if child.alive:
        _kill_group(child.pid)
        await child.dead.wait()
    child.close()


async def end(child: Running, grace: float) -> None:
    """SIGTERM, `grace` seconds for the child to go, then SIGKILL to it and to everything it left behind."""
    if child.alive and grace > 0:
        try:
            os.killpg(child.pid, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            child.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(child.dead.wait(), grace)
        except TimeoutError:
            pass
    await sweep(child)
    child.close()


async def sweep(child: Running | None = None) -> None:
    """Kills until nothing of ours is left: what forks faster than one pass is caught by the next."""
    me = os.getpid()
    for attempt in range(200):
        if child is not None and (child.alive or attempt == 0):
            _kill_group(child.pid)
        left = descendants(me, trusted) if LINUX else {}
        living = [pid for pid, state in left.items() if state not in "ZX"]
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for pid in left:
            if child is None or pid != child.pid:
                _reap(pid)
        if not living and (child is None or not child.alive):
            return
        await asyncio.sleep(0.005 if attempt < 20 else 0.05)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _reap(pid: int) -> None:
    """Only orphans that became our children can be waited for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def oom_kills() -> int:
    """How often the kernel killed for memory in this control group; -1 when it does not say."""
    try:
        with open("/sys/fs/cgroup/memory.events") as file:
            counts = dict(line.split() for line in file)
        return int(counts.get("oom_kill", -1))
    except (OSError, ValueError):
        return -1
