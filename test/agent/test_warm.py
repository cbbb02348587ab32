"""A fork of the warm process against a cold start of the same program, in an environment of made-up packages."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

from agent_path import AGENT, run
from inside import processes
from inside.between import Between
from inside.trusted_boot import boot

# What a server is for these tests: a package of the environment that imports the app's module and then says what it sees.
SERVER = """
import importlib, json, os, sys
import plain
importlib.import_module(sys.argv[1])
print(json.dumps({"argv": sys.argv[1:], "path": sys.path[0], "cwd": os.getcwd(), "leader": os.getsid(0) == os.getpid(), "name": __name__,
                  "parent": os.getppid(), "variables": dict(os.environ), "stdin": os.read(0, 1).decode()}))
"""
PACKAGES = {
    "server/__init__.py": "", "server/__main__.py": SERVER,
    "plain/__init__.py": "from . import part\n", "plain/part.py": "", "plain/extra.py": "",
    "loud/__init__.py": "import sys\nprint('loud says hello')\nprint('loud warns', file=sys.stderr)\n",
    "reads/__init__.py": "import os\nMODE = os.environ.get('READS_MODE', 'none')\n",
    "thread/__init__.py": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
    "opens/__init__.py": "import socket\nSOCKET = socket.socket()\n",
    "config/__init__.py": "import pathlib\nTEXT = pathlib.Path('settings.ini').read_text()\n",
    "needs/__init__.py": "import sys\nif 'app' not in sys.modules:\n    raise RuntimeError('the app comes first')\n",
    "sets/__init__.py": "import os\nos.environ.setdefault('SETS', 'by the package')\n",
}


@unittest.skipUnless(sys.platform == "linux", "forks are adopted and watched through Linux's means")
class WarmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        processes.adopt_orphans()
        cls.environment = tempfile.mkdtemp(prefix="warm-env-")
        cls.addClassCleanup(shutil.rmtree, cls.environment)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", cls.environment], check=True)
        packages = os.path.join(cls.environment, "lib", f"python3.{sys.version_info[1]}", "site-packages")
        for name, text in PACKAGES.items():
            write(packages, name, text)

    def setUp(self):
        self.tree = tempfile.mkdtemp(prefix="warm-tree-")
        self.addCleanup(shutil.rmtree, self.tree)

    def command(self, fork, **more):
        return {
            "tree": self.tree, "environment": self.environment, "command": ["python", "-m", "server", "app", "--flag"], "cwd": ".", "pythonPath": [],
            "env": {"A": "1"}, "port": 1, "healthPaths": ["/"], "instrument": True, "fork": "now" if fork else "later", "routes": [], "bootTimeout": 10, "settle": 0,
            "outside": False, "home": self.tree, **more,
        }

    def boots(self, *steps):
        """The outputs of boots in one place. A step is a command, or something to do between two boots."""
        async def nobody(_port, _path):
            return []

        async def scene():
            between, outputs = Between(None), []
            try:
                for step in steps:
                    if isinstance(step, dict):
                        outputs.append(await boot(step, lambda _: None, nobody, between))
                    else:
                        step()
            finally:
                await between.close()
            return outputs

        outputs = run(scene(), 60)
        self.assertEqual([pid for pid, state in processes.descendants(os.getpid()).items() if state not in "ZX"], [])
        return outputs

    def app(self, text):
        write(self.tree, "app.py", text)

    def twice(self, text):
        """What a cold start and a fork of the same app print, after one that taught."""
        self.app(text)
        _, forked, cold = self.boots(self.command(True), self.command(True), self.command(False))
        return cold, forked

    def assert_forked(self, output):
        self.assertEqual(output["start"], {"how": "fork"}, lines(output))

    def assert_cold(self, output, why):
        self.assertEqual(output["start"]["how"], "cold", lines(output))
        self.assertRegex(output["start"]["why"], why)

    def test_sees_what_a_cold_start_sees(self):
        cold, forked = self.twice("import plain\n")
        self.assert_forked(forked)
        self.assertIn('"parent": %d' % os.getpid(), "".join(lines(forked)))
        self.assertEqual(lines(forked), lines(cold))
        self.assertEqual((forked["exit"], forked["stage"]), (cold["exit"], cold["stage"]))

    def test_prints_the_same_traceback_and_ends_in_the_same_way(self):
        cold, forked = self.twice("import plain, missing_altogether\n")
        self.assert_forked(forked)
        self.assertIn("ModuleNotFoundError: No module named 'missing_altogether'", lines(forked))
        self.assertEqual(lines(forked), lines(cold))
        self.assertEqual((forked["exit"], cold["exit"]), ({"code": 1}, {"code": 1}))

    def test_a_hang_is_named_and_ended_as_in_a_cold_start(self):
        self.app("import plain, time\ndef wait():\n    time.sleep(60)\nwait()\n")
        slow = {"bootTimeout": 1}
        _, forked, cold = self.boots(self.command(True, **slow), self.command(True, **slow), self.command(False, **slow))
        self.assert_forked(forked)
        self.assertEqual((forked["markers"]["timedOut"], forked["exit"]), (True, None))
        self.assertEqual(forked["hang"], cold["hang"])
        self.assertIn("wait", [frame["function"] for frame in forked["hang"][0]["frames"]])

    def test_a_signal_is_not_told_from_a_fork_alone(self):
        self.app("import plain\n")
        kill = "import plain, os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n"
        _, forked = self.boots(self.command(True), lambda: self.app(kill), self.command(True))
        self.assert_cold(forked, "without a word")
        self.assertEqual(forked["exit"], {"signal": "SIGSEGV"})

    def test_what_imports_print_is_printed_by_each_fork(self):
        cold, forked = self.twice("import loud\n")
        self.assert_forked(forked)
        self.assertEqual(sorted(lines(forked)), sorted(lines(cold)))
        self.assertIn("loud warns", lines(forked))

    def test_what_a_package_sets_is_set(self):
        cold, forked = self.twice("import sets\n")
        self.assert_forked(forked)
        self.assertEqual(lines(forked), lines(cold))

    def test_stops_before_a_package_that_a_fork_would_share_or_lose(self):
        for package, shown in (("thread", "import threading\nSAW = threading.active_count()\nprint('threads', SAW)\n"),
                               ("opens", "import opens\nprint('open', opens.SOCKET.fileno() > 2)\n"), ("config", "import config\nprint(config.TEXT)\n")):
            with self.subTest(package):
                write(self.tree, "settings.ini", "first")
                self.app(f"import plain, {package}\n{shown}")
                _, forked, cold = self.boots(self.command(True), lambda: write(self.tree, "settings.ini", "second"), self.command(True), self.command(False))
                self.assert_forked(forked)
                self.assertEqual(lines(forked), lines(cold))

    def test_a_package_that_cannot_be_imported_alone_is_left_to_the_app(self):
        cold, forked = self.twice("import needs, plain.extra\n")
        self.assert_forked(forked)
        self.assertEqual(lines(forked), lines(cold))

    def test_a_variable_that_packages_read_makes_it_cold_and_another_does_not(self):
        self.app("import reads, os\nprint('mode', reads.MODE, 'other', os.environ.get('OTHER'))\n")
        _, other, mode = self.boots(self.command(True), self.command(True, env={"A": "1", "OTHER": "new"}), self.command(True, env={"A": "1", "READS_MODE": "fast"}))
        self.assert_forked(other)
        self.assertIn("mode none other new", lines(other))
        self.assert_cold(mode, "READS_MODE")
        self.assertIn("mode fast other None", lines(mode))

    def test_an_app_that_sets_what_packages_read_is_started_cold(self):
        cold, forked = self.twice("import os\nos.environ['READS_MODE'] = 'app'\nimport reads\nprint('mode', reads.MODE)\n")
        self.assert_cold(forked, "the app sets READS_MODE")
        self.assertIn("mode app", lines(forked))

    def test_an_app_that_silences_loggers_is_started_cold(self):
        silences = "import logging.config\nimport logs\nlogging.config.dictConfig({'version': 1})\n"
        packages = os.path.join(self.environment, "lib", f"python3.{sys.version_info[1]}", "site-packages")
        write(packages, "logs/__init__.py", "import logging\nlogging.getLogger(__name__)\n")
        _, forked = self.twice(silences)
        self.assert_cold(forked, "silences the logger logs")

    def test_a_file_that_shadows_a_package_is_seen(self):
        self.app("import plain\nprint('from', plain.__file__.rpartition('/')[0].rpartition('/')[2])\n")
        _, before, after = self.boots(self.command(True), self.command(True), lambda: write(self.tree, "plain.py", ""), self.command(True))
        self.assert_forked(before)
        self.assert_cold(after, "plain in the tree has come or gone")
        self.assertNotEqual(lines(before), lines(after))

    def test_a_submodule_that_nobody_imports_any_more_is_missed(self):
        uses = "import plain\nprint('used', plain.extra.__name__)\n"
        self.app("import plain.extra\n" + uses)
        _, before, after = self.boots(self.command(True), self.command(True), lambda: self.app(uses), self.command(True))
        self.assert_forked(before)
        self.assert_cold(after, "does not import plain.extra any more")
        self.assertIn("AttributeError: module 'plain' has no attribute 'extra'", lines(after))

    def test_a_folder_that_the_app_adds_to_its_path_is_seen(self):
        write(self.tree, "own/plain.py", "OWN = True\n")
        text = "import sys, os\nsys.path.insert(0, os.path.join(os.getcwd(), 'own'))\nimport plain\n"
        _, forked = self.twice(text)
        self.assert_cold(forked, "adds .*own to its path")

    def test_nothing_outlives_a_killed_agent(self):
        self.app("import plain\n1 / 0\n")
        agent = subprocess.Popen(
            [sys.executable, "-I", os.path.join(AGENT, "agent.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(agent.stdout.close)
        self.addCleanup(agent.stdin.close)

        def ask(number):
            agent.stdin.write(json.dumps({"type": "boot", "id": number, **self.command(True)}) + "\n")
            agent.stdin.flush()

        def hear(wanted):
            return next(event for line in agent.stdout if (event := json.loads(line)).get("type") == wanted)

        ask(1)
        hear("result")
        self.app("import plain, os, time\nprint('here is', os.getpid(), flush=True)\ntime.sleep(60)\n")
        ask(2)
        app = int(hear("line")["line"]["text"].split()[-1])
        below = [pid for pid in processes.descendants(agent.pid)]
        self.assertEqual((app in below, len(below)), (True, 2), "the warm process and its fork")
        agent.kill()
        agent.wait()
        until = time.monotonic() + 5
        while any(processes.process_table().get(pid, (0, "Z"))[1] not in "ZX" for pid in below) and time.monotonic() < until:
            time.sleep(0.02)
        table = processes.process_table()
        self.assertEqual([pid for pid in below if table.get(pid, (0, "Z"))[1] not in "ZX"], [])

    def test_another_command_or_folder_starts_cold(self):
        self.app("import plain\n")
        os.mkdir(os.path.join(self.tree, "sub"))
        write(self.tree, "sub/app.py", "import plain\n")
        _, command, folder = self.boots(
            self.command(True), self.command(True, command=["python", "-m", "server", "app"]), self.command(True, cwd="sub"))
        self.assert_cold(command, "no warm process")
        self.assert_cold(folder, "no warm process")

    def test_reload_and_workers_are_never_forked(self):
        self.app("import plain\n")
        command = self.command(True, command=["python", "-m", "server", "app", "--workers", "1"])
        _, second = self.boots(command, command)
        self.assert_cold(second, "plain start")

    def test_a_sitecustomize_of_the_app_is_run_by_no_warm_process(self):
        write(self.tree, "own/sitecustomize.py", "VALUE = 'first'\n")
        self.app("import plain, sitecustomize\nprint(sitecustomize.VALUE)\n")
        _, second = self.boots(
            self.command(True, pythonPath=["own"]), lambda: write(self.tree, "own/sitecustomize.py", "VALUE = 'second'\n"), self.command(True, pythonPath=["own"]))
        self.assert_cold(second, "no warm process")
        self.assertIn("second", lines(second))

    def test_learns_more_from_each_attempt(self):
        self.app("import plain\n1 / 0\n")
        more = "import plain, loud\nprint('there')\n"
        _, first, second = self.boots(self.command(True), lambda: self.app(more), self.command(True), self.command(True))
        self.assert_forked(first)
        self.assert_forked(second)
        self.assertEqual(lines(first).count("loud says hello"), 1)
        self.assertEqual(sorted(lines(first)), sorted(lines(second)))


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(textwrap.dedent(text))


def lines(output):
    return [line["text"] for line in output["lines"]]


if __name__ == "__main__":
    unittest.main()
