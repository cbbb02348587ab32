import asyncio
import unittest

import agent_path  # noqa: F401
from inside.compiling import Answer
from inside.resolve import Resolver, same, with_bounds


class FakeCompiler:
    """An index where `stuck` pins have no wheel, and `tied` ones go only together with the newer ones they name."""

    def __init__(self, stuck, tied=(), newest=None):
        self.stuck, self.tied, self.newest = set(stuck), dict(tied), newest or {}
        self.sources, self.asked = set(), []

    async def ask(self, wanted, strict=False):
        self.asked.append(wanted)
        pins = {line.split("==")[0]: line.split("==")[1] for line in wanted.lowest if "==" in line}
        for name in pins:
            if name in self.stuck:
                return Answer(None, f"{name} has no wheels")
            if self.tied.get(name) and self.tied[name] not in pins:
                return Answer(None, "conflict")
        lines = [line for line in (*wanted.lowest, *wanted.newest) if "==" not in line]
        moved = {line.split(">=")[0]: self.newest.get(line.split(">=")[0], "2.0") if line in wanted.lowest else "2.9" for line in lines}
        # What may move and need not, stays in its lowest version.
        return Answer(pins | {name: version if name in self.stuck or self.tied.get(name) else "1.0" for name, version in moved.items()})

    async def individually(self, lines):
        return {line for line in lines if line.split("==")[0] not in self.stuck}

    async def builds(self, name, version):
        return "does not build"


def bound(name, **more):
    return {"name": name, "written": f"{name}==1.0", "loose": f"{name}>=1.0", "bare": name, "exact": "1.0", "used": False, **more}


def install(compiler, *names):
    question = {"goal": "install", "bounds": [bound(name) for name in names], "free": [], "constraints": [], "suspects": []}
    return asyncio.run(Resolver(question, compiler).install())


class InstallTest(unittest.TestCase):
    def test_moves_what_has_no_wheel_and_nothing_else(self):
        [answer, *_] = install(FakeCompiler(["b", "d"]), "a", "b", "c", "d", "e")
        self.assertEqual(answer["moves"], [{"name": "b", "to": "2.0"}, {"name": "d", "to": "2.0"}])
        self.assertEqual((answer["goal"], answer["step"]), ("install", "lowest"))

    def test_moves_what_must_follow_another(self):
        [answer, *_] = install(FakeCompiler(["core"], tied={"model": "core"}), "a", "model", "core", "z")
        self.assertEqual([move["name"] for move in answer["moves"]], ["model", "core"])

    def test_says_what_the_resolver_said_when_there_is_no_way(self):
        class Hopeless(FakeCompiler):
            async def ask(self, wanted, strict=False):
                return Answer(None, "nothing fits")

        self.assertEqual(install(Hopeless([]), "a"), [{"goal": "install", "step": "lowest", "moves": [], "problem": "nothing fits"}])

    def test_few_calls_for_many_pins(self):
        compiler = FakeCompiler(["p3"])
        install(compiler, *(f"p{number}" for number in range(60)))
        self.assertLessEqual(len(compiler.asked), 6)


class VersionsTest(unittest.TestCase):
    def test_equal_versions_are_written_in_many_ways(self):
        for one, other in (("2.0", "2.0.0"), ("1.0.RC1", "1.0rc1"), ("v1.2", "1.2")):
            self.assertTrue(same(one, other))
        self.assertFalse(same("2.0", "2.0.1"))
        self.assertFalse(same("1.0", "10"))

    def test_limits_stand_before_the_marker(self):
        self.assertEqual(with_bounds("a[x]>=1 ; python_version > '3'", "<2"), "a[x]>=1,<2 ; python_version > '3'")
        self.assertEqual(with_bounds("a[x]", "<2"), "a[x]<2")


if __name__ == "__main__":
    unittest.main()
