"""One way to start the app (environment, command, folder), warmed: what was learnt of it, its warm process, and whether an attempt fits it.

What is imported there is learnt: every instrumented boot says at its end which modules of the environment's packages it had loaded, in their
order. The process is made or taught in the background, while the harness reads and chooses. An attempt is forked when nothing that
decides what those imports do has changed since; otherwise it starts cold, teaches again, and says why.
"""
from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Mapping

from .environment import app_environment
from .processes import sweep
from .running import Running
from .tree_names import TreeNames, stems
from .warm_process import WarmProcess
from .watching import Watch

# Imports that take longer than two cold starts are not worth waiting for.
LEAST_PATIENCE, PATIENCE = 10.0, 2.0
MOST_MODULES = 5_000
# So often may a fork turn out to differ before this app is started cold for good.
MOST_DOUBTS = 2
NOT_YET = "no warm process for this start yet"
# Read by the interpreter and the C library when the process starts, or when a library is loaded; nobody sees them do it.
EARLY = re.compile(r"^(?:PYTHON\w*|LC_\w+|LANG|LANGUAGE|TZ|LD_\w+|MALLOC_\w+|GLIBC_\w+|OPENSSL_\w+|SSL_\w+|\w+_NUM_THREADS|PATH|HOME|TMPDIR)$")
NAME = re.compile(r"^\w+(?:\.\w+)*$")


class WarmStart:
    def __init__(self, names: TreeNames, nest: tuple[int, int] | None) -> None:
        self._names, self._nest = names, nest
        # Packages in their order, and what the tree imported itself when they were seen.
        self._modules: list[str] = []
        self._imported: frozenset[str] = frozenset()
        # A package must not be imported: nothing more is, from it on.
        self._ended = False
        self._doubts: list[str] = []
        self._process: WarmProcess | None = None
        self._roots: frozenset[str] = frozenset()
        self._teaching: asyncio.Task | None = None
        self._patience = LEAST_PATIENCE

    @property
    def live(self) -> bool:
        return self._process is not None or self._teaching is not None

    async def fork(self, command: dict, watch: Watch, heard: Callable[[str, bytes], None]) -> Running | str:
        """The app's process, or why it must be started cold; then the process, which fits no more, is ended."""
        if why := await self._unfit() or self._changed(command):
            await self.end()
            return why
        forked: Running | str = "cancelled"
        try:
            forked = await self._process.fork(app_environment(command | {"instrument": False}), watch.fd, heard, self._gone(command))
        finally:
            if isinstance(forked, str):
                await asyncio.shield(self._without_stragglers())
        return forked

    def learn(self, command: dict, modules: list[str], seconds: float, restart: bool) -> None:
        """After a boot of this start that took so long. `restart`: make a process when there is none."""
        imported = self._names.imported(command["tree"])
        if imported is None or not modules:
            return
        if not self.live:
            # A cold boot says it all anew.
            self._modules, self._imported, self._ended = [], frozenset(), False
            self._patience = max(LEAST_PATIENCE, PATIENCE * seconds)
        if not self._ended:
            known = set(self._modules)
            self._modules += [name for name in dict.fromkeys(modules[:MOST_MODULES]) if name not in known and NAME.match(name)]
        self._imported |= imported
        if (restart or self.live) and len(self._doubts) < MOST_DOUBTS and self._teaching is None:
            self._teaching = asyncio.ensure_future(self._teach(command))

    def distrust(self, why: str) -> None:
        """A fork was not what a cold start is."""
        self._doubts.append(why)

    async def _unfit(self) -> str:
        if len(self._doubts) >= MOST_DOUBTS:
            return self._doubts[-1]
        if self._teaching is not None:
            teaching, self._teaching = self._teaching, None
            try:
                await asyncio.wait_for(teaching, self._patience)
            except (TimeoutError, OSError):
                self.distrust("the warm process was not ready in time")
                return self._doubts[-1]
        return "" if self._process is not None and self._process.alive else NOT_YET

    def _changed(self, command: dict) -> str:
        process, env = self._process, app_environment(command | {"instrument": False})
        for name in sorted(_differing(env, process.env)):
            if EARLY.match(name) or name in process.reads or "*" in process.reads:
                return f"the variable {name} has changed, which is read before the app starts"
        for name in sorted(stems(_roots(command)) ^ self._roots):
            if name in process.tops:
                return f"{name} in the tree has come or gone, which packages import"
        return "" if self._names.imported(command["tree"]) is not None else "the tree is too large to compare"

    def _gone(self, command: dict) -> list[str]:
        """Modules that the tree imported itself, and does no more."""
        gone = self._imported - (self._names.imported(command["tree"]) or frozenset())
        return sorted(gone & self._process.loaded)

    async def _teach(self, command: dict) -> None:
        """Imports what is new. A module that must not be imported spoils the process: it is made again without that one and all after it."""
        if self._process is not None and not self._process.alive:
            await self._kill()
        for _ in range(3):
            if self._process is None:
                self._roots = stems(_roots(command))
                self._process = WarmProcess(command, program_of(command), folder_of(command), self._nest)
            new = [name for name in self._modules if name not in self._process.loaded]
            refused = await self._process.load(new) if new else None
            if refused is None:
                return
            self._ended = True
            self._modules = self._modules[:self._modules.index(new[refused])]
            await self._kill()
            if not self._modules:
                return

    async def _without_stragglers(self) -> None:
        """A fork that was asked for and not heard of may still come, and must not run beside the cold start."""
        await self.end()
        await sweep()

    async def end(self) -> None:
        teaching, self._teaching = self._teaching, None
        if teaching is not None:
            teaching.cancel()
            await asyncio.gather(teaching, return_exceptions=True)
        await self._kill()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.kill()


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def program_of(command: dict) -> str:
    return shutil.which(command["command"][0], path=app_environment(command)["PATH"]) or ""


def folder_of(command: dict) -> str:
    return os.path.normpath(os.path.join(command["tree"], command["cwd"]))


def _roots(command: dict) -> list[str]:
    return [folder_of(command), *(os.path.normpath(os.path.join(command["tree"], entry)) for entry in command["pythonPath"])]
