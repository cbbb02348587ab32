"""The database and the services of one boot: made while the app starts, reached through relays, and counted afterwards."""
from __future__ import annotations

import asyncio

from . import services
from .log import LogBook
from .postgres import Database
from .relay import Relay


class BootDatabase:
    def __init__(self, command: dict, book: LogBook) -> None:
        self._wanted, self._services, self._book = command.get("database"), command.get("services") or [], book
        self._relays: list[Relay] = []
        self._doors: list[Relay] = []
        self._database: Database | None = None
        self._ready = asyncio.Event()

    async def open(self) -> None:
        """Takes connections from now on. One that comes before `prepare` is done waits in its relay."""
        if database := self._wanted:
            ports = dict.fromkeys(f"tcp:127.0.0.1:{identity['port']}" for identity in database["plan"]["identities"])
            for listen in database.get("listen") or ports:
                await self._relay(listen)
            for listen in database.get("listenIfFree") or ():
                try:
                    await self._relay(listen)
                except OSError:
                    continue
        self._doors = await services.open_doors(self._services)

    async def _relay(self, listen: str) -> None:
        relay = Relay(self._wanted["server"]["address"], self._ready)
        self._relays.append(relay)
        await relay.open(listen)

    async def prepare(self) -> None:
        database = self._wanted
        if database is None or database["fresh"]:
            await services.empty(self._services)
        if not database:
            return
        made = Database(database["server"], database["plan"])
        complaint = await made.prepare(database["fresh"])
        if complaint:
            self._book.feed("stderr", f"boot-check: the start-up SQL failed: {complaint}\n".encode())
        self._database = made
        self._ready.set()

    async def count_from_here(self) -> None:
        """What came until now was not the server's."""
        for relay in self._relays:
            relay.connections = relay.accepted = 0
        if self._database is not None:
            await self._database.count_from_here()

    @property
    def connections(self) -> int:
        return sum(relay.connections for relay in self._relays)

    async def sessions(self) -> int:
        """While the app runs: sessions that Postgres has taken from it."""
        accepted = sum(relay.accepted for relay in self._relays)
        opened = await self._database.open_sessions() if self._database and self.connections else 0
        return max(accepted, opened)

    async def past_sessions(self) -> int:
        """After the app's end. A backend reports itself when it ends, a moment later: look a few times."""
        for _ in range(10 if self._database is not None else 0):
            if found := await self._database.past_sessions():
                return found
            await asyncio.sleep(0.02)
        return 0

    async def close(self) -> None:
        for relay in [*self._relays, *self._doors]:
            await relay.close()
