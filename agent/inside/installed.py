"""What an environment has installed, and which modules each distribution brings: read from files, and cached in the environment's own folder."""
from __future__ import annotations

import email.parser
import glob
import json
import os
import subprocess
import sys

from .environment import environment_python
from .install import STATE, write_atomically

INDEX_VERSION = 1


def site_packages(environment: str) -> str:
    found = sorted(glob.glob(os.path.join(environment, "lib", "python*", "site-packages")))
    return found[-1] if found else os.path.join(environment, "lib", "site-packages")


def stdlib_names(environment: str) -> frozenset[str]:
    """The names of the environment's own interpreter, which may be another one than ours."""
    if environment_python(environment).split(".")[:2] == [str(part) for part in sys.version_info[:2]] or not os.path.isdir(environment):
        return sys.stdlib_module_names
    cache = os.path.join(environment, STATE, "stdlib.json")
    try:
        with open(cache) as file:
            return frozenset(json.load(file))
    except (OSError, ValueError):
        pass
    try:
        asked = subprocess.run(
            [os.path.join(environment, "bin", "python"), "-ISc", "import sys; print(*sys.stdlib_module_names)"],
            capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return sys.stdlib_module_names
    names = asked.stdout.split()
    _cached(cache, names)
    return frozenset(names)


def _cached(path: str, value: object) -> None:
    try:
        write_atomically(path, json.dumps(value))
    except OSError:
        pass  # a read-only environment is looked through again next time


def environment_index(environment: str, site: str) -> dict:
    cache = os.path.join(environment, STATE, "index.json")
    stamp = sorted(os.path.basename(path) for path in glob.glob(os.path.join(site, "*.dist-info")))
    try:
        with open(cache, encoding="utf-8") as file:
            index = json.load(file)
        if index["version"] == INDEX_VERSION and index["stamp"] == stamp:
            return index
    except (OSError, ValueError, KeyError):
        pass
    distributions = [_distribution(os.path.join(site, name)) for name in stamp]
    owners = {module: distribution["name"] for distribution in distributions for module in distribution["modules"]}
    index = {"version": INDEX_VERSION, "stamp": stamp, "distributions": distributions, "owners": owners}
    _cached(cache, index)
    return index


def _distribution(folder: str) -> dict:
    name, _, version = os.path.basename(folder)[: -len(".dist-info")].rpartition("-")
    requires: list[str] = []
    try:
        with open(os.path.join(folder, "METADATA"), encoding="utf-8", errors="replace") as file:
            headers = email.parser.HeaderParser().parse(file)
        name, version = headers["Name"] or name, headers["Version"] or version
        requires = headers.get_all("Requires-Dist") or []
    except OSError:
        pass
    return {"name": name, "version": version, "modules": sorted(_top_level(folder)), "requires": requires}


def _top_level(folder: str) -> set[str]:
    modules: set[str] = set()
    try:
        with open(os.path.join(folder, "RECORD"), encoding="utf-8", errors="replace") as file:
            for line in file:
                modules |= _record_module(line.split(",")[0])
    except OSError:
        pass
    if not modules:
        try:
            with open(os.path.join(folder, "top_level.txt"), encoding="utf-8") as file:
                modules = {line.strip() for line in file if line.strip().isidentifier()}
        except OSError:
            pass
    return modules


def _record_module(path: str) -> set[str]:
    first, separator, rest = path.partition("/")
    if not separator:
        stem, dot, extension = first.partition(".")
        return {stem} if dot and extension.split(".")[-1] in ("py", "so", "pyd") and stem.isidentifier() else set()
    if first.isidentifier() and first != "__pycache__" and rest.endswith((".py", ".so", ".pyd", ".pyi")):
        return {first}
    return set()
