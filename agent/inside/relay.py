"""TCP and unix-socket relays: the app's database addresses lead to the sandbox's server, and the harness's requests lead inwards."""
from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

CHUNK = 1 << 16


def parse_address(address: str) -> tuple[str, str, int]:
    """`tcp:HOST:PORT` → ("tcp", host, port); `unix:/path` → ("unix", path, 0)."""
    kind, _, rest = address.partition(":")
    if kind == "unix":
        return "unix", rest, 0
    host, _, port = rest.rpartition(":")
    if kind != "tcp" or not port.isdigit():
        raise ValueError(f"not an address: {address}")
    return "tcp", host.strip("[]"), int(port)


async def open_address(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, where, port = parse_address(address)
    if kind == "unix":
        return await asyncio.open_unix_connection(where)
    return await asyncio.open_connection(where, port)


class Relay:
    """Forwards connections and counts them. `accepted` counts those whose server said AuthenticationOk in clear text."""

    def __init__(self, to: str, gate: asyncio.Event | None = None, first: Callable[[bytes], bytes] | None = None) -> None:
        """Connections are taken at once, but wait before the gate until it is open. `first` may rewrite what a client says first."""
        self._to, self._gate, self._first = to, gate, first
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()
        self.address = ""
        self.connections = 0
        self.accepted = 0

    async def open(self, listen: str) -> str:
        kind, where, port = parse_address(listen)
        if kind == "unix":
            if os.path.exists(where):
                os.unlink(where)
            self._server = await asyncio.start_unix_server(self._serve, where)
            os.chmod(where, 0o666)
            self.address = listen
        else:
            self._server = await asyncio.start_server(self._serve, where, port, reuse_address=True)
            self.address = f"tcp:{where}:{self._server.sockets[0].getsockname()[1]}"
        return self.address

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        self.connections += 1
        onward: asyncio.StreamWriter | None = None
        try:
            if self._gate is not None:
                await self._gate.wait()
            back, onward = await open_address(self._to)
            pumps = [asyncio.ensure_future(_pump(reader, onward, self._first)), asyncio.ensure_future(self._pump_answers(back, writer))]
            try:
                await asyncio.gather(*pumps)
            finally:
                for pump in pumps:
                    pump.cancel()
        except (OSError, asyncio.CancelledError):
            _reset(writer)
        finally:
            self._tasks.discard(task)
            for end in (writer, onward):
                if end is not None:
                    end.close()

    async def _pump_answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(CHUNK)
        if b"R\0\0\0\x08\0\0\0\0" in first:
            self.accepted += 1
        if first:
            writer.write(first)
            await writer.drain()
        await _pump(reader, writer)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if parse_address(self.address or "unix:")[0] == "unix" and self.address:
            try:
                os.unlink(parse_address(self.address)[1])
            except OSError:
                pass


def _reset(writer: asyncio.StreamWriter) -> None:
    """The server refused: the client should see a broken connection, not a polite end."""
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.family != socket.AF_UNIX:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        except OSError:
            pass


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: Callable[[bytes], bytes] | None = None,
) -> None:
    while data := await reader.read(CHUNK):
        writer.write(first(data) if first is not None else data)
        first = None
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
