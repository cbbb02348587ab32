"""The app's databases on the sandbox's server: made before a boot, counted after it, and the next ones readied between two boots.

The agent works as its own superuser; the app's roles are made here, own their database and are no superusers, because a superuser may run
programs on the server, outside the sandbox.
"""
from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .filling import Filling
from .postgres import Connection, PostgresError, connect, literal, quoted

# Always there. Nobody stays in it: an app that makes a database copies it, which a session in it would forbid.
FIRST = "template1"
HOME = "boot_check_admin"
KEPT = (FIRST, "template0", HOME)
CREATE = "CREATE DATABASE {} TEMPLATE template0"
# Empty databases that wait for a name. Found by theirs, because another agent may have made them, or be about to take them.
SPARE = "boot_check_spare_"


class Databases:
    """One server, and one session of ours in it for all boots."""

    def __init__(self, server: dict) -> None:
        self._server, self.user = server, server["user"]
        self._session: Connection | None = None
        self._lock = asyncio.Lock()
        self._bound: set[str] = set()
        # The databases of the last boot, when no app has connected to them.
        self._untouched: Database | None = None
        self._readying: asyncio.Task | None = None

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[Connection]:
        """Our session. What breaks off in the middle of an answer costs the session, so that the next one reads its own answers."""
        async with self._lock:
            if self._session is None:
                self._session = await self._at_home()
            try:
                yield self._session
            except PostgresError:
                raise
            except BaseException:
                session, self._session = self._session, None
                session.abandon()
                raise

    async def session(self, database: str) -> Connection:
        return await connect(self._server["address"], self._server["user"], database, self._server.get("password") or "")

    async def session_as(self, user: str, password: str, database: str) -> Connection:
        """What the tree wants to run in a database runs with the app's rights, never with ours."""
        return await connect(self._server["address"], user, database, password)

    async def _at_home(self) -> Connection:
        async with await self.session(FIRST) as first:
            if not await first.query(f"SELECT 1 FROM pg_database WHERE datname = '{HOME}'"):
                await first.query(CREATE.format(HOME))
        return await self.session(HOME)

    async def prepare(self, plan: dict, fresh: bool) -> Database:
        if self._readying is not None:
            await asyncio.gather(self._readying, return_exceptions=True)
            self._readying = None
        untouched, self._untouched = self._untouched, None
        if fresh and untouched is not None and untouched.plan == plan and await untouched.is_untouched():
            return untouched
        made = Database(self, plan)
        await made.make(fresh)
        return made

    async def create(self, admin: Connection, name: str, owner: str, spare: str | None) -> None:
        try:
            if spare is not None:
                await admin.query(f"ALTER DATABASE {quoted(spare)} RENAME TO {quoted(name)}")
                await admin.query(f"ALTER DATABASE {quoted(name)} OWNER TO {quoted(owner)}")
                return
        except PostgresError:
            pass  # another agent was quicker
        await admin.query(f"{CREATE.format(quoted(name))} OWNER {quoted(owner)}")

    async def bind_channels(self, admin: Connection, plan: dict) -> None:
        """A client that demands `channel_binding=require` takes no server that asks for no password: those accounts get one that does."""
        users = [user for user in plan.get("channelBinding") or () if user not in self._bound]
        if not users:
            return
        [[path]] = await admin.query("SHOW hba_file")
        [[rules]] = await admin.query(f"SELECT pg_read_file({literal(path)})")
        lines = [*(f"hostssl all {quoted(user)} all scram-sha-256" for user in users), *rules.splitlines()]
        text = literal("\n".join(lines))
        await admin.query(f"COPY (SELECT unnest(string_to_array({text}, chr(10)))) TO {literal(path)}")
        await admin.query("SELECT pg_reload_conf()")
        self._bound.update(users)

    def release(self, made: Database, touched: bool) -> None:
        """After a boot whose databases nobody needs any more: the next ones are readied while others think."""
        if not touched:
            self._untouched = made
        else:
            self._readying = asyncio.ensure_future(self._ready(made.names))

    async def _ready(self, used: list[str]) -> None:
        async with self.admin() as admin:
            for name in used:
                if name not in KEPT:
                    await admin.query(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
            [[there]] = await admin.query(f"SELECT count(*) FROM pg_database WHERE datname LIKE '{SPARE}%'")
            for _ in range(len(used) - int(there)):
                await admin.query(CREATE.format(SPARE + os.urandom(6).hex()))

    async def close(self) -> None:
        if self._readying is not None:
            self._readying.cancel()
            await asyncio.gather(self._readying, return_exceptions=True)
        if self._session is not None:
            self._session.abandon()


class Database:
    """The databases of one boot."""

    def __init__(self, all_of_them: Databases, plan: dict) -> None:
        self._all, self.plan = all_of_them, plan
        self.names = list(dict.fromkeys(identity["database"] for identity in plan["identities"]))
        # What the start-up SQL said when it failed: that file is the user's.
        self.complaint: str | None = None
        self._own_sessions = self._baseline = 0
        self._numbers: set[str] = set()

    async def make(self, fresh: bool) -> None:
        """Roles, databases, start-up SQL."""
        async with self._all.admin() as admin:
            for identity in self.plan["identities"]:
                await self._make_role(admin, identity)
            await self._all.bind_channels(admin, self.plan)
            existing = {row[0] for row in await admin.query("SELECT datname FROM pg_database")}
            spares = [name for name in existing if name.startswith(SPARE)]
            created: list[str] = []
            for identity in self.plan["identities"]:
                name = identity["database"]
                if name in created or (name in existing and not fresh) or name in KEPT:
                    continue
                if name in existing:
                    await admin.query(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
                await self._all.create(admin, name, identity["user"], spares.pop() if spares else None)
                created.append(name)
            await self.count_in(admin)
        await self._share(created)
        await self._run_init(created)
        for script in self.plan.get("initScripts") or () if created else ():
            filling = Filling(self._all.session_as, script, created)
            self.complaint = await filling.run() or self.complaint
            self._own_sessions += sum(name in self.names for name in filling.entered)

    async def _make_role(self, admin: Connection, identity: dict) -> None:
        role = quoted(identity["user"])
        if identity["user"] == self._all.user:
            return
        found = await admin.query(f"SELECT 1 FROM pg_roles WHERE rolname = {literal(identity['user'])}")
        verb = "ALTER" if found else "CREATE"
        await admin.query(f"{verb} ROLE {role} LOGIN CREATEDB CREATEROLE PASSWORD {literal(identity['password'])}")

    async def _share(self, created: list[str]) -> None:
        """A database has one owner; other accounts that the app uses for it may make tables too."""
        for name in created:
            users = {identity["user"] for identity in self.plan["identities"] if identity["database"] == name}
            if len(users) > 1:
                async with await self._all.session(name) as session:
                    self._own_sessions += 1
                    await session.query("GRANT ALL ON SCHEMA public TO PUBLIC")

    async def _run_init(self, created: list[str]) -> None:
        sql = self.plan.get("initSql")
        for name in created if sql else ():
            async with await self._all.session(name) as session:
                self._own_sessions += 1
                try:
                    await session.query(sql)
                except PostgresError as error:
                    self.complaint = str(error)
                    return

    @property
    def _listed(self) -> str:
        return ", ".join(literal(name) for name in self.names) or "''"

    async def count_in(self, admin: Connection) -> None:
        """Sessions until now are not counted."""
        self._numbers, self._baseline = await self._counted(admin)

    async def _counted(self, admin: Connection) -> tuple[set[str], int]:
        """The server's own numbers of our databases, and all sessions in them so far."""
        rows = await admin.query(f"SELECT datid, sessions FROM pg_stat_database WHERE datname IN ({self._listed})")
        return {str(number) for number, _ in rows}, sum(int(sessions or 0) for _, sessions in rows)

    async def is_untouched(self) -> bool:
        """They are still the same ones, and nobody but us was in them."""
        async with self._all.admin() as admin:
            return await self._counted(admin) == (self._numbers, self._baseline + self._own_sessions)

    async def _open(self, admin: Connection) -> int:
        rows = await admin.query(
            f"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND datname IN ({self._listed})")
        return int(rows[0][0] or 0)

    async def _all_ended(self, admin: Connection) -> None:
        """A backend is counted before it disappears, which may be a moment after its client's end."""
        for _ in range(50):
            if await self._open(admin) == 0:
                return
            await asyncio.sleep(0.01)

    async def count_from_here(self) -> None:
        """What came until now is not counted, nor what is still going."""
        async with self._all.admin() as admin:
            await self._all_ended(admin)
            await self.count_in(admin)
        self._own_sessions = 0

    async def open_sessions(self) -> int:
        async with self._all.admin() as admin:
            return await self._open(admin)

    async def past_sessions(self) -> int:
        """Sessions since the start, asked after the app is gone."""
        async with self._all.admin() as admin:
            await self._all_ended(admin)
            _, sessions = await self._counted(admin)
            return max(0, sessions - self._baseline - self._own_sessions)
