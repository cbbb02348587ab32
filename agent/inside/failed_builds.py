"""Which versions did not compile here, and what was said: a build that fails takes up to a minute, and fails again in the next project.

Kept beside uv's wheels, one file for each version and Python: for a day, or for an hour when the build was only given up, because a machine
with less to do may finish it.
"""
from __future__ import annotations

import hashlib
import json
import os
import re
import time

from .distribution_names import normal
from .environment import environment_python
from .uv import Uv

SECONDS, GIVEN_UP_SECONDS = 24 * 3600, 3600
MOST_CHARACTERS = 100_000
# How a build that was given up is told.
GIVEN_UP = "boot-check: stopped after"
# × Failed to build `psycopg2-binary==2.9.9`
FAILED = re.compile(r"Failed to (?:download and )?build `(?P<name>[\w.-]+)==(?P<version>[^`\s]+)`")
# The machine is to blame, not the package: it may be well again.
MACHINE = re.compile(r"No space left|Cannot allocate|Resource temporarily|Killed|signal: 9|panicked|Failed to (?:fetch|download(?! and build))\b|error sending request|timed out|dns error", re.IGNORECASE)


def failed_builds(uv: Uv) -> FailedBuilds:
    return FailedBuilds(uv.kept("failed-builds"), environment_python(uv.environment))


class FailedBuilds:
    def __init__(self, folder: str, python: str) -> None:
        """`python`: the full version that builds are for; with none, nothing is known and nothing is kept."""
        self._folder, self._python = folder, python

    def any(self) -> bool:
        """Whether there is anything to know."""
        try:
            return bool(self._python and os.listdir(self._folder))
        except OSError:
            return False

    def known(self, name: str, version: str) -> str | None:
        """What uv printed when this version did not build."""
        path = self._path(name, version)
        try:
            age = time.time() - os.stat(path).st_mtime
            if not self._python or age > SECONDS:
                return None
            with open(path, encoding="utf-8") as file:
                kept = json.loads(file.read(2 * MOST_CHARACTERS))
            text = kept["text"]
            return text if isinstance(text, str) and age <= (GIVEN_UP_SECONDS if kept.get("given_up") else SECONDS) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def remember(self, said: str) -> None:
        """Takes note of the build that failed in this output of uv, if one did and the machine was not to blame."""
        match = FAILED.search(said)
        if match is None or not self._python or MACHINE.search(said):
            return
        # Who needs the package is another project's business.
        lines = said[said.rfind("\n", 0, match.start()) + 1:].splitlines()
        text = "\n".join(line for line in lines if not re.match(r"\s*(?:help|hint):", line))[:MOST_CHARACTERS]
        self._keep(match["name"], match["version"], {"text": text})

    def give_up(self, name: str, version: str, seconds: float) -> str:
        """Takes note of a build that was ended at its time limit. Returns what is to be said of it."""
        said = f"{GIVEN_UP} {seconds:.0f} s: {name}=={version} has no wheels for this Python, and was still being built from its source"
        if self._python:
            self._keep(name, version, {"text": said, "given_up": True})
        return said

    def _keep(self, name: str, version: str, what: dict) -> None:
        path = self._path(name, version)
        try:
            with open(f"{path}.{os.getpid()}", "w", encoding="utf-8") as file:
                file.write(json.dumps(what))
            os.replace(f"{path}.{os.getpid()}", path)
        except OSError:
            pass

    def _path(self, name: str, version: str) -> str:
        key = "\0".join((self._python, normal(name), version))
        return os.path.join(self._folder, hashlib.sha256(key.encode()).hexdigest()[:24] + ".json")
