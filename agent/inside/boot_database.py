"""The database and the services of one boot: made while the app starts, reached through relays, and counted afterwards."""
from __future__ import annotations

import asyncio

from . import services
from .database import Database, Databases
from .log import LogBook
from .relay import Relay


class BootDatabase:
    def __init__(self, command: dict, book: LogBook, databases: Databases | None) -> None:
        """`databases` of the server that the command names; None when it names none."""
        self._wanted, self._services, self._book = command.get("database"), command.get("services") or [], book
        self._databases = databases
        self._relays: list[Relay] = []
        self._doors: list[Relay] = []
        self._database: Database | None = None
        self._touched = False
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
        if not database or self._databases is None:
            return
        self._database = await self._databases.prepare(database["plan"], database["fresh"])
        if self._database.complaint:
            self._book.feed("stderr", f"boot-check: the start-up SQL failed: {self._database.complaint}\n".encode())
        self._ready.set()

    async def count_from_here(self) -> None:
        """What came until now was not the server's."""
        for relay in self._relays:
            self._touched = self._touched or relay.connections > 0
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
        """After the app's end."""
        return await self._database.past_sessions() if self._database is not None else 0

    def release(self) -> None:
        """Nobody needs what this boot left in its databases."""
        if self._databases is not None and self._database is not None:
            self._databases.release(self._database, self._touched or self.connections > 0)

    async def close(self) -> None:
        for relay in [*self._relays, *self._doors]:
            await relay.close()
