import asyncio
import os
import tempfile
import unittest

from agent_path import run
from inside.relay import Relay, open_address, parse_address


async def upper(reader, writer):
    while data := await reader.read(100):
        writer.write(data.upper())
        await writer.drain()
    writer.close()


async def exchange(address, text):
    reader, writer = await open_address(address)
    writer.write(text)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


class RelayTest(unittest.TestCase):
    def test_addresses(self):
        self.assertEqual(parse_address("tcp:db:5432"), ("tcp", "db", 5432))
        self.assertEqual(parse_address("tcp:[::1]:80"), ("tcp", "::1", 80))
        self.assertEqual(parse_address("unix:/run/x.sock"), ("unix", "/run/x.sock", 0))
        for wrong in ("db:5432", "tcp:db", "tcp:db:x"):
            with self.assertRaises(ValueError):
                parse_address(wrong)

    def test_forwards_both_ways_between_tcp_and_unix_and_counts(self):
        async def scene(folder):
            async with await asyncio.start_server(upper, "127.0.0.1", 0) as server:
                inner = Relay(f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}")
                path = await inner.open(f"unix:{folder}/relay.sock")
                outer = Relay(path)
                address = await outer.open("tcp:127.0.0.1:0")
                answers = await asyncio.gather(exchange(address, b"one"), exchange(address, b"x" * 200_000))
                await outer.close()
                await inner.close()
                return answers, outer.connections, inner.connections, os.path.exists(f"{folder}/relay.sock")

        with tempfile.TemporaryDirectory() as folder:
            (short, long), outer, inner, left = run(scene(folder))
        self.assertEqual((short, long), (b"ONE", b"X" * 200_000))
        self.assertEqual((outer, inner, left), (2, 2, False))

    def test_a_dead_target_counts_and_breaks_the_connection(self):
        async def scene():
            relay = Relay("unix:/nowhere/at/all.sock")
            address = await relay.open("tcp:127.0.0.1:0")
            reader, writer = await open_address(address)
            try:
                data = await reader.read()
            except ConnectionResetError:
                data = b""
            writer.close()
            await relay.close()
            return data, relay.connections, relay.accepted

        self.assertEqual(run(scene()), (b"", 1, 0))

    def test_sees_that_postgres_accepted_a_session(self):
        async def accepts(reader, writer):
            await reader.read(10)
            writer.write(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I")
            writer.close()

        async def scene():
            async with await asyncio.start_server(accepts, "127.0.0.1", 0) as server:
                relay = Relay(f"tcp:127.0.0.1:{server.sockets[0].getsockname()[1]}")
                await exchange(await relay.open("tcp:127.0.0.1:0"), b"startup")
                await relay.close()
                return relay.accepted

        self.assertEqual(run(scene()), 1)


if __name__ == "__main__":
    unittest.main()
