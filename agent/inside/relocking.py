"""
uv.lock anew for a changed manifest, from the two files alone: nothing of the project itself is built.

A project may leave its version to its build (`dynamic = ["version"]`); uv would build it to learn the rest, and then not write the version
down. Given any version, it builds nothing; the lock without that version is the one that uv writes beside the whole project.
"""
from __future__ import annotations

import os
import re
import shutil
import time
import tomllib

from .plain_file import read_plain
from .uv import Uv

SECONDS = 120.0
# A larger lock file is left alone.
LOCK_BYTES = 5_000_000
PLACEHOLDER = "0"
# dynamic = ["version"]
DYNAMIC = re.compile(r"""^[ \t]*dynamic[ \t]*=[ \t]*\[\s*["']version["']\s*,?\s*\]""", re.MULTILINE)


async def lock_anew(uv: Uv, tree: str, python: str, proven: list[str]) -> dict:
    """
    The text that uv gives uv.lock for the manifest as it is; what is locked and still fits stays, but for the `proven` versions
    (`cffi==2.0.0`). A project that has members, or more to be built than its version, gets no answer.
    """
    folder, began = uv.folder("relock"), time.monotonic()
    try:
        manifest = read_plain(os.path.join(tree, "pyproject.toml"), LOCK_BYTES).decode()
        fixed = with_version(manifest)
        _lay(uv, os.path.join(folder, "pyproject.toml"), manifest if fixed is None else fixed)
        _lay(uv, os.path.join(folder, "uv.lock"), read_plain(os.path.join(tree, "uv.lock"), LOCK_BYTES).decode())
        upgrades = [word for line in proven for word in ("--upgrade-package", line)]
        ended = await uv.run("lock", "--python", python, *upgrades, heard=lambda _stream, _data: None, cwd=folder, limit=SECONDS)
        text = read_plain(os.path.join(folder, "uv.lock"), LOCK_BYTES).decode() if ended == {"code": 0} else None
        if text is not None and fixed is not None:
            text = without_version(text)
    except (OSError, ValueError):
        text = None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    answers = [] if text is None else [{"goal": "lock", "step": "whole", "moves": [], "text": text}]
    return {"resolutions": answers, "calls": 1, "seconds": round(time.monotonic() - began, 3)}


def _lay(uv: Uv, path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    uv.hand_over(path)


def with_version(manifest: str) -> str | None:
    """The manifest with a version in place of `dynamic = ["version"]`; None where that is not what it says."""
    if tomllib.loads(manifest).get("project", {}).get("dynamic") != ["version"]:
        return None
    for found in DYNAMIC.finditer(manifest):
        fixed = f'{manifest[:found.start()]}version = "{PLACEHOLDER}"{manifest[found.end():]}'
        try:
            project = tomllib.loads(fixed).get("project", {})
        except ValueError:
            continue
        if project.get("version") == PLACEHOLDER and "dynamic" not in project:
            return fixed
    return None


def without_version(lock: str) -> str | None:
    """The lock without the project's own version; None when it is not there once."""
    text, times = re.subn(rf'^version = "{PLACEHOLDER}"\n(?=source = \{{ (?:editable|virtual|directory) = "\." \}}$)', "", lock, flags=re.MULTILINE)
    return text if times == 1 else None
