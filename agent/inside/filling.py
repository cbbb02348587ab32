"""Fills new databases with what the project's own server is filled with, as the image of Postgres does with what is laid into its folder for it."""
from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .postgres import Connection, PostgresError
from .sql_script import Step, steps

# A database, schema, table, function or other object is there already.
DUPLICATE = ("42P04", "42P06", "42P07", "42723", "42710")


class Filling:
    """One script, with the rights of the account that the project gives its server. `created`: databases that are new for this boot."""

    def __init__(self, enter: Callable[[str, str, str], Awaitable[Connection]], script: dict, created: Sequence[str]) -> None:
        self._enter_as, self._script, self._created = enter, script, created
        # Databases that were entered, once for each session.
        self.entered: list[str] = []

    async def run(self) -> str | None:
        """What went wrong; the script ends there, as psql is told to."""
        session = None
        try:
            session = await self._enter(self._script["database"])
            for step in steps(self._script["sql"]):
                if step.connect is None:
                    await self._do(session, step)
                else:
                    await session.close()
                    session = await self._enter(step.connect)
        except (PostgresError, OSError) as error:
            return f"{self._script['path']}: {error}"
        finally:
            if session is not None:
                await session.close()
        return None

    async def _do(self, session: Connection, step: Step) -> None:
        """
        What the script would make and the sandbox has made already is no failure; what is kept from boot to boot holds what the script put there.
        """
        try:
            await session.query(step.sql, step.rows)
        except PostgresError as error:
            made = step.sql.upper().startswith(("CREATE DATABASE", "CREATE ROLE", "CREATE USER"))
            if error.code not in DUPLICATE or not made and self.entered[-1] in self._created:
                raise

    async def _enter(self, name: str) -> Connection:
        session = await self._enter_as(self._script["user"], self._script["password"], name)
        self.entered.append(name)
        return session
