import asyncio
import json
import os
import sys
import tempfile
import unittest

from agent_path import AGENT, run
from inside import watching
from inside.processes import Child, end
from inside.watching import Watch

HANGS = """
import asyncio, contextlib
async def connect():
    await asyncio.sleep(300)
async def numbers():
    await connect()
    yield 1
@contextlib.asynccontextmanager
async def lifespan():
    async for number in numbers():
        yield number
async def main():
    async with lifespan():
        pass
print('ready', flush=True)
asyncio.run(main())
"""

QUIET = """
import json, os, subprocess, sys
child = subprocess.run([sys.executable, '-c', 'import json, os, sys; print(json.dumps([os.environ.get("BOOT_CHECK_WATCH"), os.environ.get("PYTHONPATH")]))'],
                       capture_output=True, text=True)
fork = os.fork()
if fork == 0:
    os._exit(0)
os.waitpid(fork, 0)
print(json.dumps([os.environ.get('BOOT_CHECK_WATCH'), os.environ.get('PYTHONPATH'), any('watch' in entry for entry in sys.path),
                  getattr(sys, 'chained', False), json.loads(child.stdout), 'json' in before]), flush=True)
"""


class WatchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder, self.said = folder.name, b""

    def hear(self, stream, data):
        # From 3.12 on a fork in `__main__` warns on stderr that there is a second thread; elsewhere that warning is silent.
        if stream == "stdout":
            self.said += data

    async def watched(self, program, scene):
        watch = Watch()
        path = os.pathsep.join([os.path.join(AGENT, "watch"), self.folder])
        env = {"PYTHONPATH": path, "BOOT_CHECK_WATCH": str(watch.fd)}
        child = Child([sys.executable, "-c", program], cwd="/", env=env, heard=self.hear, fds=[watch.fd])
        watch.started()
        try:
            return await scene(watch, child)
        finally:
            watch.close()
            await end(child, 0)

    def test_names_the_innermost_awaiting_line_through_generators_and_context_managers(self):
        async def scene(watch, child):
            while b"ready" not in self.said:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            return watching.stacks(await watch.ask("dump", 5))

        stacks = run(self.watched(HANGS, scene))
        [task] = [stack for stack in stacks if stack["kind"] == "task"]
        functions = [frame["function"] for frame in task["frames"]]
        wanted = ["main", "lifespan", "numbers", "connect", "sleep"]
        self.assertEqual([name for name in functions if name in wanted], wanted)
        self.assertEqual([frame["line"] for frame in task["frames"] if frame["function"] == "connect"], [4])
        self.assertIn("MainThread", [stack["name"] for stack in stacks if stack["kind"] == "thread"])

    def test_leaves_no_trace_and_gives_way_to_another_sitecustomize(self):
        with open(os.path.join(self.folder, "sitecustomize.py"), "w") as file:
            file.write("import sys\nsys.chained = True\n")

        async def scene(_watch, child):
            await child.dead.wait()
            return child.exit

        self.assertEqual(run(self.watched("import sys; before = set(sys.modules)\n" + QUIET, scene)), {"code": 0}, self.said)
        variable, path, on_path, chained, inner, _ = json.loads(self.said)
        self.assertEqual((variable, path, on_path, chained), (None, self.folder, False, True))
        self.assertEqual(inner, [None, self.folder])

    def test_a_dead_process_answers_nothing_at_once(self):
        async def scene(watch, child):
            await child.dead.wait()
            return await watch.ask("report", 20)

        self.assertEqual(run(self.watched("pass", scene), 10), {})

    def test_lies_from_the_process_are_cut_to_shape(self):
        self.assertEqual(watching.routes({"routes": [{"path": 7}, "x", {"path": "/a", "methods": "GET"}]}), [{"path": "/a", "methods": []}])
        self.assertEqual(watching.routes({"routes": "all"}), [])
        self.assertEqual(watching.engines({"engines": [{"url": "u", "ok": "yes"}, 3]}), [{"url": "u", "ok": False}])
        self.assertEqual(watching.stacks({"stacks": [{"kind": "task"}, None]}), [])


if __name__ == "__main__":
    unittest.main()
