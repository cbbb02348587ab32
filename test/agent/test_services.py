import asyncio
import unittest

from agent_path import run
from inside.relay import Relay
from inside.services import any_login, empty, open_doors


class LoginTest(unittest.TestCase):
    def test_every_form_of_login_becomes_that_of_the_account_that_takes_any_password(self):
        for said, wanted in [
            (b"*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n", b"*3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$6\r\nsecret\r\n"),
            (b"*3\r\n$4\r\nauth\r\n$3\r\napp\r\n$2\r\npw\r\n", b"*3\r\n$4\r\nauth\r\n$7\r\ndefault\r\n$2\r\npw\r\n"),
            (b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$2\r\npw\r\n", b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$2\r\npw\r\n"),
        ]:
            self.assertEqual(any_login(said), wanted)
            self.assertEqual(any_login(said + b"*1\r\n$4\r\nPING\r\n"), wanted + b"*1\r\n$4\r\nPING\r\n")

    def test_what_is_no_login_stays_as_it_is(self):
        for said in [
            b"", b"PING\r\n", b"*1\r\n$4\r\nPING\r\n", b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n", b"*2\r\n$4\r\nAUTH\r\n$6\r\nsec", b"*99999\r\n$4\r\nAUTH\r\n",
            b"*x\r\n", b"\x16\x03\x01\x02\x00\x01", b"*4\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n", b"*2\r\n$-1\r\n$4\r\nAUTH\r\n",
        ]:
            self.assertEqual(any_login(said), said)


class DoorTest(unittest.TestCase):
    def test_doors_lead_to_the_server_and_a_taken_address_stays_its_owners(self):
        async def body():
            heard = []

            async def serve(reader, writer):
                while line := await reader.read(200):
                    heard.append(line)
                    writer.write(b"+OK\r\n")
                    await writer.drain()
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            taken = Relay("tcp:127.0.0.1:1")
            mine = await taken.open("tcp:127.0.0.1:0")
            service = {"server": f"tcp:127.0.0.1:{port}", "listen": [mine, "tcp:127.0.0.1:0"]}
            doors = await open_doors([service])
            self.assertEqual(len(doors), 1)
            reader, writer = await asyncio.open_connection("127.0.0.1", int(doors[0].address.rpartition(":")[2]))
            writer.write(b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n")
            self.assertEqual(await reader.readline(), b"+OK\r\n")
            writer.write(b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n")
            await reader.readline()
            await empty([service, service])
            writer.close()
            for relay in [*doors, taken]:
                await relay.close()
            server.close()
            # Only the first command is looked at; and one server is emptied once.
            self.assertEqual(heard, [b"*3\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$2\r\npw\r\n", b"*2\r\n$4\r\nAUTH\r\n$2\r\npw\r\n", b"*1\r\n$8\r\nFLUSHALL\r\n"])

        run(body())


if __name__ == "__main__":
    unittest.main()
