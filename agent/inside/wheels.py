"""Which package an installation would have to compile although it has wheels, for other Pythons: asked before anything is built.

A build of a version that came out before this Python mostly fails, after minutes of fetching a compiler and compiling. It gets a limited time; a
package that never has wheels gets all it needs.
"""
from __future__ import annotations

import re
from collections.abc import Sequence

from .uv import Uv

# Seconds for such an installation, and for asking.
BUILD_SECONDS, ASK_SECONDS = 60.0, 30.0
# Because pydantic-core==2.20.1 has no usable wheels and pydantic==2.8.2 depends on …
# Distribution `pydantic-core==2.27.2 @ registry+https://…` can't be installed because it is marked as `--no-build` but has no binary distribution
NO_WHEEL = re.compile(
    r"(?P<name>[A-Za-z][\w.-]*)==(?P<version>[^\s`]+)(?: has no (?:usable )?wheels|[^`\n]*` can't be installed because it is marked as `--no-build`)")


async def missing_wheel(uv: Uv, arguments: Sequence[str], python: str) -> str | None:
    """`pydantic-core==2.20.1`; None when wheels are all it takes, when the package never has any for this Python, or nothing is known."""
    wheels = ["--no-build"] if arguments[0] == "sync" else ["--only-binary", ":all:"]
    ended, text = await _ask(uv, *arguments, "--dry-run", *wheels)
    found = None if ended else NO_WHEEL.search(text)
    if found is None:
        return None
    others, _ = await _ask(uv, "pip", "install", "--dry-run", "--no-config", "--no-deps", "--only-binary", ":all:", "--python", python, found["name"])
    return f"{found['name']}=={found['version']}" if others else None


async def planned(uv: Uv, arguments: Sequence[str]) -> list[str]:
    """`name==version` of all that the installation would bring; empty when that takes longer than asking should."""
    _, text = await _ask(uv, *arguments, "--dry-run")
    return re.findall(r"^ \+ ([A-Za-z0-9][\w.-]*==[^\s@]+)", text, re.MULTILINE)


async def _ask(uv: Uv, *arguments: str) -> tuple[bool, str]:
    said = bytearray()
    ended = await uv.run(*arguments, heard=lambda _stream, data: said.extend(data), limit=ASK_SECONDS)
    return ended == {"code": 0}, said.decode("utf-8", "replace")
