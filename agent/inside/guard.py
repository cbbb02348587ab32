"""Ends what an app starts when it takes more of the machine than one backend may: memory where no engine counts it, and disk.

Limits of single processes and files are set when the app is started (`processes.py`); this looks at their sum a few times a second.
"""
from __future__ import annotations

import asyncio
import os
import signal
import stat
import time

from . import processes

EVERY = 0.2
MEMORY_BYTES = 2 << 30
# A tree that grows by more is no start-up; nor is one that takes the last of the disk.
WRITTEN_BYTES, FREE_BYTES = 1 << 30, 512 << 20
# Free space that must be gone before anybody counts files.
NOTICED_BYTES = 256 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")


class Guard:
    """Watches from `start` to `stop`. `breach` names the limit that was passed: `memory` or `disk`."""

    def __init__(self, folders: list[str], heard) -> None:
        self._folders, self._heard = folders, heard
        self._task: asyncio.Future | None = None
        self.breach: str | None = None

    async def start(self) -> None:
        self._free = self._free_bytes()
        self._size = await asyncio.to_thread(size_of, self._folders)
        self._task = asyncio.ensure_future(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            # In a thread: the kernel may let us wait for a process that is busy taking memory.
            if await asyncio.to_thread(memory_of_children) > MEMORY_BYTES:
                self._end("memory", f"it took more than {MEMORY_BYTES >> 20} MB of memory")
            elif await self._disk_is_filled():
                self._end("disk", f"it wrote more than {WRITTEN_BYTES >> 20} MB to the disk")

    async def _disk_is_filled(self) -> bool:
        free = self._free_bytes()
        gone = self._free - free
        if gone < NOTICED_BYTES:
            return False
        # Others write to the same disk, so what is gone must be found here, or be the last of it.
        return free < FREE_BYTES or await asyncio.to_thread(self._written) > WRITTEN_BYTES

    def _written(self) -> int:
        return size_of(self._folders) - self._size + size_without_names()

    def _free_bytes(self) -> int:
        about = os.statvfs(self._folders[0])
        return about.f_bavail * about.f_frsize

    def _end(self, breach: str, what: str) -> None:
        if self.breach is None:
            self.breach = breach
            self._heard("stderr", f"CRITICAL: boot-check ended the app: {what}\n".encode())
        for pid in _children():
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass


def _children() -> list[int]:
    return list(processes.descendants(os.getpid(), processes.trusted)) if processes.LINUX else []


def memory_of_children() -> int:
    """Bytes of their own. Cheap at first, which counts twice what a fork shares; exactly when that is too much."""
    children = _children()
    rough = sum(_rough(pid) for pid in children)
    if rough <= MEMORY_BYTES:
        return rough
    total = 0
    for pid in children:
        total += _proportional(pid)
        if total > MEMORY_BYTES:
            break
    return total


def _rough(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm") as file:
            _, resident, shared, *_ = map(int, file.read().split())
    except (OSError, ValueError):
        return 0
    return max(0, resident - shared) * PAGE


def _proportional(pid: int) -> int:
    """`Pss:   123 kB`; 0 for a process that is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return 0


def size_without_names() -> int:
    """Bytes of files that were removed and are held open: no folder shows them."""
    sizes: dict[tuple[int, int], int] = {}
    for pid in _children():
        try:
            with os.scandir(f"/proc/{pid}/fd") as entries:
                for entry in entries:
                    about = os.stat(entry.path)
                    if about.st_nlink == 0 and stat.S_ISREG(about.st_mode):
                        sizes[about.st_dev, about.st_ino] = about.st_blocks * 512
        except OSError:
            continue
    return sum(sizes.values())


def size_of(folders: list[str], seconds: float = 5.0) -> int:
    """Bytes on disk below these folders; links are not followed. What takes longer to count is left out."""
    total, todo, until = 0, list(folders), time.monotonic() + seconds
    while todo and time.monotonic() < until:
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
    return total
