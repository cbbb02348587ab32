"""The way up of one boot: listening, health, routes, engines, settle. The app's end and the clock may cut it short at any await."""
from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence

from . import watching
from .boot_database import BootDatabase
from .fault_dump import parse_fault_dump
from .probes import get, listening_host
from .running import Running
from .seen import Seen
from .watching import Watch

CONNECT_EVERY = 0.02
REQUEST_SECONDS, ROUTE_SECONDS, ROUTES_SECONDS, MOST_ROUTES = 10.0, 3.0, 12.0, 50
HEAR_OUT, QUIET, STARTED_SECONDS = 0.5, 0.04, 2.0
# All waiting for tracebacks of one boot: a server that answers 500 and prints nothing must not cost this for each route.
HEAR_OUT_TOTAL = 2.0

AskOutside = Callable[[int, str], Awaitable[list]]


class Ladder:
    def __init__(
        self, seen: Seen, child: Running, watch: Watch | None, database: BootDatabase, say: Callable[[dict], None], ask_outside: AskOutside,
        occupied: bool,
    ) -> None:
        """`occupied`: somebody else listened on the port before the app was started."""
        self._seen, self._child, self._watch, self._database = seen, child, watch, database
        self._c, self._book, self._say, self._ask_outside = seen.command, seen.book, say, ask_outside
        self._occupied = occupied
        self._patience = HEAR_OUT_TOTAL

    async def climb(self) -> None:
        seen = self._seen
        try:
            async with asyncio.timeout(max(0.0, self._c["bootTimeout"] + seen.started_at - self._book.now)):
                host = await self._until_listening()
                path = await self._until_healthy(host)
        except TimeoutError:
            seen.timed_out = True
            await self._dump()
            return
        if path is None:
            await self._look_around(host)
            return
        seen.healthy_at = self._book.now
        seen.stage = "settle"
        self._say({"type": "stage", "stage": "settle", "what": f"{path} answers; asking the other routes"})
        await self._after_health(host, path)

    async def _until_listening(self) -> str:
        while True:
            host = await listening_host(self._c["port"])
            if host is None:
                self._occupied = False
            elif not self._occupied:
                self._seen.listening_at = self._book.now
                return host
            # A server says that it listens: then nobody waits for the next look.
            await self._book.heard_within(CONNECT_EVERY)

    async def _until_healthy(self, host: str) -> str | None:
        """The first path that answers 2xx. One that fails for a passing reason (503, no answer yet) is asked twice more.

        A path that answers 500 is there and broken: then no other path makes the app healthy.
        """
        self._seen.stage = "health"
        for pause in (0.3, 1.0, None):
            path, passing, over = await self._first_answer(host, self._c["healthPaths"])
            if path is not None or over:
                return path
            if not passing:
                # What the code does not show: the path of a route can be put together while the app runs.
                return (await self._first_answer(host, await self._real_paths()))[0] if self._c.get("findHealth") else None
            if pause is not None:
                await asyncio.sleep(pause)
        return None

    async def _first_answer(self, host: str, paths: Sequence[str]) -> tuple[str | None, bool, bool]:
        """(the path that answers 2xx, whether another try may help, whether no other path is to be asked)"""
        passing = False
        for path in paths:
            self._say({"type": "stage", "stage": "health", "what": f"GET {path}"})
            probe = await self._get(host, path, "health", REQUEST_SECONDS)
            status = probe.get("status")
            if status is not None and 200 <= status < 300:
                return path, False, True
            if probe.get("error") == "timeout":
                await self._dump()
                return None, False, True
            if status == 500:
                return None, False, True
            passing = passing or status == 503 or probe.get("error") in ("refused", "reset")
        return None, passing, False

    async def _real_paths(self) -> list[str]:
        """GET routes of the running app that nobody asked yet; the description of its interface comes last, as it is no route of the app's own."""
        await self._report()
        asked = {probe["path"] for probe in self._seen.probes}
        paths = dict.fromkeys([*(route["path"] for route in self._seen.routes if "GET" in route["methods"]), *self._c["routes"]])
        return sorted((path for path in paths if path not in asked and _askable(path)), key=lambda path: path.endswith(".json"))[:MOST_ROUTES]

    async def _get(self, host: str, path: str, purpose: str, timeout: float) -> dict:
        probe = await get(host, self._c["port"], path, purpose, self._book.begun, timeout)
        self._seen.probes.append(probe)
        if probe.get("status", 0) >= 500 or "error" in probe:
            await self._hear_out(probe["at"])
        return probe

    async def _hear_out(self, since: float) -> None:
        """A server answers 500 first and prints the traceback afterwards: wait for it, and until nothing more comes."""
        book, begun = self._book, self._book.now
        until = begun + min(HEAR_OUT, self._patience)
        while (left := until - book.now) > 0 and (book.fatal_at < since or book.now - book.heard_at < QUIET):
            await book.heard_within(min(left, QUIET))
        self._patience -= book.now - begun

    async def _after_health(self, host: str, path: str) -> None:
        c, seen = self._c, self._seen
        await self._started()
        until = self._book.now + c["settle"]
        await self._look_around(host)
        if c["outside"]:
            asked_at = self._book.now
            answers = await self._ask_outside(c["port"], path)
            seen.probes.extend(probe | {"at": round(asked_at + probe.get("at", 0), 4)} for probe in answers)
        rest = until - self._book.now
        if rest > 0:
            await asyncio.sleep(rest)
            # A reloader outlives its dead child: only an answer shows that the app is still there.
            last = await self._get(host, path, "health", REQUEST_SECONDS)
            if not 200 <= last.get("status", 0) < 300:
                return
        seen.stage = "healthy"

    async def _started(self) -> None:
        """Something of the app's own may answer on the port before the server does, and keep it from it: the server shall have its say."""
        book, until = self._book, self._book.now + STARTED_SECONDS
        says_it_listens = any(word.rpartition("/")[2] == "uvicorn" for word in self._c["command"])
        while (book.complete_at is None or says_it_listens and book.listens_at is None) and (left := until - book.now) > 0:
            await book.heard_within(left)

    async def _look_around(self, host: str) -> None:
        """What else the running app shows. One that let us wait for its health is not asked for more."""
        await self._report()
        if self._seen.probes[-1].get("error") != "timeout":
            await self._ask_routes(host)
        await self._try_engines()

    async def _report(self) -> None:
        if self._watch is None:
            return
        self._seen.samples = watching.samples(await self._watch.ask("samples", 2))
        report = await self._watch.ask("report", 3)
        self._seen.routes, self._seen.tables = watching.routes(report), watching.strings(report.get("tables"))

    async def _ask_routes(self, host: str) -> None:
        asked = {probe["path"] for probe in self._seen.probes}
        declared = [route["path"] for route in self._seen.routes if "GET" in route["methods"]]
        todo = [path for path in dict.fromkeys([*declared, *self._c["routes"]]) if path not in asked and _askable(path)]
        until = self._book.now + ROUTES_SECONDS
        for path in todo[:MOST_ROUTES]:
            if self._book.now > until:
                return
            await self._get(host, path, "openapi" if path.endswith("/openapi.json") else "route", ROUTE_SECONDS)

    async def _try_engines(self) -> None:
        # Counted before our own `SELECT 1` through the app's engines, which opens sessions too.
        self._seen.connections = self._database.connections
        self._seen.sessions = await self._database.sessions()
        if self._watch is not None:
            self._seen.engines = watching.engines(await self._watch.ask("engines", 8))

    async def _dump(self) -> None:
        """Where it hangs: asked of the watch module, else forced out of the interpreter's fault handler, which ends the process."""
        seen, child = self._seen, self._child
        if self._watch is not None:
            seen.hang = watching.stacks(await self._watch.ask("dump", 2)) or seen.hang
        if seen.hang or not seen.timed_out or not child.alive:
            return
        collected = bytearray()
        child.heard = lambda _stream, data: collected.extend(data[:200_000])
        child.signal(signal.SIGABRT)
        try:
            await asyncio.wait_for(child.dead.wait(), 1)
        except TimeoutError:
            pass
        seen.hang = parse_fault_dump(collected.decode("utf-8", "replace"))


def _askable(path: str) -> bool:
    """Without parameters, and no page that only shows the documentation."""
    return path.startswith("/") and "{" not in path and "<" not in path and not path.endswith(("/docs", "/redoc", "/docs/oauth2-redirect"))
