"""Decides which attempts may be forked from a warm process, and keeps that process ready.

What is imported there is learnt: every instrumented boot says at its end which modules of the environment's packages it had loaded, in their
order. After a boot that failed, the process is made or taught in the background, while the harness reads and chooses. An attempt is forked
when nothing that decides what those imports do has changed since; otherwise it starts cold, teaches again, and says why.
"""
from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .environment import app_environment
from .processes import LINUX, sweep
from .running import Running
from .tree_names import TreeNames, stems
from .warm_process import WarmProcess
from .watching import Watch

READY_SECONDS = 15.0
MOST_MODULES = 5_000
# So often may a fork turn out to differ before this app is started cold for good.
MOST_DOUBTS = 2
# Read by the interpreter and the C library when the process starts, or when a library is loaded; nobody sees them do it.
EARLY = re.compile(r"^(?:PYTHON\w*|LC_\w+|LANG|LANGUAGE|TZ|LD_\w+|MALLOC_\w+|GLIBC_\w+|OPENSSL_\w+|SSL_\w+|\w+_NUM_THREADS|PATH|HOME|TMPDIR)$")
NAME = re.compile(r"^\w+(?:\.\w+)*$")


@dataclass
class Lesson:
    """What is known about one way to start: packages in their order, and what the tree imported when they were seen."""

    modules: list[str] = field(default_factory=list)
    imported: frozenset[str] = frozenset()
    # Why nothing more is imported, once a package must not be.
    end: str = ""
    doubts: int = 0
    doubt: str = ""


class Warm:
    def __init__(self, nest: tuple[int, int] | None) -> None:
        self._nest = nest
        self._names = TreeNames()
        self._lessons: dict[tuple, Lesson] = {}
        self._process: WarmProcess | None = None
        self._key: tuple = ()
        self._roots: frozenset[str] = frozenset()
        self._teaching: asyncio.Task | None = None
        # Files of packages that failed while a cold start imported them.
        self.failing: set[str] = set()

    async def fork(self, command: dict, watch: Watch, heard: Callable[[str, bytes], None]) -> Running | str:
        """The app's process, or why it must be started cold. A process that fits this start no more is ended first."""
        key = _key(command)
        why = self._unfit(key)
        if not why and not await self._taught():
            why = "the warm process was not ready in time"
            self.doubt(command, why)
        env = app_environment(command | {"instrument": False})
        why = why or self._unfit(key) or self._changed(command, env)
        if why:
            await self._end()
            return why
        forked: Running | str = "cancelled"
        try:
            forked = await self._process.fork(env, watch.fd, heard, self._gone(command))
        finally:
            if isinstance(forked, str):
                await asyncio.shield(self._without_stragglers())
        return forked

    def learn(self, command: dict, modules: list[str], restart: bool) -> None:
        """After a boot. `restart`: make a warm process when there is none."""
        key = _key(command)
        imported = self._names.imported(command["tree"])
        if not LINUX or not key or imported is None or not modules:
            return
        lesson = self._lessons.setdefault(key, Lesson())
        if self._process is None:
            # A cold boot says it all anew.
            lesson.modules, lesson.imported, lesson.end = [], frozenset(), ""
        known = set(lesson.modules)
        if not lesson.end:
            lesson.modules += [name for name in dict.fromkeys(modules[:MOST_MODULES]) if name not in known and NAME.match(name)]
        lesson.imported |= imported
        if (restart or self._process is not None) and lesson.doubts < MOST_DOUBTS and self._teaching is None:
            self._teaching = asyncio.ensure_future(self._teach(key, command, lesson))

    def doubt(self, command: dict, why: str) -> None:
        """A fork was not, or may not have been, what a cold start is."""
        lesson = self._lessons.setdefault(_key(command), Lesson())
        lesson.doubts += 1
        lesson.doubt = why

    async def close(self) -> None:
        await self._end()

    def _unfit(self, key: tuple) -> str:
        if not LINUX:
            return "forks are not used on this system"
        if not key:
            return "only a plain start of the environment's interpreter is forked"
        lesson = self._lessons.get(key)
        if lesson is not None and lesson.doubts >= MOST_DOUBTS:
            return lesson.doubt
        if self._process is None or not self._process.alive or key != self._key:
            return "no warm process for this start yet"
        return ""

    def _changed(self, command: dict, env: Mapping[str, str]) -> str:
        process = self._process
        changed = {name for name in env.keys() | process.env.keys() if env.get(name) != process.env.get(name)}
        for name in sorted(changed):
            if EARLY.match(name) or name in process.reads or "*" in process.reads:
                return f"the variable {name} has changed, which is read before the app starts"
        for name in sorted(stems(_roots(command)) ^ self._roots):
            if name in process.tops:
                return f"{name} in the tree has come or gone, which packages import"
        return "" if self._names.imported(command["tree"]) is not None else "the tree is too large to compare"

    def _gone(self, command: dict) -> list[str]:
        """Modules that the tree imported itself, and does no more."""
        left = self._lessons[self._key].imported - (self._names.imported(command["tree"]) or frozenset())
        return sorted(left & self._process.loaded)

    async def _taught(self) -> bool:
        if self._teaching is None:
            return True
        try:
            await asyncio.wait_for(self._teaching, READY_SECONDS)
        except (TimeoutError, OSError):
            return False
        finally:
            self._teaching = None
        return True

    async def _teach(self, key: tuple, command: dict, lesson: Lesson) -> None:
        """Imports what is new. A module that must not be imported spoils the process: it is made again without that one and all after it."""
        if self._process is not None and (key != self._key or not self._process.alive):
            await self._kill()
        for _ in range(3):
            if self._process is None:
                self._process = WarmProcess(command, _program(command), _cwd(command), self._nest)
                self._key, self._roots = key, stems(_roots(command))
            new = [name for name in lesson.modules if name not in self._process.loaded]
            refused = await self._process.load(new) if new else None
            if refused is None:
                return
            at, lesson.end = refused
            lesson.modules = lesson.modules[:lesson.modules.index(new[at])]
            await self._kill()
            if not lesson.modules:
                return

    async def _without_stragglers(self) -> None:
        """A fork that was asked for and not heard of may still come, and must not run beside the cold start."""
        await self._end()
        await sweep()

    async def _end(self) -> None:
        teaching, self._teaching = self._teaching, None
        if teaching is not None:
            teaching.cancel()
            await asyncio.gather(teaching, return_exceptions=True)
        await self._kill()

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.kill()


def _key(command: dict) -> tuple:
    """What a warm process cannot change; () when a start is none that can be forked."""
    words = command["command"]
    program = _program(command)
    plain = program.startswith(os.path.join(command["environment"], "bin", "python"))
    if not plain or any(word.startswith(("--reload", "--workers")) for word in words) or not os.path.isdir(_cwd(command)):
        return ()
    return command["environment"], command["tree"], *words, command["cwd"], *command["pythonPath"], command["home"], str(command.get("user"))


def _program(command: dict) -> str:
    return shutil.which(command["command"][0], path=app_environment(command)["PATH"]) or ""


def _cwd(command: dict) -> str:
    return os.path.normpath(os.path.join(command["tree"], command["cwd"]))


def _roots(command: dict) -> list[str]:
    return [_cwd(command), *(os.path.normpath(os.path.join(command["tree"], entry)) for entry in command["pythonPath"])]
