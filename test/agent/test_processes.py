import asyncio
import os
import sys
import tempfile
import time
import unittest

from agent_path import run
from inside import processes
from inside.processes import Child, end

# Ignores SIGTERM, and forks twice into a session of its own: nobody's child any more.
STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(300)
    os._exit(0)
time.sleep(300)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class ChildTest(unittest.TestCase):
    def setUp(self):
        self.heard = []
        processes.adopt_orphans()

    def child(self, program, *arguments):
        return Child([sys.executable, "-c", program, *arguments], cwd="/", env={}, heard=lambda stream, data: self.heard.append((stream, data)))

    def test_streams_are_apart_and_the_end_is_known_after_the_last_word(self):
        async def scene():
            child = self.child("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
            await child.dead.wait()
            child.close()
            return child.exit

        self.assertEqual(run(scene()), {"code": 3})
        self.assertEqual(sorted(self.heard), [("stderr", b"err\n"), ("stdout", b"out\n")])

    def test_a_signal_has_its_name(self):
        async def scene():
            child = self.child("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
            await child.dead.wait()
            child.close()
            return child.exit

        self.assertEqual(run(scene()), {"signal": "SIGSEGV"})

    @unittest.skipUnless(sys.platform == "linux", "orphans are found through /proc")
    def test_kills_what_ignores_sigterm_and_what_forked_away(self):
        with tempfile.TemporaryDirectory() as folder:
            note = os.path.join(folder, "pid")

            async def scene():
                child = self.child(STUBBORN, note)
                while not os.path.exists(note) or not open(note).read():
                    await asyncio.sleep(0.01)
                orphan = int(open(note).read())
                self.assertTrue(alive(orphan))
                begun = time.monotonic()
                await end(child, 0.2)
                return child, orphan, time.monotonic() - begun

            child, orphan, seconds = run(scene())
        self.assertEqual(child.exit, {"signal": "SIGKILL"})
        self.assertFalse(alive(orphan))
        self.assertFalse(alive(child.pid))
        self.assertLess(seconds, 3)

    @unittest.skipUnless(sys.platform == "linux", "descendants are found through /proc")
    def test_trusted_services_survive_the_sweep(self):
        async def scene():
            service, child = self.child("import time; time.sleep(300)"), self.child("import time; time.sleep(300)")
            processes.trusted.add(service.pid)
            await end(child, 0)
            survived = service.alive
            processes.trusted.clear()
            await end(service, 0)
            return survived

        self.assertTrue(run(scene()))

    def test_a_child_that_obeys_sigterm_is_not_killed(self):
        async def scene():
            child = self.child("import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nprint('ready', flush=True)\ntime.sleep(300)")
            while not self.heard:
                await asyncio.sleep(0.01)
            await end(child, 5)
            return child.exit

        self.assertEqual(run(scene()), {"code": 5})


if __name__ == "__main__":
    unittest.main()
