"""
A new environment out of one that is much the same. Copying one and exchanging what differs takes a fraction of the time that installing everything
takes, most of which goes into compiling.

The outcome is that of a fresh installation: uv is told not to prefer what is there and to remove what is not asked for, and afterwards every file
of the environment must belong to a package that is installed.
"""
from __future__ import annotations

import csv
import glob
import os
import subprocess
from collections.abc import Sequence

from .uv import STATE

# What the environment itself has in it.
OWN = {"_virtualenv.py", "_virtualenv.pth"}
LARGEST_SCRIPT = 1_000_000


def exactly(step: Sequence[str]) -> list[str]:
    """As if nothing were installed; `sync` does so by itself."""
    return [*step[:2], "--upgrade", "--exact", *step[2:]] if step[0] == "pip" else list(step)


def plant(seed: dict, environment: str) -> bool:
    """Copies the seed, times and owners with it: compiled files are judged by the times of their sources."""
    try:
        entries = [os.path.join(seed["folder"], name) for name in os.listdir(seed["folder"]) if name != STATE]
        subprocess.run(["cp", "-a", "--", *entries, environment], check=True, capture_output=True)
        _rename(os.path.join(environment, "bin"), seed["madeAs"].encode(), environment.encode())
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _rename(scripts: str, before: bytes, after: bytes) -> None:
    for entry in os.scandir(scripts) if before != after else ():
        if not entry.is_file(follow_symlinks=False) or entry.stat().st_size > LARGEST_SCRIPT:
            continue
        with open(entry.path, "r+b") as file:
            text = file.read()
            if before in text:
                file.seek(0)
                file.write(text.replace(before, after))
                file.truncate()


def has_strangers(environment: str) -> bool:
    """Whether a file or folder below site-packages belongs to no installed package: what was removed may have left it there, to be imported."""
    for site in glob.glob(os.path.join(environment, "lib", "python*", "site-packages")):
        files, folders = _owned(site)
        for at, inside, names in os.walk(site):
            inside[:] = [name for name in inside if name != "__pycache__"]
            if at != site and at not in folders:
                return True
            if any(os.path.join(at, name) not in files and not (at == site and name in OWN) for name in names):
                return True
    return False


def _owned(site: str) -> tuple[set[str], set[str]]:
    """Files that the installed packages record, and the folders these lie in."""
    files: set[str] = set()
    for record in glob.glob(os.path.join(glob.escape(site), "*.dist-info", "RECORD")):
        with open(record, encoding="utf-8", errors="surrogateescape", newline="") as file:
            files.update(os.path.normpath(os.path.join(site, row[0])) for row in csv.reader(file) if row)
    folders: set[str] = set()
    for path in files:
        while (path := os.path.dirname(path)) not in folders and path.startswith(site + os.sep):
            folders.add(path)
    return files, folders
