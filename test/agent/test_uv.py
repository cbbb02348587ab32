import asyncio
import os
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.uv import Uv, usual_index

# Says what it was asked, and what its settings are.
FAKE = """#!/bin/sh
case "$*" in *--help) printf '  --default-index <DEFAULT_INDEX>\\n  The default package index (by default: <https://usual.invalid/simple>) [env: UV_DEFAULT_INDEX]\\n'; exit;; esac
echo "asked: $*"; echo "named: ${UV_DEFAULT_INDEX-nothing}"; cat "$HOME/.config/uv/uv.toml"
while [ $# -gt 0 ]; do [ "$1" = --config-file ] && { cmp "$2" "$HOME/.config/uv/uv.toml" && echo "the same file"; }; shift; done
"""


class IndexSettingsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = folder.name
        self.uv = os.path.join(self.at, "uv")
        with open(self.uv, "w") as file:
            file.write(FAKE)
        os.chmod(self.uv, 0o755)

    def say(self, *arguments, **env):
        async def run():
            uv = Uv({"uv": self.uv, "tree": self.at, "environment": f"{self.at}/env", "cache": f"{self.at}/cache", "env": env}, None)
            said = bytearray()
            ended = await uv.run(*arguments, heard=lambda _stream, data: said.extend(data))
            self.assertEqual(ended, {"code": 0})
            return said.decode()
        return asyncio.run(run())

    def test_the_usual_index_is_the_one_that_uv_says_it_asks(self):
        self.assertEqual(usual_index(self.uv), "https://usual.invalid/simple")
        self.assertIsNone(usual_index(f"{self.at}/nowhere"))

    def test_what_was_fetched_is_current(self):
        said = self.say("pip", "install", "x")
        self.assertIn('url = "https://usual.invalid/simple"\ndefault = true\ncache-control = { api = "max-age=600"', said)
        self.assertNotIn("--config-file", said)

    def test_the_index_of_the_machine_stays_the_index(self):
        said = self.say("pip", "install", "x", UV_DEFAULT_INDEX="https://mirror.invalid/simple?a=b")
        self.assertIn('[[index]]\nurl = "https://mirror.invalid/simple?a=b"', said)
        self.assertIn("named: nothing", said)
        self.assertIn('name = "house"\nurl = "https://mirror.invalid/simple"', self.say("x", UV_DEFAULT_INDEX="house=https://mirror.invalid/simple"))

    def test_where_the_settings_of_the_tree_stay_out_ours_do_not(self):
        said = self.say("pip", "compile", "--no-config", "x")
        self.assertNotIn("--no-config", said)
        self.assertIn("the same file", said)


if __name__ == "__main__":
    unittest.main()
