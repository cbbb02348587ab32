"""The agent's end of the watch module (`watch/sitecustomize.py`) that lives in the app's process. All it says is a hint."""
from __future__ import annotations

import asyncio
import json
import os
import socket

LIMIT = 4_000_000


class Watch:
    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._answers: dict[str, asyncio.Future] = {}
        self._last_word: dict = {}
        self._gone = False
        self.fd = self._theirs.fileno()
        os.set_inheritable(self.fd, True)
        self._loop.add_reader(self._ours.fileno(), self._read)

    def started(self) -> None:
        """The child has its end; ours must be the only other one, so that its death is seen."""
        self._theirs.close()

    def _read(self) -> None:
        try:
            data = self._ours.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or len(self._buffer) + len(data) > LIMIT:
            self._lost()
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._heard(line)

    def _heard(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            future = self._answers.pop(said["answer"], None)
            if said["answer"] == "modules":
                self._last_word = said
        except (ValueError, KeyError, TypeError):
            return
        if future is not None and not future.done():
            future.set_result(said)

    def _lost(self) -> None:
        if not self._gone:
            self._gone = True
            self._loop.remove_reader(self._ours.fileno())
        for future in self._answers.values():
            if not future.done():
                future.set_result({})

    async def ask(self, question: str, timeout: float) -> dict:
        """{} when the app's process does not answer in time."""
        if self._gone:
            return {}
        future = self._answers[question] = self._loop.create_future()
        try:
            await self._send(question)
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            return {}
        finally:
            self._answers.pop(question, None)

    async def _send(self, question: str) -> None:
        try:
            await self._loop.sock_sendall(self._ours, question.encode() + b"\n")
        except OSError:
            pass  # it is dead; what it said before is still to be read, and then the end of the stream

    async def last_word(self, timeout: float) -> dict:
        """The modules that were loaded: said unasked by an interpreter that ended, asked for while it runs."""
        return self._last_word or await self.ask("modules", timeout)

    def close(self) -> None:
        self._lost()
        self._ours.close()
        self._theirs.close()


def strings(value: object, limit: int = 2_000) -> list[str]:
    return [item[:500] for item in value[:limit] if isinstance(item, str)] if isinstance(value, list) else []


def routes(report: dict) -> list[dict]:
    found = report.get("routes")
    return [
        {"path": route["path"], "methods": strings(route.get("methods"))}
        for route in (found[:5_000] if isinstance(found, list) else [])
        if isinstance(route, dict) and isinstance(route.get("path"), str)
    ]


def engines(report: dict) -> list[dict]:
    found = report.get("engines")
    result = []
    for engine in found[:20] if isinstance(found, list) else []:
        if isinstance(engine, dict) and isinstance(engine.get("url"), str):
            item = {"url": engine["url"][:500], "ok": engine.get("ok") is True}
            if isinstance(engine.get("error"), str):
                item["error"] = engine["error"][:2_000]
            result.append(item)
    return result


def samples(report: dict) -> dict | None:
    """Seconds by what they were spent on, the longest first; None when the watch said nothing."""
    if not isinstance(report.get("imports"), dict) or not isinstance(report.get("lines"), dict):
        return None
    parts = {name: float(report[name]) for name in ("connect", "migrations") if isinstance(report.get(name), (int, float))}
    lines = [(*place.rpartition(":")[::2], seconds) for place, seconds in _longest(report["lines"]) if place.rpartition(":")[2].isdigit()]
    return {
        "imports": [{"name": name, "seconds": seconds} for name, seconds in _longest(report["imports"])],
        "lines": [{"file": file, "line": int(line), "seconds": seconds} for file, line, seconds in lines], **parts,
    }


def _longest(found: dict, limit: int = 20) -> list[tuple[str, float]]:
    known = [(name[:500], float(seconds)) for name, seconds in found.items() if isinstance(name, str) and isinstance(seconds, (int, float)) and seconds >= 0.02]
    return sorted(known, key=lambda one: -one[1])[:limit]


def stacks(report: dict) -> list[dict]:
    found = report.get("stacks")
    result = []
    for stack in found[:100] if isinstance(found, list) else []:
        try:
            frames = [{"file": str(f["file"]), "line": int(f["line"]), "function": str(f["function"])} for f in stack["frames"][-60:]]
            result.append({"kind": "task" if stack["kind"] == "task" else "thread", "name": str(stack["name"])[:200], "frames": frames})
        except (KeyError, TypeError, ValueError):
            continue
    return result
