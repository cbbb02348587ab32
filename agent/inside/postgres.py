"""As much of the PostgreSQL protocol (version 3) as the agent needs: log in, ask, read rows."""
from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import struct

from .relay import open_address

# The port accepts before the database does.
STARTING_UP = "57P03"


class PostgresError(Exception):
    """The server said no; `code` is the SQLSTATE."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields.get("M", "unknown error"))
        self.code = fields.get("C", "")


def startup_message(user: str, database: str) -> bytes:
    body = struct.pack("!i", 196608)
    for name, value in (("user", user), ("database", database), ("application_name", "boot-check"), ("client_encoding", "UTF8")):
        body += name.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    return struct.pack("!i", len(body) + 4) + body


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def error_fields(body: bytes) -> dict[str, str]:
    return {part[:1].decode(): part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}


def row_values(body: bytes) -> list[str | None]:
    (count,), at, values = struct.unpack_from("!h", body), 2, []
    for _ in range(count):
        (size,) = struct.unpack_from("!i", body, at)
        at += 4
        values.append(None if size < 0 else body[at:at + size].decode("utf-8", "replace"))
        at += max(size, 0)
    return values


class Connection:
    """One session. Use with `async with await connect(…)`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def __aenter__(self) -> "Connection":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        try:
            self._writer.write(message(b"X", b""))
            self._writer.close()
            await asyncio.wait_for(self._writer.wait_closed(), 2)
        except (OSError, TimeoutError):
            pass

    def abandon(self) -> None:
        """Without a farewell: nobody reads what is still to come."""
        self._writer.close()

    async def _receive(self) -> tuple[bytes, bytes]:
        head = await self._reader.readexactly(5)
        return head[:1], await self._reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)

    async def log_in(self, user: str, database: str, password: str) -> None:
        self._writer.write(startup_message(user, database))
        scram: _Scram | None = None
        while True:
            kind, body = await self._receive()
            if kind == b"E":
                raise PostgresError(error_fields(body))
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            (method,) = struct.unpack_from("!i", body)
            if method == 3:
                self._writer.write(message(b"p", password.encode() + b"\0"))
            elif method == 10:
                scram = _Scram(password)
                first = scram.first()
                self._writer.write(message(b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first))
            elif method == 11 and scram is not None:
                self._writer.write(message(b"p", scram.final(body[4:])))
            elif method not in (0, 12):
                raise PostgresError({"M": f"authentication method {method} is not supported", "C": "08P01"})

    async def query(self, sql: str, copied: str | None = None) -> list[list[str | None]]:
        """Rows of all statements together; `copied` is what a COPY FROM STDIN gets. Reads to the end before it raises, so the session stays usable."""
        self._writer.write(message(b"Q", sql.encode() + b"\0"))
        rows: list[list[str | None]] = []
        failure: PostgresError | None = None
        while True:
            kind, body = await self._receive()
            if kind == b"D":
                rows.append(row_values(body))
            elif kind == b"E":
                failure = PostgresError(error_fields(body))
            elif kind == b"G" and copied is not None:
                self._writer.write(message(b"d", copied.encode()) + message(b"c", b""))
            elif kind == b"G":
                self._writer.write(message(b"f", b"COPY is not supported\0"))
            elif kind == b"Z":
                if failure is not None:
                    raise failure
                return rows


class _Scram:
    """SCRAM-SHA-256 (RFC 7677), client side, without channel binding."""

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._bare = "n=,r=" + base64.b64encode(os.urandom(18)).decode()

    def first(self) -> bytes:
        return ("n,," + self._bare).encode()

    def final(self, challenge: bytes) -> bytes:
        text = challenge.decode()
        parts = dict(item.split("=", 1) for item in text.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self._password, base64.b64decode(parts["s"]), int(parts["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        bare_final = "c=biws,r=" + parts["r"]
        signed = hmac.digest(hashlib.sha256(key).digest(), f"{self._bare},{text},{bare_final}".encode(), "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signed))
        return f"{bare_final},p={base64.b64encode(proof).decode()}".encode()


async def connect(address: str, user: str, database: str, password: str = "", timeout: float = 10) -> Connection:
    async with asyncio.timeout(timeout):
        while True:
            connection = Connection(*await open_address(address))
            try:
                await connection.log_in(user, database, password)
                return connection
            except PostgresError as error:
                await connection.close()
                if error.code != STARTING_UP:
                    raise
                await asyncio.sleep(0.02)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
