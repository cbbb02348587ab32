import asyncio
import struct
import unittest

from agent_path import run
from inside import postgres
from inside.postgres import PostgresError, connect, error_fields, literal, message, quoted, row_values, startup_message


def row(*values):
    body = struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return body


class MessageTest(unittest.TestCase):
    def test_startup(self):
        built = startup_message("me", "db")
        self.assertEqual(struct.unpack_from("!ii", built), (len(built), 196608))
        self.assertTrue(built.startswith(built[:8] + b"user\0me\0database\0db\0"))
        self.assertTrue(built.endswith(b"\0\0"))

    def test_typed_message(self):
        self.assertEqual(message(b"Q", b"SELECT 1\0"), b"Q\0\0\0\x0dSELECT 1\0")

    def test_row_with_null(self):
        self.assertEqual(row_values(row(b"1", None, "ä".encode())), ["1", None, "ä"])

    def test_error(self):
        self.assertEqual(error_fields(b"SERROR\0C42P01\0Mrelation is gone\0\0")["M"], "relation is gone")

    def test_quoting_cannot_be_left(self):
        self.assertEqual(quoted('a"b'), '"a""b"')
        self.assertEqual(literal("it's a \\ back"), "E'it\\'s a \\\\ back'")

    def test_scram_answers_the_example_of_rfc_7677(self):
        scram = postgres._Scram("pencil")
        scram._bare = "n=user,r=rOprNGfwEbeRWgbNEkqO"
        final = scram.final(b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        self.assertTrue(final.endswith(b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="))


class Server:
    """Says written answers, and notes what it heard."""

    def __init__(self, *logins):
        self.logins, self.heard = list(logins), []

    async def serve(self, reader, writer):
        size = struct.unpack("!i", await reader.readexactly(4))[0]
        self.heard.append(await reader.readexactly(size - 4))
        for answer in self.logins.pop(0):
            writer.write(answer)
        while head := await reader.read(5):
            body = await reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
            self.heard.append(head[:1] + body)
            if head[:1] == b"Q" and b"broken" in body:
                writer.write(message(b"E", b"SERROR\0C42601\0Msyntax error\0\0") + message(b"Z", b"I"))
            elif head[:1] == b"Q":
                writer.write(message(b"T", b"\0\0") + message(b"D", row(b"7")) + message(b"C", b"SELECT 1\0") + message(b"Z", b"I"))
            elif head[:1] == b"p":
                writer.write(message(b"R", b"\0\0\0\0") + message(b"Z", b"I"))


class ConnectionTest(unittest.TestCase):
    def talk(self, server, scene):
        async def play():
            async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
                port = listening.sockets[0].getsockname()[1]
                return await scene(f"tcp:127.0.0.1:{port}")

        return run(play())

    def test_logs_in_with_a_password_and_reads_rows(self):
        server = Server([message(b"R", b"\0\0\0\x03")])

        async def scene(address):
            async with await connect(address, "me", "db", "s3cret") as connection:
                return await connection.query("SELECT 7")

        self.assertEqual(self.talk(server, scene), [["7"]])
        self.assertEqual(server.heard[1:3], [b"ps3cret\0", b"QSELECT 7\0"])

    def test_a_failed_query_raises_and_leaves_the_session_usable(self):
        server = Server([message(b"R", b"\0\0\0\0") + message(b"Z", b"I")])

        async def scene(address):
            async with await connect(address, "me", "db") as connection:
                with self.assertRaisesRegex(PostgresError, "syntax error") as caught:
                    await connection.query("broken")
                return caught.exception.code, await connection.query("SELECT 7")

        self.assertEqual(self.talk(server, scene), ("42601", [["7"]]))

    def test_waits_for_a_server_that_is_starting_up(self):
        starting = message(b"E", b"SFATAL\0C57P03\0Mthe database system is starting up\0\0")
        server = Server([starting], [message(b"R", b"\0\0\0\0") + message(b"Z", b"I")])

        async def scene(address):
            async with await connect(address, "me", "db") as connection:
                return await connection.query("SELECT 7")

        self.assertEqual(self.talk(server, scene), [["7"]])

    def test_a_refused_login_is_an_error_with_its_code(self):
        server = Server([message(b"E", b"SFATAL\0C28P01\0Mpassword authentication failed\0\0")])

        async def scene(address):
            with self.assertRaises(PostgresError) as caught:
                await connect(address, "me", "db")
            return caught.exception.code

        self.assertEqual(self.talk(server, scene), "28P01")


if __name__ == "__main__":
    unittest.main()
