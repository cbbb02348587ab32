import asyncio
import unittest

import agent_path  # noqa: F401
from inside.compiling import Answer
from inside.installing_versions import Installing
from inside.version_words import same, with_bounds


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
    return asyncio.run(Installing(question, compiler).install())


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


class Frozen(FakeCompiler):
    """`old` compiles in no version; `tool` 1.0 wants it, and `tool` 2.0 does not."""

    def __init__(self, builds=(), given_up=False, only="tool", moves=False):
        super().__init__([])
        self.moves = moves
        self.sources, self.good, self.given_up, self.only = {"old"}, set(builds), given_up, only

    async def ask(self, wanted, strict=False):
        self.asked.append(wanted)
        lines = [*wanted.lowest, *wanted.newest]
        excluded = "old<0" in wanted.constraints
        versions = {line.split("=")[0].rstrip(">"): "1.0" for line in lines}
        if excluded and ("old" in versions or "tool==1.0" in lines):
            return Answer(None, "conflict")
        if excluded or self.moves and "tool==1.0" not in lines and "tool" in versions:
            versions["tool"] = "2.0"
        elif self.only in versions:
            versions["old"] = "1.0"
        return Answer(versions)

    async def alone(self, line, before=None):
        return Answer({"old": "1.5"})

    async def builds(self, name, version):
        return None if version in self.good else "boot-check: stopped after 90 s" if self.given_up else "does not build"


class HopelessTest(unittest.TestCase):
    def test_what_builds_in_no_version_goes_and_what_wants_it_moves(self):
        [answer, *_] = install(Frozen(), "a", "old", "tool")
        self.assertEqual((answer["drops"], answer["moves"]), (["old"], [{"name": "tool", "to": "2.0"}]))

    def test_what_only_the_written_version_of_another_wanted_goes_too(self):
        [answer, *_] = install(Frozen(moves=True), "a", "old", "tool")
        self.assertEqual((answer["drops"], answer["moves"]), (["old"], [{"name": "tool", "to": "2.0"}]))

    def test_what_the_manifest_does_not_name_is_left_out_the_same_way(self):
        question = {"goal": "install", "bounds": [bound("tool")], "free": [], "constraints": [], "suspects": [], "failed": ["old"]}
        [answer, *_] = asyncio.run(Installing(question, Frozen()).install())
        self.assertEqual(answer["moves"], [{"name": "tool", "to": "2.0"}])
        self.assertNotIn("drops", answer)

    def test_what_builds_in_one_version_stays(self):
        for version in ("1.0", "1.5"):
            self.assertFalse([answer for answer in install(Frozen(builds=[version]), "old", "tool") if answer.get("drops")])

    def test_a_build_that_was_given_up_is_not_hopeless(self):
        self.assertFalse([answer for answer in install(Frozen(given_up=True), "old", "tool") if answer.get("drops")])

    def test_what_nobody_else_wants_stays(self):
        self.assertFalse([answer for answer in install(Frozen(only="nobody"), "old", "tool") if answer.get("drops")])

    def test_what_the_tree_imports_stays(self):
        question = {"goal": "install", "bounds": [bound("old", used=True), bound("tool")], "free": [], "constraints": [], "suspects": []}
        self.assertFalse([answer for answer in asyncio.run(Installing(question, Frozen()).install()) if answer.get("drops")])


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
