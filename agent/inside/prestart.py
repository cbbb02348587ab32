"""What the project itself runs before its server (migrations, seeds): in the app's account and folder, on this boot's database."""
from __future__ import annotations

import time

from .environment import app_environment
from .log import LogBook
from .processes import Child, find_program, outlast


async def run_before(command: dict, book: LogBook, say, nest: tuple[int, int] | None) -> list[dict]:
    """One record for each command that was run. A required one that fails is the last, as in the project's own start."""
    done: list[dict] = []
    until = time.monotonic() + command["bootTimeout"]
    for before in command.get("before") or ():
        shown = " ".join(before["words"])
        say({"type": "stage", "stage": "import", "what": f"{shown} ({before['from']})"})
        record = {"command": before["words"], "from": before["from"], "required": before["required"]}
        done.append(record | await _run(command, before, book, nest, max(0.1, until - time.monotonic())))
        if before["required"] and done[-1].get("code") != 0:
            break
    return done


async def _run(command: dict, before: dict, book: LogBook, nest: tuple[int, int] | None, seconds: float) -> dict:
    env = app_environment(command | {"instrument": False}) | before["env"]
    words = before["words"]
    program, cwd, complaint = find_program(words, command["tree"], before["cwd"], env["PATH"])
    if complaint:
        book.feed("stderr", complaint.encode())
        return {"code": 1 if program else 127}
    child = Child([program, *words[1:]], cwd=cwd, env=env, heard=book.feed, user=command.get("user"), nest=nest, limited=True)
    return dict(child.exit or {}) if await outlast(child, seconds) else {"timedOut": True}
