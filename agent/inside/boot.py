"""One boot: the app's own command in a child process, watched until it is healthy, dead or out of time, then ended for sure.

The whole idea is `_watch_over`: one coroutine walks up the ladder (listening, health, routes, engines, settle) while the end of the process, a
dead reload worker and the clock can cut it short at any await. Whatever happens, the same record is written at the end.
"""
from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable

from . import services, watching
from .environment import app_environment, environment_python
from .fault_dump import parse_fault_dump
from .log import LogBook
from .postgres import Database
from .prestart import run_before
from .probes import get, listening_host
from .processes import Child, end, oom_kills
from .relay import Relay
from .supervisor import workers_lost
from .watching import Watch

CONNECT_EVERY = 0.02
REQUEST_SECONDS, ROUTE_SECONDS, ROUTES_SECONDS, MOST_ROUTES = 10.0, 3.0, 12.0, 50
GRACE, HEAR_OUT, QUIET = 0.5, 0.5, 0.04
# All waiting for tracebacks of one boot: a server that answers 500 and prints nothing must not cost this for each route.
HEAR_OUT_TOTAL = 2.0

Say = Callable[[dict], None]
AskOutside = Callable[[int, str], Awaitable[list]]


class Boot:
    def __init__(self, command: dict, say: Say, ask_outside: AskOutside, nest: tuple[int, int] | None) -> None:
        self._c, self._say, self._ask_outside, self._nest = command, say, ask_outside, nest
        self._book = LogBook(lambda line: say({"type": "line", "line": line}))
        self._probes: list[dict] = []
        self._routes: list[dict] = []
        self._engines: list[dict] = []
        self._tables: list[str] = []
        self._hang: list[dict] = []
        self._stage = "import"
        self._imported_at: float | None = None
        self._started_at = 0.0
        self._listening_at: float | None = None
        self._healthy_at: float | None = None
        self._timed_out = False
        self._occupied = False
        self._patience = HEAR_OUT_TOTAL
        self._exit: dict | None = None
        self._relays: list[Relay] = []
        self._doors: list[Relay] = []
        self._before: list[dict] = []
        self._sessions = 0
        self._connections: int | None = None
        self._child: Child | None = None
        self._watch: Watch | None = None
        self._database: Database | None = None
        self._database_ready = asyncio.Event()

    async def run(self) -> dict:
        """The boot's output. Raises only for what is not the app's fault."""
        c = self._c
        preparing: asyncio.Future | None = None
        try:
            await self._open_relays()
            self._doors = await services.open_doors(c.get("services") or [])
            self._occupied = await listening_host(c["port"]) is not None
            before = oom_kills()
            # The app imports while its database is made; a connection that comes early waits in the relay.
            preparing = asyncio.ensure_future(self._prepare_database())
            if c.get("before"):
                await preparing
                await self._run_before()
            self._start()
            if self._child is not None:
                await self._watch_over(preparing)
                self._note_exit(before)
                # What is printed because we end it is no part of the boot.
                self._book.closed = True
            await preparing
        finally:
            if preparing is not None:
                preparing.cancel()
            await self._clean_up()
        return self._output()

    async def _open_relays(self) -> None:
        database = self._c.get("database")
        if not database:
            return
        ports = dict.fromkeys(f"tcp:127.0.0.1:{identity['port']}" for identity in database["plan"]["identities"])
        for listen in database.get("listen") or ports:
            relay = Relay(database["server"]["address"], self._database_ready)
            self._relays.append(relay)
            await relay.open(listen)
        for listen in database.get("listenIfFree") or ():
            relay = Relay(database["server"]["address"], self._database_ready)
            try:
                await relay.open(listen)
            except OSError:
                continue
            self._relays.append(relay)

    async def _run_before(self) -> None:
        """Its sessions say nothing about the server's."""
        self._before = await run_before(self._c, self._book, self._say, self._nest)
        for relay in self._relays:
            relay.connections = relay.accepted = 0
        if self._database is not None:
            await self._database.count_from_here()

    async def _prepare_database(self) -> None:
        database = self._c.get("database")
        if database is None or database["fresh"]:
            await services.empty(self._c.get("services") or [])
        if not database:
            return
        made = Database(database["server"], database["plan"])
        complaint = await made.prepare(database["fresh"])
        if complaint:
            self._book.feed("stderr", f"boot-check: the start-up SQL failed: {complaint}\n".encode())
        self._database = made
        self._database_ready.set()

    def _start(self) -> None:
        c = self._c
        self._started_at = self._book.now
        env = app_environment(c)
        self._say({"type": "stage", "stage": "import", "what": "starting the server"})
        program = shutil.which(c["command"][0], path=env["PATH"])
        cwd = os.path.normpath(os.path.join(c["tree"], c["cwd"]))
        if program is None or not os.path.isdir(cwd):
            # As a shell would: the command line is the user's, so this is the app's fault and no exception.
            what = f"{c['command'][0]}: command not found" if program is None else f"cd: {c['cwd']}: No such file or directory"
            self._book.feed("stderr", f"sh: 1: {what}\n".encode())
            self._exit = {"code": 127 if program is None else 1}
            return
        fds = []
        if c["instrument"]:
            self._watch = Watch()
            env["BOOT_CHECK_WATCH"] = str(self._watch.fd)
            fds.append(self._watch.fd)
        try:
            self._child = Child(
                [program, *c["command"][1:]], cwd=cwd, env=env, heard=self._book.feed, user=c.get("user"), nest=self._nest, fds=fds)
        except OSError as error:
            self._book.feed("stderr", f"sh: 1: {program}: {error.strerror}\n".encode())
            self._exit = {"code": 126}
            return
        if self._watch is not None:
            self._watch.started()

    async def _watch_over(self, preparing: asyncio.Future) -> None:
        child = self._child
        climb = asyncio.ensure_future(self._climb())
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

    async def _climb(self) -> None:
        c = self._c
        try:
            async with asyncio.timeout(max(0.0, c["bootTimeout"] + self._started_at - self._book.now)):
                host = await self._until_listening()
                path = await self._until_healthy(host)
        except TimeoutError:
            self._timed_out = True
            await self._dump()
            return
        if path is None:
            await self._look_around(host)
            return
        self._healthy_at = self._book.now
        self._stage = "settle"
        self._say({"type": "stage", "stage": "settle", "what": f"{path} answers; asking the other routes"})
        await self._after_health(host, path)

    async def _until_listening(self) -> str:
        while True:
            host = await listening_host(self._c["port"])
            if host is None:
                self._occupied = False
            elif not self._occupied:
                self._listening_at = self._book.now
                return host
            # The log is quicker than the next look: uvicorn listens when it has said so.
            await asyncio.sleep(CONNECT_EVERY)

    async def _until_healthy(self, host: str) -> str | None:
        """The first path that answers 2xx. One that fails for a passing reason (503, no answer yet) is asked twice more.

        A path that answers 500 is there and broken: then no other path makes the app healthy.
        """
        self._stage = "health"
        for pause in (0.3, 1.0, None):
            passing = False
            for path in self._c["healthPaths"]:
                self._say({"type": "stage", "stage": "health", "what": f"GET {path}"})
                probe = await self._get(host, path, "health", REQUEST_SECONDS)
                status = probe.get("status")
                if status is not None and 200 <= status < 300:
                    return path
                if probe.get("error") == "timeout":
                    await self._dump()
                    return None
                if status == 500:
                    return None
                passing = passing or status == 503 or probe.get("error") in ("refused", "reset")
            if not passing or pause is None:
                return None
            await asyncio.sleep(pause)
        return None

    async def _get(self, host: str, path: str, purpose: str, timeout: float) -> dict:
        probe = await get(host, self._c["port"], path, purpose, self._book.begun, timeout)
        self._probes.append(probe)
        if probe.get("status", 0) >= 500 or "error" in probe:
            await self._hear_out(probe["at"])
        return probe

    async def _hear_out(self, since: float) -> None:
        """A server answers 500 first and prints the traceback afterwards: wait for it, and until nothing more comes."""
        book, begun = self._book, self._book.now
        until = begun + min(HEAR_OUT, self._patience)
        while book.now < until and (book.fatal_at < since or book.now - book.heard_at < QUIET):
            await asyncio.sleep(0.01)
        self._patience -= book.now - begun

    async def _after_health(self, host: str, path: str) -> None:
        c = self._c
        until = self._healthy_at + c["settle"]
        await self._look_around(host)
        if c["outside"]:
            asked_at = self._book.now
            answers = await self._ask_outside(c["port"], path)
            self._probes.extend(probe | {"at": round(asked_at + probe.get("at", 0), 4)} for probe in answers)
        rest = until - self._book.now
        if rest > 0:
            await asyncio.sleep(rest)
            # A reloader outlives its dead child: only an answer shows that the app is still there.
            last = await self._get(host, path, "health", REQUEST_SECONDS)
            if not 200 <= last.get("status", 0) < 300:
                return
        self._stage = "healthy"

    async def _look_around(self, host: str) -> None:
        """What else the running app shows. One that let us wait for its health is not asked for more."""
        await self._report()
        if self._probes[-1].get("error") != "timeout":
            await self._ask_routes(host)
        await self._try_engines()

    async def _report(self) -> None:
        if self._watch is None:
            return
        report = await self._watch.ask("report", 3)
        self._routes, self._tables = watching.routes(report), watching.strings(report.get("tables"))

    async def _ask_routes(self, host: str) -> None:
        asked = {probe["path"] for probe in self._probes}
        declared = [route["path"] for route in self._routes if "GET" in route["methods"]]
        todo = [path for path in dict.fromkeys([*declared, *self._c["routes"]]) if path not in asked and _askable(path)]
        until = self._book.now + ROUTES_SECONDS
        for path in todo[:MOST_ROUTES]:
            if self._book.now > until:
                return
            await self._get(host, path, "openapi" if path.endswith("/openapi.json") else "route", ROUTE_SECONDS)

    async def _try_engines(self) -> None:
        await self._count_database()
        if self._watch is not None:
            self._engines = watching.engines(await self._watch.ask("engines", 8))

    async def _count_database(self) -> None:
        """Before our own `SELECT 1` through the app's engines, which opens sessions too."""
        self._connections = sum(relay.connections for relay in self._relays)
        accepted = sum(relay.accepted for relay in self._relays)
        opened = await self._database.open_sessions() if self._database and self._connections else 0
        self._sessions = max(accepted, opened)

    async def _dump(self) -> None:
        """Where it hangs: asked of the watch module, else forced out of the interpreter's fault handler, which ends the process."""
        if self._watch is not None:
            self._hang = watching.stacks(await self._watch.ask("dump", 2)) or self._hang
        if self._hang or not self._timed_out or self._child is None or not self._child.alive:
            return
        collected = bytearray()
        self._child.heard = lambda _stream, data: collected.extend(data[:200_000])
        self._child.signal(signal.SIGABRT)
        try:
            await asyncio.wait_for(self._child.dead.wait(), 1)
        except TimeoutError:
            pass
        self._hang = parse_fault_dump(collected.decode("utf-8", "replace"))

    def _note_exit(self, oom_before: int) -> None:
        child = self._child
        if child.alive or self._timed_out:
            return
        if self._stage == "healthy":
            self._stage = "settle"
        self._exit = dict(child.exit or {})
        if self._exit.get("signal") == "SIGKILL" and oom_before >= 0:
            self._exit["oom"] = oom_kills() > oom_before

    async def _clean_up(self) -> None:
        if self._child is not None:
            # An attempt's database is thrown away: nobody waits for an orderly end. What is started again on the same one gets the time.
            await asyncio.shield(end(self._child, 0 if self._c["instrument"] else GRACE))
        if self._watch is not None:
            self._watch.close()
        if self._connections is None:
            self._connections = sum(relay.connections for relay in self._relays)
        for relay in [*self._relays, *self._doors]:
            await relay.close()
        if self._database is not None and self._connections and not self._sessions:
            self._sessions = min(await self._past_sessions(), self._connections)

    async def _past_sessions(self) -> int:
        """A backend reports itself when it ends, a moment after the app's end: look a few times."""
        for _ in range(10):
            if found := await self._database.past_sessions():
                return found
            await asyncio.sleep(0.02)
        return 0

    def _final_stage(self) -> str:
        # What listened without ever speaking HTTP, before the process died, was no server: it kept the server from the port.
        never_spoke = self._stage == "health" and self._exit is not None and not any("status" in probe for probe in self._probes)
        if self._stage in ("healthy", "settle", "health") and not never_spoke:
            return self._stage
        if self._book.complete_at is not None:
            return "bind"
        return "lifespan" if self._book.waiting_at is not None else "import"

    def _output(self) -> dict:
        book, c = self._book, self._c
        lines = book.lines()
        return {
            "stage": self._final_stage(), "exit": self._exit, "lines": lines, "dropped": book.dropped,
            "markers": {
                "waiting": book.waiting_at is not None, "complete": book.complete_at is not None,
                "listening": self._listening_at is not None, "timedOut": self._timed_out,
            },
            "probes": self._probes, "routes": self._routes,
            "database": {
                "sessions": self._sessions, "connections": self._connections or 0, "engines": self._engines, "tables": self._tables,
            },
            **({"before": self._before} if self._before else {}), "hang": self._hang, "timings": self._timings(), "python": environment_python(c["environment"]), "command": c["command"],
            "paths": {"tree": c["tree"], "environment": c["environment"]},
        }

    def _timings(self) -> dict:
        book = self._book
        timings = {"total": round(book.now, 3)}
        if book.waiting_at is not None:
            timings["import"] = round(book.waiting_at - self._started_at, 3)
            if book.complete_at is not None:
                timings["lifespan"] = round(book.complete_at - book.waiting_at, 3)
        if self._healthy_at is not None and self._listening_at is not None:
            timings["health"] = round(self._healthy_at - self._listening_at, 3)
        return timings


def _askable(path: str) -> bool:
    """Without parameters, and no page that only shows the documentation."""
    return path.startswith("/") and "{" not in path and "<" not in path and not path.endswith(("/docs", "/redoc", "/docs/oauth2-redirect"))
