"""The agent: the one program of boot-check that runs where the app runs, in a container or as a plain process.

The idea. The harness sits outside and knows what it wants; the app sits inside and cannot be trusted. Between them stands this program.
It takes one request a line on stdin and says one event a line on stdout (`protocol.ts` has their shapes), which the app cannot write to: the
child gets other descriptors, and another account when the agent is root. It never imports the app; it starts it as a child process, watches it
from outside, and kills it and all it left behind. When stdin ends, or nobody spoke for SILENCE seconds, the agent ends, and everything
it started with it. Whatever a sick app does is data in a result; an `error` event means that the agent itself, or its place, is broken.

Standard library only, Python 3.11 or newer. Start it with `python3 -I agent.py`.

  inside/install.py     prepare   environments with uv
  inside/resolve.py     resolve   other versions, asked of uv
  inside/lookup.py      lookup    what is installed, where names live, without importing
  inside/boot.py        boot      one boot of the app: log, port, health, routes, database, hang
  inside/warm.py                  the process that attempts are forked from
  inside/database.py              the app's databases
  inside/relay.py       relay     sockets that lead to other sockets
  inside/isolate.py     isolate   furnishes namespaces
  watch/                          the thread in the app's process that the agent asks
"""
from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

from inside import processes  # noqa: E402
from inside.between import Between  # noqa: E402
from inside.install import Install  # noqa: E402
from inside.isolate import isolate, make_writable  # noqa: E402
from inside.lookup import lookup  # noqa: E402
from inside.postgres import PostgresError  # noqa: E402
from inside.relay import Relay, open_address  # noqa: E402
from inside.resolve import resolve  # noqa: E402
from inside.trusted_boot import boot  # noqa: E402

PROTOCOL = 1
SILENCE = 12.0
# An orderly end takes less.
STUCK = 20.0
LINE_LIMIT = 64_000_000


class Agent:
    def __init__(self, writer: asyncio.WriteTransport) -> None:
        self._writer = writer
        self._tasks: dict[int, asyncio.Task] = {}
        self._answers: dict[int, asyncio.Future] = {}
        self._relays: list[Relay] = []
        self._services: list[processes.Child] = []
        self._heard_at = time.monotonic()
        self.over = asyncio.Event()
        # Ordinary ids for the app where we are root only inside a user namespace: {"uid": …, "gid": …} of the real user.
        mapped = os.environ.get("BOOT_CHECK_NEST", "")
        self._nest = tuple(int(part) for part in mapped.split(":")) if mapped else None
        self._between = Between(self._nest)

    def say(self, event: dict) -> None:
        if not self._writer.is_closing():
            self._writer.write(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    def hear(self, line: bytes) -> None:
        self._heard_at = time.monotonic()
        try:
            request = json.loads(line)
        except ValueError:
            return
        kind, number = request.get("type"), request.get("id")
        if kind == "stop":
            self.over.set()
        elif kind == "cancel":
            if task := self._tasks.get(number):
                task.cancel()
        elif kind == "answer":
            if (future := self._answers.pop(number, None)) and not future.done():
                future.set_result(request.get("probes") or [])
        elif kind != "ping":
            self._tasks[number] = asyncio.ensure_future(self._perform(kind, number, request))

    async def _perform(self, kind: str, number: int, request: dict) -> None:
        try:
            self.say({"type": "result", "id": number, "result": await self._command(kind, number, request)})
        except asyncio.CancelledError:
            self._fail(number, "cancelled", "The command was cancelled.")
        except PostgresError as error:
            self._fail(number, "database", f"Postgres refused a command of ours: {error}")
        except (OSError, TimeoutError) as error:
            self._fail(number, "place", f"{type(error).__name__}: {error}")
        except Exception:  # noqa: BLE001 a bug of ours must reach the harness with its place
            self._fail(number, "bug", traceback.format_exc(limit=-6))
        finally:
            self._tasks.pop(number, None)

    def _fail(self, number: int, code: str, message: str) -> None:
        self.say({"type": "error", "id": number, "code": code, "message": message})

    async def _command(self, kind: str, number: int, request: dict) -> object:
        def news(event: dict) -> None:
            self.say(event | {"id": number})

        if kind == "prepare":
            return await Install(request, news, self._nest).run()
        if kind == "boot":
            return await boot(request, news, lambda port, path: self._ask_outside(number, port, path), self._between)
        if kind == "resolve":
            return await resolve(request, self._nest)
        if kind == "lookup":
            return await asyncio.to_thread(lookup, request)
        if kind == "relay":
            relay = Relay(request["to"])
            self._relays.append(relay)
            return {"listen": await relay.open(request["listen"])}
        if kind == "isolate":
            return isolate(request)
        if kind == "writable":
            return make_writable(request["path"])
        if kind == "serve":
            return await self._serve(request)
        raise ValueError(f"unknown command: {kind}")

    async def _ask_outside(self, number: int, port: int, path: str) -> list:
        future = self._answers[number] = asyncio.get_running_loop().create_future()
        self.say({"type": "outside", "id": number, "port": port, "path": path})
        return await future

    async def _serve(self, request: dict) -> dict:
        """Starts a trusted service and waits until its address answers; what it says is kept short."""
        said: list[str] = []

        def heard(_stream: str, data: bytes) -> None:
            said.extend(data.decode("utf-8", "replace").splitlines())
            del said[:-50]

        service = processes.Child(
            request["command"], cwd=request["cwd"], env=request["env"], heard=heard, user=request.get("user"),
            nest=self._nest)
        processes.trusted.add(service.pid)
        self._services.append(service)
        until = time.monotonic() + request["timeout"]
        while service.alive and time.monotonic() < until:
            try:
                _, writer = await open_address(request["ready"])
                writer.close()
                return {"ok": True, "lines": []}
            except OSError:
                await asyncio.sleep(0.02)
        return {"ok": False, "lines": said}

    async def watch_silence(self) -> None:
        while time.monotonic() - self._heard_at < SILENCE:
            await asyncio.sleep(1)
        self.over.set()

    def end_when_stuck(self) -> None:
        """In a thread of its own: whatever the event loop hangs in, nobody outlives the harness for long."""
        while time.monotonic() - self._heard_at < SILENCE + STUCK:
            time.sleep(1)
        os._exit(70)

    async def close(self) -> None:
        """Ends every command (each kills its own child), then whatever is still below us."""
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=3)
        await self._between.close()
        for relay in self._relays:
            await relay.close()
        processes.trusted.clear()
        for service in self._services:
            # Postgres's "immediate shutdown": no waiting for clients, but its shared memory is given back.
            service.signal(signal.SIGQUIT)
        for service in self._services:
            try:
                await asyncio.wait_for(service.dead.wait(), 2)
            except TimeoutError:
                pass
            await processes.end(service, 0)
        await processes.sweep()


class _Input(asyncio.Protocol):
    def __init__(self, agent: Agent) -> None:
        self._agent, self._buffer = agent, bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > LINE_LIMIT:
            self._agent.over.set()
            return
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            self._agent.hear(bytes(line))

    def connection_lost(self, _error: Exception | None) -> None:
        self._agent.over.set()


class _Output(asyncio.BaseProtocol):
    """Nobody reads us any more: the same as the end of the input."""

    agent: Agent | None = None

    def connection_lost(self, _error: Exception | None) -> None:
        if self.agent is not None:
            self.agent.over.set()


async def main() -> None:
    processes.adopt_orphans()
    loop = asyncio.get_running_loop()
    # Our channel gets a number of its own; a stray print goes to stderr.
    channel = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    writer, output = await loop.connect_write_pipe(_Output, channel)
    output.agent = agent = Agent(writer)
    await loop.connect_read_pipe(lambda: _Input(agent), os.fdopen(os.dup(0), "rb", buffering=0))
    agent.say({"type": "hello", "protocol": PROTOCOL, "python": ".".join(map(str, sys.version_info[:3])), "pid": os.getpid(), "uid": os.getuid()})
    threading.Thread(target=agent.end_when_stuck, daemon=True).start()
    silence = asyncio.ensure_future(agent.watch_silence())
    await agent.over.wait()
    silence.cancel()
    await agent.close()
    writer.close()
    # A thread that hangs in a system call would keep an orderly end waiting for ever.
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
