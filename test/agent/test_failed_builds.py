import os
import tempfile
import time
import unittest

import agent_path  # noqa: F401
from inside.failed_builds import GIVEN_UP_SECONDS, SECONDS, FailedBuilds

SAID = """Using Python 3.14.8 environment at: /env
Resolved 30 packages in 12ms
  × Failed to build `psycopg2-binary==2.9.9`
  ├─▶ The build backend returned an error
  ╰─▶ Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)
  help: `psycopg2-binary` (v2.9.9) was included because `shop` depends on it
"""
DOWNLOADED = """error: Failed to download and build `orjson==3.10.6`
  Caused by: Failed to parse: `pyproject.toml`
"""


class FailedBuildsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.builds = FailedBuilds(self.folder, "3.14.8")

    def age(self, seconds):
        """Makes what is kept as old as that."""
        [file] = os.listdir(self.folder)
        os.utime(os.path.join(self.folder, file), (1, time.time() - seconds))

    def test_what_was_said_is_known_without_who_needed_it(self):
        self.assertFalse(self.builds.any())
        self.builds.remember(SAID)
        said = self.builds.known("psycopg2_binary", "2.9.9")
        self.assertTrue(said.startswith("  × Failed to build `psycopg2-binary==2.9.9`"))
        self.assertNotIn("shop", said)
        self.assertTrue(self.builds.any())

    def test_a_source_that_cannot_be_read_is_a_failed_build(self):
        self.builds.remember(DOWNLOADED)
        self.assertIn("Failed to parse", self.builds.known("orjson", "3.10.6"))

    def test_another_version_or_python_is_another_build(self):
        self.builds.remember(SAID)
        self.assertIsNone(self.builds.known("psycopg2-binary", "2.9.10"))
        self.assertIsNone(FailedBuilds(self.folder, "3.13.2").known("psycopg2-binary", "2.9.9"))

    def test_a_machine_that_was_to_blame_is_asked_again(self):
        for blame in ("No space left on device", "dns error: failed to lookup", "cc1: fatal error: Killed"):
            self.builds.remember(SAID + blame)
        self.assertFalse(self.builds.any())

    def test_a_day_later_it_is_tried_again(self):
        self.builds.remember(SAID)
        self.age(SECONDS - 60)
        self.assertIsNotNone(self.builds.known("psycopg2-binary", "2.9.9"))
        self.age(SECONDS + 1)
        self.assertIsNone(self.builds.known("psycopg2-binary", "2.9.9"))

    def test_a_build_that_was_given_up_is_tried_again_in_an_hour(self):
        said = self.builds.give_up("Grpcio", "1.50.0", 60.0)
        self.assertEqual(said, "boot-check: stopped after 60 s: Grpcio==1.50.0 has no wheels for this Python, and was still being built from its source")
        self.age(GIVEN_UP_SECONDS - 60)
        self.assertEqual(self.builds.known("grpcio", "1.50.0"), said)
        self.age(GIVEN_UP_SECONDS + 1)
        self.assertIsNone(self.builds.known("grpcio", "1.50.0"))

    def test_without_a_python_nothing_is_kept(self):
        FailedBuilds(self.folder, "").remember(SAID)
        FailedBuilds(self.folder, "").give_up("grpcio", "1.50.0", 60.0)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_torn_file_is_nothing(self):
        self.builds.remember(SAID)
        [file] = os.listdir(self.folder)
        with open(os.path.join(self.folder, file), "w") as torn:
            torn.write("{")
        self.assertIsNone(self.builds.known("psycopg2-binary", "2.9.9"))


if __name__ == "__main__":
    unittest.main()
