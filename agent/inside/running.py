"""One process that runs below the agent, however it was started: read without threads, and its end awaited."""
from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import threading
from collections.abc import Callable
from typing import IO

CHUNK = 1 << 20


class Running:
    """`dead` is set once it ended; `exit` then holds `{"code": n}` or `{"signal": "SIGKILL"}`."""

    def __init__(
        self, pid: int, wait: Callable[[], int], stdout: IO[bytes], stderr: IO[bytes], heard: Callable[[str, bytes], None],
    ) -> None:
        """`wait` reaps it and returns its exit code, or its signal's number below zero."""
        self.pid, self.heard, self._wait = pid, heard, wait
        self.dead = asyncio.Event()
        self.exit: dict[str, object] | None = None
        self._loop = asyncio.get_running_loop()
        self._files = (stdout, stderr)
        self._pipes = {stdout.fileno(): "stdout", stderr.fileno(): "stderr"}
        for fd, stream in self._pipes.items():
            os.set_blocking(fd, False)
            _widen(fd)
            self._loop.add_reader(fd, self._read, fd, stream)
        self._watch_end()

    def _watch_end(self) -> None:
        try:
            self._pidfd = os.pidfd_open(self.pid)
        except (AttributeError, OSError):
            self._pidfd = -1
            threading.Thread(target=self._wait_elsewhere, daemon=True).start()
        else:
            self._loop.add_reader(self._pidfd, self._ended)

    def _wait_elsewhere(self) -> None:
        self._wait()
        try:
            self._loop.call_soon_threadsafe(self._ended)
        except RuntimeError:
            pass  # the loop is gone, and with it everybody who waits

    def _read(self, fd: int, stream: str) -> bool:
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if data:
            self.heard(stream, data)
            return True
        self._loop.remove_reader(fd)
        self._pipes.pop(fd, None)
        return False

    def _ended(self) -> None:
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        code = self._wait()
        self.exit = {"code": code} if code >= 0 else {"signal": _signal_name(-code)}
        # A pipe holds at most 1 MB after the writer is gone; a surviving grandchild must not keep us reading.
        for fd, stream in list(self._pipes.items()):
            for _ in range(64):
                if not self._read(fd, stream):
                    break
        self.dead.set()

    @property
    def alive(self) -> bool:
        return not self.dead.is_set()

    def signal(self, number: int) -> None:
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def close(self) -> None:
        for fd in list(self._pipes):
            self._loop.remove_reader(fd)
        self._pipes.clear()
        for file in self._files:
            file.close()


def _widen(pipe: int) -> None:
    """Fewer wake-ups when a server prints gigabytes."""
    try:
        fcntl.fcntl(pipe, 1031, CHUNK)  # F_SETPIPE_SZ
    except OSError:
        pass


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"
