"""Runs uv as the installing account, with a home of its own and nothing of the agent's environment."""
from __future__ import annotations

import asyncio
import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence

from .processes import Child, outlast

STATE = ".boot-check"
# Seconds between two starts of uv on a machine that has no threads left.
PAUSES = (1.0, 3.0, 6.0, 0.0)
CURRENT = 'cache-control = { api = "max-age=600", files = "max-age=365000000, immutable" }'


@functools.cache
def usual_index(uv: str) -> str | None:
    """The address of the package index that uv asks when nobody names one, as its own help says it."""
    try:
        said = subprocess.run([uv, "--color", "never", "pip", "compile", "--help"], capture_output=True, text=True, timeout=5, env={"COLUMNS": "500"}).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"default package index \(by default:\s+<?(?P<url>https?://[^\s>)]+)", said)
    return found["url"] if found else None


class Uv:
    """One place to call uv from. `request` holds what every command for uv has: `uv`, `tree`, `environment`, `cache`, `user`, `env`."""

    def __init__(self, request: dict, nest: tuple[int, int] | None) -> None:
        self._r, self._nest = request, nest

    @property
    def environment(self) -> str:
        return self._r["environment"]

    async def run(self, *arguments: str, heard: Callable[[str, bytes], None], cwd: str | None = None, limit: float | None = None, beside: bool = False) -> dict:
        """
        `beside` as in `outlast`. How uv ended: `{"code": 0}`; `{"late": True}` when it was killed after `limit` seconds. A uv that could not start its threads (the account
        has too many on a busy machine) is started again.
        """
        for pause in PAUSES:
            said = bytearray()

            def listen(stream: str, data: bytes) -> None:
                said.extend(data)
                heard(stream, data)

            ended = await self._once(arguments, listen, cwd, limit, beside)
            if not (b"panicked" in said and b"Resource temporarily unavailable" in said):
                break
            await asyncio.sleep(pause)
        return ended

    async def _once(self, arguments: Sequence[str], heard: Callable[[str, bytes], None], cwd: str | None, limit: float | None, beside: bool) -> dict:
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
        settings = self._index_settings(home, env)
        if settings is not None:
            # What the tree says stays out as before.
            arguments = [word for each in arguments for word in (("--config-file", settings) if each == "--no-config" else (each,))]
        child = Child(
            [r["uv"], "--color", "never", *arguments], cwd=cwd or r["tree"], env=env, heard=heard, user=r.get("user"), nest=self._nest)
        try:
            return child.exit if await outlast(child, limit, beside) else {"late": True}
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def _index_settings(self, home: str, env: dict[str, str]) -> str | None:
        """
        uv's settings of the account whose home this is: what the package index said holds for ten minutes, and a file of it for ever. That is what
        the usual index says of itself; many mirrors say nothing, and every call would fetch the metadata of every package anew.
        """
        named = env.pop("UV_DEFAULT_INDEX", None) or env.pop("UV_INDEX_URL", None)
        name, is_named, url = (named or "").partition("=") if re.match(r"[\w-]+=", named or "") else ("", "", named or usual_index(self._r["uv"]))
        if not url:
            return None
        folder = home
        for part in (".config", "uv"):
            folder = os.path.join(folder, part)
            os.mkdir(folder)
            self.hand_over(folder)
        path = os.path.join(folder, "uv.toml")
        lines = ["[[index]]", *([f"name = {json.dumps(name)}"] if is_named else []), f"url = {json.dumps(url)}", "default = true", CURRENT]
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return path

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
