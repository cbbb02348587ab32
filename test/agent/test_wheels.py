import asyncio
import unittest

import agent_path  # noqa: F401
from inside.wheels import missing_wheel


class FakeUv:
    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    async def run(self, *arguments, heard, limit=None):
        self.asked.append(arguments)
        code, said = self.answers.pop(0)
        heard("stderr", said.encode())
        return {"code": code}


NONE = "cause: Because pydantic-core==2.20.1 has no usable wheels and pydantic==2.8.2 depends on pydantic-core==2.20.1, we can conclude"
SYNC = "error: Distribution `pydantic-core==2.27.2 @ registry+https://host/simple` can't be installed because it is marked as `--no-build` but has no binary distribution"


class MissingWheelTest(unittest.TestCase):
    def ask(self, uv, *arguments):
        return asyncio.run(missing_wheel(uv, arguments, "/env/bin/python"))

    def test_wheels_are_all_it_takes(self):
        uv = FakeUv((0, ""))
        self.assertIsNone(self.ask(uv, "pip", "install", "-r", "requirements.txt"))
        self.assertEqual(uv.asked, [("pip", "install", "-r", "requirements.txt", "--dry-run", "--only-binary", ":all:")])

    def test_other_versions_have_a_wheel(self):
        uv = FakeUv((1, NONE), (0, ""))
        self.assertEqual(self.ask(uv, "pip", "install", "-r", "requirements.txt"), "pydantic-core==2.20.1")
        self.assertEqual(uv.asked[1][-1], "pydantic-core")

    def test_a_package_that_never_has_wheels_may_take_its_time(self):
        self.assertIsNone(self.ask(FakeUv((1, NONE), (1, "no wheels")), "pip", "install", "psycopg2"))

    def test_a_lock_is_asked_in_its_own_way(self):
        uv = FakeUv((1, SYNC), (0, ""))
        self.assertEqual(self.ask(uv, "sync", "--frozen"), "pydantic-core==2.27.2")
        self.assertIn("--no-build", uv.asked[0])

    def test_another_failure_says_nothing_about_wheels(self):
        self.assertIsNone(self.ask(FakeUv((2, "error: Failed to parse")), "pip", "install", "-r", "requirements.txt"))


if __name__ == "__main__":
    unittest.main()
