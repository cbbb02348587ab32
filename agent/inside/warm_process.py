"""The agent's end of one warm process (`watch/parts/warm.py` is the other): started, told what to import, asked for forks, killed."""
from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence

from . import processes
from .environment import app_environment
from .processes import Child
from .running import Running

IMPORT_SECONDS, FORK_SECONDS = 120.0, 15.0
ANSWER_BYTES = 4_000_000


class WarmProcess:
    def __init__(self, command: dict, program: str, cwd: str, nest: tuple[int, int] | None) -> None:
        """Raises OSError when the interpreter cannot be started."""
        self.env = app_environment(command | {"instrument": False})
        self.loaded: set[str] = set()
        # First names that its packages asked for, found or not; variables that they read.
        self.tops: frozenset[str] = frozenset()
        self.reads: frozenset[str] = frozenset()
        self._tree, self._cwd = command["tree"], cwd
        self._ours, theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._rest = b""
        try:
            self._child = Child(
                [program, *command["command"][1:]], cwd=cwd, heard=lambda _stream, _data: None, user=command.get("user"), nest=nest,
                env=app_environment(command | {"instrument": True}) | {"BOOT_CHECK_WARM": str(theirs.fileno())}, fds=[theirs.fileno()], limited=True)
        except OSError:
            self._ours.close()
            raise
        finally:
            theirs.close()
        # What a boot leaves behind is killed; this is what we leave for the next one.
        processes.trusted.add(self._child.pid)

    @property
    def alive(self) -> bool:
        return self._child.alive

    async def load(self, names: Sequence[str]) -> int | None:
        """None when all is imported; else the place of the first module that must not be: then the process is spoilt."""
        answer = await self._ask({"do": "import", "modules": list(names), "cwd": self._cwd, "tree": self._tree}, (), IMPORT_SECONDS)
        if "loaded" not in answer:
            at = answer.get("at")
            return at if isinstance(at, int) and 0 <= at < len(names) else 0
        self.loaded.update(names)
        self.tops = frozenset(map(str, answer.get("tops") or ()))
        self.reads = frozenset(map(str, answer.get("reads") or ()))
        return None

    async def fork(self, env: Mapping[str, str], watch: int, heard: Callable[[str, bytes], None], without: Sequence[str]) -> Running | str:
        """The app's process, or why there is none."""
        pipes = [os.pipe(), os.pipe()]
        ends = [os.fdopen(read, "rb", buffering=0) for read, _ in pipes]
        try:
            answer = await self._ask(
                {"do": "fork", "env": dict(env), "cwd": self._cwd, "agent": os.getpid(), "without": list(without)},
                (pipes[0][1], pipes[1][1], watch), FORK_SECONDS)
        finally:
            for _, write in pipes:
                os.close(write)
        pid = answer.get("pid")
        if not isinstance(pid, int) or not _is_ours(pid):
            for end in ends:
                end.close()
            return str(answer.get("why", "it did not fork"))
        return Running(pid, lambda: _reaped(pid), ends[0], ends[1], heard)

    async def _ask(self, request: dict, fds: Sequence[int], seconds: float) -> dict:
        """{} when it did not answer, or nothing that can be read."""
        loop = asyncio.get_running_loop()
        data = json.dumps(request).encode() + b"\n"
        try:
            async with asyncio.timeout(seconds):
                sent = socket.send_fds(self._ours, [data], list(fds)) if fds else 0
                await loop.sock_sendall(self._ours, data[sent:])
                while b"\n" not in self._rest and len(self._rest) < ANSWER_BYTES:
                    more = await loop.sock_recv(self._ours, 1 << 16)
                    if not more:
                        return {}
                    self._rest += more
        except (OSError, TimeoutError):
            return {}
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            answer = json.loads(line)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}

    async def kill(self) -> None:
        """Only this process and its group: an app may be running beside it."""
        processes.trusted.discard(self._child.pid)
        self._ours.close()
        if self._child.alive:
            try:
                os.killpg(self._child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            await self._child.dead.wait()
        self._child.close()


def _is_ours(pid: int) -> bool:
    """What the process says is a hint: only a child of ours can be watched and reaped."""
    return processes.process_table().get(pid, (0, ""))[0] == os.getpid()


def _reaped(pid: int) -> int:
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 70
