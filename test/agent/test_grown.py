import asyncio
import os
import sys
import tempfile
import unittest

import agent_path  # noqa: F401
from inside.grown import exactly, has_strangers, plant
from inside.install import Install, marker_file

SITE = "lib/python3.14/site-packages"
# Of the packages that it is asked for, `bad` does not install; all it does is written down.
UV = """#!/bin/sh
echo "$*" >> {at}/calls
case "$*" in
*venv*)
  mkdir -p "$VIRTUAL_ENV/bin" "$VIRTUAL_ENV/{site}/uvicorn" && cd "$VIRTUAL_ENV" && touch pyvenv.cfg && cd {site} && mkdir -p uvicorn-1.0.dist-info
  touch uvicorn/__init__.py && printf 'uvicorn/__init__.py\\nuvicorn-1.0.dist-info/RECORD\\n' > uvicorn-1.0.dist-info/RECORD ;;
*--dry-run*) ;;
*--exact*) [ ! -e {at}/bad ] || {{ echo "said of the seed"; exit 1; }} ;;
*) [ ! -e {at}/bad ] || {{ echo "said of a fresh one"; exit 1; }} ;;
esac
"""


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = folder.name

    def write(self, path, text=""):
        path = os.path.join(self.at, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path


class StrangersTest(Folder):
    def setUp(self):
        super().setUp()
        self.write(f"{SITE}/pack/__init__.py")
        self.write(f"{SITE}/pack/deep/data.txt")
        self.write(f"{SITE}/pack/__pycache__/__init__.cpython-314.pyc")
        self.write(f"{SITE}/_virtualenv.py")
        self.write(f"{SITE}/pack-1.0.dist-info/RECORD", 'pack/__init__.py,sha256=x,0\n"pack/deep/data.txt",,\n../../../bin/pack,,\npack-1.0.dist-info/RECORD,,\n')

    def test_what_packages_record_is_none(self):
        self.assertFalse(has_strangers(self.at))

    def test_a_file_that_nobody_records_is_one(self):
        self.write(f"{SITE}/pack/gone.py")
        self.assertTrue(has_strangers(self.at))

    def test_a_folder_without_files_could_be_imported(self):
        os.makedirs(f"{self.at}/{SITE}/gone/__pycache__")
        self.assertTrue(has_strangers(self.at))


class PlantTest(Folder):
    def test_scripts_run_in_the_new_environment_and_the_seed_stays_as_it_is(self):
        seed = os.path.dirname(os.path.dirname(self.write("seed/bin/tool", f"#!{self.at}/seed/bin/python\n")))
        self.write("seed/.boot-check/complete.json", "{}")
        compiled = self.write(f"seed/{SITE}/pack/__init__.py")
        os.utime(compiled, (1, 1))
        environment = os.path.join(self.at, "new")
        os.makedirs(environment)
        self.assertTrue(plant({"folder": seed, "madeAs": seed}, environment))
        with open(f"{environment}/bin/tool") as file:
            self.assertEqual(file.read(), f"#!{environment}/bin/python\n")
        with open(f"{seed}/bin/tool") as file:
            self.assertEqual(file.read(), f"#!{seed}/bin/python\n")
        self.assertEqual(os.stat(f"{environment}/{SITE}/pack/__init__.py").st_mtime, 1)
        self.assertFalse(os.path.exists(f"{environment}/.boot-check"))

    def test_a_seed_that_is_gone_is_no_seed(self):
        os.makedirs(f"{self.at}/new")
        self.assertFalse(plant({"folder": f"{self.at}/seed", "madeAs": "/env"}, f"{self.at}/new"))


class GrownTest(Folder):
    PLAN = {"kind": "requirements", "policy": "locked", "manifest": "requirements.txt", "requirements": [], "groups": [], "extras": []}

    def setUp(self):
        super().setUp()
        os.chmod(self.write("uv", UV.format(at=self.at, site=SITE)), 0o755)
        self.write("requirements.txt", "fastapi==0.120.0\n")
        self.install("seed")

    def install(self, name, **more):
        request = {"uv": f"{self.at}/uv", "python": sys.executable, "environment": f"{self.at}/{name}", "tree": self.at, "cache": f"{self.at}/cache", "plan": self.PLAN, **more}
        self.write("calls")
        result = asyncio.run(Install(request, lambda _event: None, None).run())
        with open(f"{self.at}/calls") as file:
            calls = [line.split() for line in file if "--dry-run" not in line and "--help" not in line]
        return result, ["exact" if "--exact" in call else "venv" if "venv" in call else "whole" for call in calls]

    def grow(self):
        return self.install("new", seed={"folder": f"{self.at}/seed", "madeAs": f"{self.at}/seed"})

    def test_what_differs_is_exchanged(self):
        result, calls = self.grow()
        self.assertEqual((result["ok"], calls), (True, ["venv", "exact"]))
        self.assertTrue(os.path.exists(marker_file(f"{self.at}/new")))

    def test_what_is_left_behind_is_not_taken_over(self):
        self.write(f"seed/{SITE}/left.py")
        result, calls = self.grow()
        self.assertEqual((result["ok"], calls), (True, ["venv", "exact", "venv", "whole"]))
        self.assertFalse(os.path.exists(f"{self.at}/new/{SITE}/left.py"))

    def test_only_a_fresh_one_says_why_it_does_not_install(self):
        self.write("bad")
        result, calls = self.grow()
        self.assertEqual((result["ok"], calls), (False, ["venv", "exact", "venv", "whole"]))
        self.assertEqual([line["text"] for line in result["lines"]], ["said of a fresh one"])

    def test_a_seed_that_is_not_complete_is_none(self):
        os.remove(marker_file(f"{self.at}/seed"))
        self.assertEqual(self.grow()[1], ["venv", "whole"])


class ExactlyTest(unittest.TestCase):
    def test_as_if_nothing_were_there(self):
        self.assertEqual(exactly(["pip", "install", "-r", "x"]), ["pip", "install", "--upgrade", "--exact", "-r", "x"])
        self.assertEqual(exactly(["sync", "--frozen"]), ["sync", "--frozen"])


if __name__ == "__main__":
    unittest.main()
