"""HTTP as curl would ask it: one GET, no redirects followed, the status as soon as it is there and at most 2,000 characters of body."""
from __future__ import annotations

import asyncio
import time
from urllib.parse import quote

BODY_CHARACTERS = 2_000
BODY_SECONDS = 1.0


async def listening_host(port: int) -> str | None:
    """Where something accepts connections on this port of the loopback."""
    for host in ("127.0.0.1", "::1"):
        try:
            # Not `wait_for`: Python 3.11's may swallow a cancellation, and with it the boot's own time-out.
            async with asyncio.timeout(1):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            continue
        writer.close()
        return host
    return None


async def get(host: str, port: int, path: str, purpose: str, begun: float, timeout: float) -> dict:
    """One probe record. Never raises for what the server does."""
    started = time.monotonic()
    probe = {"from": "inside", "purpose": purpose, "method": "GET", "path": path, "at": round(started - begun, 4)}
    try:
        async with asyncio.timeout(timeout):
            probe |= await _ask(host, port, path)
    except TimeoutError:
        probe["error"] = "timeout"
    except ConnectionRefusedError:
        probe["error"] = "refused"
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        probe["error"] = "no HTTP answer"
    except OSError:
        probe["error"] = "reset"
    probe["seconds"] = round(time.monotonic() - started, 4)
    return probe


async def _ask(host: str, port: int, path: str) -> dict:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        target = quote(path, safe="/?&=%:@!$'()*+,;~-._[]")
        writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: */*\r\nUser-Agent: boot-check\r\nConnection: close\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        status_line, _, headers = head.decode("latin-1").partition("\r\n")
        status = int(status_line.split(" ", 2)[1])
        return {"status": status, "body": await _body(reader, headers.lower())}
    finally:
        writer.close()


async def _body(reader: asyncio.StreamReader, headers: str) -> str:
    """A stream without end (server-sent events) must not keep us: what came within a second is the body."""
    data = b""
    length = next((int(line[15:]) for line in headers.split("\r\n") if line.startswith("content-length:") and line[15:].strip().isdigit()), None)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while len(data) < 4 * BODY_CHARACTERS and (length is None or len(data) < length):
                more = await reader.read(65_536)
                if not more:
                    break
                data += more
    except (TimeoutError, OSError):
        pass
    if "transfer-encoding: chunked" in headers:
        data = _unchunked(data)
    return data.decode("utf-8", "replace")[:BODY_CHARACTERS]


def _unchunked(data: bytes) -> bytes:
    out, at = b"", 0
    while (end := data.find(b"\r\n", at)) >= 0:
        try:
            size = int(data[at:end].split(b";")[0], 16)
        except ValueError:
            break
        if size == 0:
            break
        out += data[end + 2:end + 2 + size]
        at = end + 2 + size + 2
    return out
