import asyncio
import os
import sys
import tempfile
import unittest
from unittest import mock

import agent_path  # noqa: F401
from inside import install
from inside.install import install_steps, loosen, read_marker, write_atomically, marker_file

PLAN = {"kind": "requirements", "manifest": "requirements.txt", "files": [], "policy": "locked", "requirements": [], "groups": [], "extras": []}


class StepsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree, self.environment = os.path.join(folder.name, "tree"), os.path.join(folder.name, "env")
        os.makedirs(self.tree)
        os.makedirs(os.path.join(self.environment, ".boot-check"))

    def put(self, name, text):
        with open(os.path.join(self.tree, name), "w") as file:
            file.write(text)

    def steps(self, **plan):
        return install_steps(PLAN | plan, self.tree, self.environment)

    def test_requirements_go_to_uv_as_they_are(self):
        [step] = self.steps()
        self.assertEqual(step[:3], ["pip", "install", "--compile-bytecode"])
        self.assertEqual(step[-2:], ["-r", "requirements.txt"])

    def test_newest_loosens_exact_pins_and_drops_hashes(self):
        self.put("requirements.txt", "a==1.2 \\\n    --hash=sha256:00\nb[x]==2.*\nc>=1,==1.4 ; python_version == '3.14'\n-c limits.txt\n")
        [step] = self.steps(policy="newest")
        with open(step[-1]) as file:
            lines = file.read().split()
        self.assertIn("a>=1.2", lines)
        self.assertIn("b[x]==2.*", lines)
        self.assertIn("c>=1,>=1.4", lines)
        self.assertIn("'3.14'", lines)
        self.assertIn(os.path.join(self.tree, "limits.txt"), lines)
        self.assertNotIn("--hash", " ".join(lines))

    def test_a_marker_is_no_pin(self):
        self.assertEqual(loosen("torch==2.8.0+cpu  # one build"), "torch>=2.8.0  # one build")
        self.assertEqual(loosen("a==1; python_version == '3.11'"), "a>=1; python_version == '3.11'")
        self.assertEqual(loosen("a; sys_platform == 'linux'"), "a; sys_platform == 'linux'")

    def test_requirements_that_were_read_by_the_harness_are_written_out(self):
        [step] = self.steps(kind="poetry", manifest="pyproject.toml", requirements=["fastapi>=0.100", "asyncpg"])
        with open(step[-1]) as file:
            self.assertEqual(file.read(), "fastapi>=0.100\nasyncpg\n")

    def test_a_lock_is_synced_frozen_and_ignored_by_newest(self):
        [step] = self.steps(kind="uv-lock", manifest="pyproject.toml", groups=["web"], extras=["pg"])
        self.assertEqual(step[:2], ["sync", "--frozen"])
        self.assertIn("--no-install-project", step)
        self.assertEqual([step[step.index("--group") + 1], step[step.index("--extra") + 1]], ["web", "pg"])
        [step] = self.steps(kind="uv-lock", manifest="pyproject.toml", policy="newest")
        self.assertEqual(step[-2:], ["-r", "pyproject.toml"])

    def test_a_project_is_installed_with_its_extras_and_groups(self):
        self.put("pyproject.toml", "[dependency-groups]\nweb = ['uvicorn']\n")
        [step] = self.steps(kind="pyproject", manifest="pyproject.toml", project=".", extras=["pg"], groups=["web", "unknown"])
        self.assertIn(f"{self.tree}[pg]", step)
        self.assertEqual(step[-2:], ["--group", "pyproject.toml:web"])

    def test_nothing_to_install_is_no_step(self):
        self.assertEqual(self.steps(kind="none", manifest=""), [])

    def test_only_a_whole_marker_counts(self):
        self.assertIsNone(read_marker(self.environment))
        with open(marker_file(self.environment), "w") as file:
            file.write('{"uvicorn": "decl')
        self.assertIsNone(read_marker(self.environment))
        write_atomically(marker_file(self.environment), '{"uvicorn": "declared", "packages": []}')
        self.assertEqual(read_marker(self.environment), {"uvicorn": "declared", "packages": []})


# Has wheels of grpcio for other Pythons only, and never ends building it.
UV = """#!/bin/sh
echo "$*" >> {calls}
case "$*" in
*--help*) ;;
*venv*) echo "version_info = 3.14.8" > {environment}/pyvenv.cfg ;;
*--no-deps*) ;;
*--only-binary*) echo "Because grpcio==1.50.0 has no usable wheels"; exit 1 ;;
*--dry-run*) echo " + grpcio==1.50.0" ;;
*) exec sleep 600 ;;
esac
"""


class GivenUpTest(unittest.TestCase):
    def test_a_build_that_was_given_up_is_not_begun_again(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(install, "BUILD_SECONDS", 0.2):
            calls, uv = os.path.join(folder, "calls"), os.path.join(folder, "uv")
            installed = []
            for name in ("one", "other"):
                environment = os.path.join(folder, name)
                with open(uv, "w") as file:
                    file.write(UV.format(calls=calls, environment=environment))
                os.chmod(uv, 0o755)
                request = {"uv": uv, "python": sys.executable, "environment": environment, "tree": folder, "cache": os.path.join(folder, "cache"), "plan": PLAN}
                installed.append(asyncio.run(install.Install(request, lambda _event: None, None).run()))
            said = [[line["text"] for line in result["lines"]][-1] for result in installed]
            self.assertIn("grpcio==1.50.0 has no wheels for this Python", said[0])
            self.assertEqual(said[0], said[1])
            self.assertEqual([result["ok"] for result in installed], [False, False])
            with open(calls) as file:
                self.assertEqual(sum("install" in line and "--dry-run" not in line for line in file), 1)


if __name__ == "__main__":
    unittest.main()
