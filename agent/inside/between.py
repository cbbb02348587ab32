"""What is kept from one boot to the next, so that the next one is cheap: a warm process, a session in the database, readied databases."""
from __future__ import annotations

from .database import Databases
from .warm import Warm


class Between:
    def __init__(self, nest: tuple[int, int] | None) -> None:
        self.nest = nest
        self.warm = Warm(nest)
        self._databases: dict[str, Databases] = {}

    def databases(self, command: dict) -> Databases | None:
        """Those of the server that a command names."""
        if not command.get("database"):
            return None
        server = command["database"]["server"]
        return self._databases.setdefault(server["address"], Databases(server))

    async def close(self) -> None:
        await self.warm.close()
        for databases in self._databases.values():
            await databases.close()
