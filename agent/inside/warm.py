"""Which attempts are forked from a warm process, and how many such processes are kept: one for each of the last ways to start the app."""
from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from .processes import LINUX
from .running import Running
from .tree_names import TreeNames
from .warm_start import WarmStart, folder_of, program_of
from .watching import Watch

# While fixes are left out one by one, two environments take turns: with and without a change of the manifest.
MOST_LIVE = 2


class Warm:
    def __init__(self, nest: tuple[int, int] | None) -> None:
        self._nest = nest
        self._names = TreeNames()
        # The last one used is the last.
        self._starts: dict[tuple, WarmStart] = {}
        self._ending: set[asyncio.Future] = set()
        # Files of packages that failed while a cold start imported them.
        self.failing: set[str] = set()

    async def fork(self, command: dict, watch: Watch, heard: Callable[[str, bytes], None]) -> Running | str:
        """The app's process, or why it must be started cold."""
        if not LINUX:
            return "forks are not used on this system"
        start = self._start_of(command)
        if start is None:
            return "only a plain start of the environment's interpreter is forked"
        return await start.fork(command, watch, heard)

    def learn(self, command: dict, modules: list[str], seconds: float, restart: bool) -> None:
        """After a boot that took so long. `restart`: make a warm process when there is none."""
        start = self._start_of(command) if LINUX else None
        if start is None:
            return
        start.learn(command, modules, seconds, restart)
        for other in [one for one in self._starts.values() if one.live][:-MOST_LIVE]:
            ending = asyncio.ensure_future(other.end())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def distrust(self, command: dict, why: str) -> None:
        if start := self._start_of(command):
            start.distrust(why)

    def _start_of(self, command: dict) -> WarmStart | None:
        key = _key(command)
        if not key:
            return None
        start = self._starts.pop(key, None) or WarmStart(self._names, self._nest)
        self._starts[key] = start
        return start

    async def close(self) -> None:
        await asyncio.gather(*self._ending, *(start.end() for start in self._starts.values()), return_exceptions=True)


def _key(command: dict) -> tuple:
    """What a warm process cannot change; () when a start is none that can be forked."""
    words = command["command"]
    plain = program_of(command).startswith(os.path.join(command["environment"], "bin", "python"))
    if not plain or any(word.startswith(("--reload", "--workers")) for word in words) or not os.path.isdir(folder_of(command)):
        return ()
    return command["environment"], command["tree"], *words, command["cwd"], *command["pythonPath"], command["home"], str(command.get("user"))
