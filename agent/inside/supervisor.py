"""Sees that a supervisor (`--reload`, `--workers`) is left without a worker: it lives on, and holds the port open."""
from __future__ import annotations

import asyncio
from collections.abc import Sequence

from .log import LogBook
from .processes import Child, command_line, descendants


async def workers_lost(child: Child, command: Sequence[str], book: LogBook) -> None:
    """Returns when workers died and the log says that something failed; never, when the command starts no workers."""
    if not any(word.startswith(("--reload", "--workers", "-w")) or word == "dev" for word in command):
        await asyncio.Event().wait()
    seen: set[int] = set()
    lost = deaths = 0
    while True:
        await asyncio.sleep(0.1)
        workers = _workers(child)
        deaths += len(seen - workers)
        seen = workers
        lost = lost + 1 if deaths and not workers else 0
        if book.fatal_seen and (lost >= 5 or deaths >= 3):
            return


def _workers(child: Child) -> set[int]:
    found = set()
    for pid, state in descendants(child.pid).items():
        line = command_line(pid)
        if state not in "ZX" and "multiprocessing" in line and "resource_tracker" not in line:
            found.add(pid)
    return found
