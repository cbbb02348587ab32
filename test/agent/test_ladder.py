import asyncio
import unittest

from agent_path import AGENT, run  # noqa: F401 puts the agent on the path
from inside.ladder import Ladder
from inside.log import LogBook


class FakeSeen:
    """What the ladder writes to; only that."""

    def __init__(self, command):
        self.command, self.book = command, LogBook(lambda line: None, 0.0)
        self.stage, self.probes, self.routes, self.tables = "bind", [], [], []


class Server:
    """Answers with the status that a path has, 404 for all others."""

    def __init__(self, statuses):
        self.statuses = statuses

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        status = self.statuses.get(head.split(b" ")[1].decode(), 404)
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\n\r\nok".encode())
        writer.close()


async def health_path(statuses, health_paths, routes, find_health):
    async with Server(statuses) as server:
        seen = FakeSeen({"port": server.port, "healthPaths": health_paths, "findHealth": find_health, "routes": routes})
        path = await Ladder(seen, None, None, None, lambda event: None, None, False)._until_healthy("127.0.0.1")
        return path, [probe["path"] for probe in seen.probes]


class HealthPathTest(unittest.TestCase):
    STATUSES = {"/books": 403, "/api/openapi.json": 200, "/open": 200, "/broken": 500}

    def test_the_apps_own_routes_are_asked_when_none_of_the_code_answers(self):
        path, asked = run(health_path(self.STATUSES, ["/books", "/openapi.json"], ["/api/openapi.json", "/books", "/open", "/docs", "/x/{id}"], True))
        self.assertEqual((path, asked), ("/open", ["/books", "/openapi.json", "/open"]))

    def test_the_description_of_the_interface_comes_last(self):
        path, _ = run(health_path(self.STATUSES, ["/books"], ["/api/openapi.json", "/gone"], True))
        self.assertEqual(path, "/api/openapi.json")

    def test_a_named_health_path_is_the_only_one(self):
        self.assertEqual(run(health_path(self.STATUSES, ["/books"], ["/open"], False)), (None, ["/books"]))

    def test_a_route_that_breaks_ends_the_search(self):
        path, asked = run(health_path(self.STATUSES, ["/books"], ["/broken", "/open"], True))
        self.assertEqual((path, asked), (None, ["/books", "/broken"]))


if __name__ == "__main__":
    unittest.main()
