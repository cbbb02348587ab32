import asyncio
import unittest

import agent_path  # noqa: F401
from inside.compiling import Answer, Compiler, Wanted


class Slow(Compiler):
    """An index on which `a` has no wheel; the questions that are asked at once come back in the opposite order."""

    async def _call(self, wanted, whole=True):
        allowed = "a" in self.sources
        await asyncio.sleep(0.02 if wanted.lowest == ["first"] else 0)
        return Answer({"a": "1"}) if allowed else Answer(None, "hint: Wheels are required for `a` because building from source is disabled for all packages")


class AtOnce(unittest.TestCase):
    def test_one_question_does_not_take_the_escape_of_another(self):
        async def ask():
            compiler = Slow(None, "python", 60.0)
            return await asyncio.gather(*(compiler.ask(Wanted([name])) for name in ("first", "second", "third")))
        self.assertEqual([answer.versions for answer in asyncio.run(ask())], [{"a": "1"}] * 3)


if __name__ == "__main__":
    unittest.main()
