"""Services beside the database: a Redis that the agent serves, and the doors under which the app finds it.

The server itself listens where only doors lead, takes every login and keeps nothing on disk. A door is a relay that reads one command: the
login with which a connection begins. Whatever password the app's settings name is right, as it is for Postgres.
"""
from __future__ import annotations

import asyncio

from .relay import Relay, open_address

# What a client sends first is small; a longer command is none of ours to understand.
LONGEST_LOGIN = 4_096


def any_login(data: bytes) -> bytes:
    """The first bytes of a connection with its login made that of the one account that takes any password."""
    words, rest = _command(data)
    name = words[0].upper() if words else b""
    if name == b"AUTH" and len(words) in (2, 3):
        words = [words[0], b"default", words[-1]]
    elif name == b"HELLO":
        at = next((index for index, word in enumerate(words) if word.upper() == b"AUTH"), len(words))
        if at + 2 >= len(words):
            return data
        words[at + 1] = b"default"
    else:
        return data
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words) + rest


def _command(data: bytes) -> tuple[list[bytes], bytes]:
    """`*2\\r\\n$4\\r\\nAUTH\\r\\n$2\\r\\npw\\r\\n…` → ([AUTH, pw], …); nothing when it is not whole, or no array of strings."""
    head, _, rest = data.partition(b"\r\n")
    if not head[:1] == b"*" or not head[1:].isdigit() or int(head[1:]) > 20:
        return [], data
    words = []
    for _ in range(int(head[1:])):
        size, _, rest = rest.partition(b"\r\n")
        if not size[:1] == b"$" or not size[1:].isdigit() or int(size[1:]) > LONGEST_LOGIN or len(rest) < int(size[1:]) + 2:
            return [], data
        words.append(rest[:int(size[1:])])
        rest = rest[int(size[1:]) + 2:]
    return words, rest


async def open_doors(services: list[dict]) -> list[Relay]:
    """Relays on every address where the app looks for a service. One that somebody else has already stays theirs."""
    opened = []
    for service in services:
        for listen in service["listen"]:
            relay = Relay(service["server"], first=any_login)
            try:
                await relay.open(listen)
            except OSError:
                continue
            opened.append(relay)
    return opened


async def empty(services: list[dict]) -> None:
    """A boot begins without the last one's keys."""
    for server in dict.fromkeys(service["server"] for service in services):
        reader, writer = await open_address(server)
        writer.write(b"*1\r\n$8\r\nFLUSHALL\r\n")
        async with asyncio.timeout(5):
            await reader.readline()
        writer.close()
