import asyncio
import os
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.relocking import lock_anew, with_version, without_version

OWN = '[[package]]\nname = "shop"\nversion = "0"\nsource = { editable = "." }\n'
OTHER = '[[package]]\nname = "idna"\nversion = "0"\nsource = { registry = "https://pypi.org/simple" }\n'


class FakeUv:
    """Writes a lock as uv does for a project whose version is written down, and refuses one that it would have to build."""

    def __init__(self, folder):
        self.path, self.words = folder, []

    def folder(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path)
        return path

    def hand_over(self, path):
        pass

    async def run(self, *words, heard, cwd, limit):
        self.words = words
        return {"code": lock(cwd)}


def lock(folder):
    with open(os.path.join(folder, "pyproject.toml"), encoding="utf-8") as file:
        if "dynamic" in file.read():
            return 1
    with open(os.path.join(folder, "uv.lock"), "w", encoding="utf-8") as file:
        file.write(f"version = 1\n\n{OTHER}\n{OWN}")
    return 0


def locked(manifest, proven=()):
    with tempfile.TemporaryDirectory() as tree, tempfile.TemporaryDirectory() as state:
        for name, text in (("pyproject.toml", manifest), ("uv.lock", "version = 1\n")):
            with open(os.path.join(tree, name), "w", encoding="utf-8") as file:
                file.write(text)
        uv = FakeUv(state)
        answers = asyncio.run(lock_anew(uv, tree, "python", list(proven)))["resolutions"]
        with open(os.path.join(tree, "pyproject.toml"), encoding="utf-8") as file:
            assert file.read() == manifest
        return [answer["text"] for answer in answers], uv.words


class RelockTest(unittest.TestCase):
    def test_gives_what_uv_wrote_and_names_what_is_proven(self):
        texts, words = locked('[project]\nname = "shop"\nversion = "0"\n', ["cffi==2.0.0"])
        self.assertEqual(texts, [f"version = 1\n\n{OTHER}\n{OWN}"])
        self.assertEqual(words[-2:], ("--upgrade-package", "cffi==2.0.0"))

    def test_builds_no_project_for_its_version_and_locks_none(self):
        texts, _ = locked('[project]\nname = "shop"\ndynamic = [\n  "version",\n]\n')
        self.assertEqual(texts, [f"version = 1\n\n{OTHER}\n{OWN}".replace('"shop"\nversion = "0"\n', '"shop"\n')])

    def test_more_than_the_version_is_left_to_a_build(self):
        self.assertEqual(locked('[project]\nname = "shop"\ndynamic = ["version", "dependencies"]\n')[0], [])

    def test_only_the_table_of_the_project_counts(self):
        self.assertIsNone(with_version('[project]\nname = "shop"\nversion = "1"\n[tool.x]\ndynamic = ["version"]\n'))
        fixed = with_version('[tool.x]\ndynamic = ["version"]\n[project]\nname = "shop"\ndynamic = ["version"]  # by hatch\n')
        self.assertEqual(fixed, '[tool.x]\ndynamic = ["version"]\n[project]\nname = "shop"\nversion = "0"  # by hatch\n')

    def test_a_lock_that_does_not_hold_it_once_is_none(self):
        self.assertIsNone(without_version(OTHER))
        self.assertIsNone(without_version(f"{OWN}\n{OWN}"))


if __name__ == "__main__":
    unittest.main()
