"""One boot: the app's own command in a process of its own, watched until it is healthy, dead or out of time, then ended for sure.

The ladder (`ladder.py`) walks up while the end of the process, a dead reload worker and the clock can cut it short. The process is started
cold, or forked from a warm one (`warm.py`) where that is allowed; everything after the start is the same. Whatever happens, the same record
(`seen.py`) is written at the end.
"""
from __future__ import annotations

import asyncio
from collections.abc import Callable

from .between import Between
from .boot_database import BootDatabase
from .environment import app_environment
from .guard import Guard
from .ladder import AskOutside, Ladder
from .log import LogBook
from .prestart import run_before
from .probes import listening_host
from .processes import Child, end, find_program, oom_kills
from .running import Running
from .seen import Seen
from .supervisor import workers_lost
from .watching import Watch, strings

GRACE = 0.5
LAST_WORD_SECONDS = 3.0

Say = Callable[[dict], None]


class Boot:
    def __init__(self, command: dict, say: Say, ask_outside: AskOutside, between: Between) -> None:
        self._c, self._say, self._ask_outside, self._nest, self._warm = command, say, ask_outside, between.nest, between.warm
        self._book = LogBook(lambda line: say({"type": "line", "line": line}))
        self._seen = Seen(command, self._book)
        self._database = BootDatabase(command, self._book, between.databases(command))
        self._child: Running | None = None
        self._watch: Watch | None = None
        self.forked = False
        # Packages' modules that the app had loaded at the end.
        self.modules: list[str] = []
        # What a fork says itself of how it differs from a cold start; and whether it came to say anything.
        self.differs = ""
        self.had_last_word = False

    async def run(self, fork: bool) -> dict:
        preparing: asyncio.Future | None = None
        guard = Guard([self._c["tree"], self._c["home"]], self._book.feed)
        try:
            await guard.start()
            await self._database.open()
            occupied = await listening_host(self._c["port"]) is not None
            oom_before = oom_kills()
            # The app imports while its database is made; a connection that comes early waits in the relay.
            preparing = asyncio.ensure_future(self._database.prepare())
            if self._c.get("before"):
                await preparing
                await self._run_before()
            await self._start(fork)
            if self._child is not None:
                await self._watch_over(preparing, occupied)
                self._note_exit(oom_before, guard.breach == "memory")
                # What is printed because we end it is no part of the boot.
                self._book.closed = True
                await self._last_word()
            await preparing
        finally:
            if preparing is not None:
                preparing.cancel()
            await self._clean_up()
            await guard.stop()
        return self._seen.output()

    async def _run_before(self) -> None:
        """Its sessions say nothing about the server's."""
        self._seen.before = await run_before(self._c, self._book, self._say, self._nest)
        await self._database.count_from_here()

    async def _start(self, fork: bool) -> None:
        c = self._c
        self._say({"type": "stage", "stage": "import", "what": "starting the server"})
        if c["instrument"]:
            self._watch = Watch()
        self._seen.started_at = self._book.now
        if fork:
            forked = await self._warm.fork(c, self._watch, self._book.feed)
            self.forked = not isinstance(forked, str)
            self._seen.start = {"how": "fork"} if self.forked else {"how": "cold", "why": forked}
            self._child = forked if self.forked else None
        if self._child is None:
            self._start_cold()
        if self._watch is not None:
            self._watch.started()

    def _start_cold(self) -> None:
        c = self._c
        self._seen.started_at = self._book.now
        env = app_environment(c)
        program, cwd, complaint = find_program(c["command"], c["tree"], c["cwd"], env["PATH"])
        if complaint:
            self._book.feed("stderr", complaint.encode())
            self._seen.exit = {"code": 1 if program else 127}
            return
        fds = []
        if self._watch is not None:
            env["BOOT_CHECK_WATCH"] = str(self._watch.fd)
            fds.append(self._watch.fd)
        try:
            self._child = Child(
                [program, *c["command"][1:]], cwd=cwd, env=env, heard=self._book.feed, user=c.get("user"), nest=self._nest, fds=fds, limited=True)
        except OSError as error:
            self._book.feed("stderr", f"sh: 1: {program}: {error.strerror}\n".encode())
            self._seen.exit = {"code": 126}

    async def _watch_over(self, preparing: asyncio.Future, occupied: bool) -> None:
        child = self._child
        ladder = Ladder(self._seen, child, self._watch, self._database, self._say, self._ask_outside, occupied)
        climb = asyncio.ensure_future(ladder.climb())
        dead = asyncio.ensure_future(child.dead.wait())
        worker = asyncio.ensure_future(workers_lost(child, self._c["command"], self._book))
        try:
            # The preparation's good end is no end of the boot; its failure is one, and ours.
            waiting = {climb, dead, worker, preparing}
            while not (climb.done() or dead.done() or worker.done()):
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if preparing.done():
                    preparing.result()
            if climb.done():
                climb.result()
        finally:
            for task in (climb, dead, worker):
                task.cancel()
            await asyncio.gather(climb, dead, worker, return_exceptions=True)

    def _note_exit(self, oom_before: int, too_large: bool) -> None:
        child, seen = self._child, self._seen
        if child.alive or seen.timed_out:
            return
        if seen.stage == "healthy":
            seen.stage = "settle"
        seen.exit = dict(child.exit or {})
        if seen.exit.get("signal") == "SIGKILL" and (oom_before >= 0 or too_large):
            seen.exit["oom"] = too_large or oom_kills() > oom_before

    async def _last_word(self) -> None:
        """What the app had loaded; from a fork also whether it was still what a cold start is."""
        if self._watch is None:
            return
        said = await self._watch.last_word(LAST_WORD_SECONDS)
        self.modules = strings(said.get("modules"), 10_000)
        self.had_last_word = "differs" in said
        self.differs = str(said.get("differs") or "")

    async def _clean_up(self) -> None:
        if self._child is not None:
            # An attempt's database is thrown away: nobody waits for an orderly end. What is started again on the same one gets the time.
            await asyncio.shield(end(self._child, 0 if self._c["instrument"] else GRACE))
        if self._watch is not None:
            self._watch.close()
        seen = self._seen
        if seen.connections is None:
            seen.connections = self._database.connections
        await self._database.close()
        if seen.connections and not seen.sessions:
            seen.sessions = min(await self._database.past_sessions(), seen.connections)
        if self._c.get("fork"):
            self._database.release()
