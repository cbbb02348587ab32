"""Runs uv as the installing account, with a home of its own and nothing of the agent's environment."""
from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence

from .processes import Child, outlast

STATE = ".boot-check"
# Seconds between two starts of uv on a machine that has no threads left.
PAUSES = (1.0, 3.0, 6.0, 0.0)


class Uv:
    """One place to call uv from. `request` holds what every command for uv has: `uv`, `tree`, `environment`, `cache`, `user`, `env`."""

    def __init__(self, request: dict, nest: tuple[int, int] | None) -> None:
        self._r, self._nest = request, nest

    @property
    def environment(self) -> str:
        return self._r["environment"]

    async def run(self, *arguments: str, heard: Callable[[str, bytes], None], cwd: str | None = None, limit: float | None = None) -> dict:
        """
        How uv ended: `{"code": 0}`; `{"late": True}` when it was killed after `limit` seconds. A uv that could not start its threads (the account
        has too many on a busy machine) is started again.
        """
        for pause in PAUSES:
            said = bytearray()

            def listen(stream: str, data: bytes) -> None:
                said.extend(data)
                heard(stream, data)

            ended = await self._once(arguments, listen, cwd, limit)
            if not (b"panicked" in said and b"Resource temporarily unavailable" in said):
                break
            await asyncio.sleep(pause)
        return ended

    async def _once(self, arguments: Sequence[str], heard: Callable[[str, bytes], None], cwd: str | None, limit: float | None) -> dict:
        r = self._r
        home = tempfile.mkdtemp(prefix="home-", dir=self.folder("homes"))
        self.hand_over(home)
        env = {
            "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"), "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8",
            # A build that fetches itself a compiler (maturin does) finds it here the next time.
            "XDG_CACHE_HOME": self.kept("xdg"), "UV_CACHE_DIR": r["cache"], "UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "500",
            "UV_LINK_MODE": "hardlink", "VIRTUAL_ENV": r["environment"], "UV_PROJECT_ENVIRONMENT": r["environment"], "PYTHONUTF8": "1",
            **(r.get("env") or {}),
        }
        child = Child(
            [r["uv"], "--color", "never", *arguments], cwd=cwd or r["tree"], env=env, heard=heard, user=r.get("user"), nest=self._nest)
        try:
            return child.exit if await outlast(child, limit) else {"late": True}
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def folder(self, name: str) -> str:
        """A folder below the environment's own state that the installing account may write."""
        path = os.path.join(self._r["environment"], STATE, name)
        os.makedirs(path, exist_ok=True)
        self.hand_over(path)
        return path

    def kept(self, name: str) -> str:
        """A folder in uv's own cache, which outlives this environment."""
        path = os.path.join(self._r["cache"], name)
        if not os.path.isdir(path):
            os.makedirs(path, exist_ok=True)
            self.hand_over(path)
        return path

    def hand_over(self, path: str) -> None:
        user = self._r.get("user")
        if user and os.getuid() == 0:
            os.chown(path, user["uid"], user["gid"])
