"""What is installed, and where names really live: read from files, never imported.

The environment-wide part (distributions and the modules they own) is cached in the environment's folder; names are looked for on demand: first by
a plain search of the bytes, then by parsing only the files that may define the word (`definitions.py`).
"""
from __future__ import annotations

import email.parser
import glob
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator

from .definitions import defined_in, defining
from .distribution_names import normal
from .environment import environment_python
from .exports import Library, offers
from .install import STATE, write_atomically
from .plain_file import read_plain

INDEX_VERSION = 1
MOST_LOCATIONS = 12
# A tree that is written for a tool of its own may have thousands.
MOST_UNDEFINED = 60
LARGEST_SOURCE = 2_000_000
# Shorter names are all near to one another.
SHORTEST_SLIP = 5
# What the list of pipreqs lacks or has wrong, each checked against the modules that the distribution really contains.
CORRECTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "import-names.txt")
SKIPPED = {"tests", "test", "testing", "__pycache__", "node_modules", ".venv", "venv", ".git"}


def lookup(command: dict) -> dict:
    environment, tree = command["environment"], command["tree"]
    site = site_packages(environment)
    base = _environment_index(environment, site)
    owners = base["owners"]
    unused, undefined = _ruff(tree, command.get("ruff"))
    asked_for = list(dict.fromkeys([*command["names"], *(each["name"] for each in undefined)]))
    # `Client.__init__`: where the class is has to be known before its method can be read.
    heads = [name.partition(".")[0] for name in command["names"] if "." in name]
    names = _locations([*asked_for, *heads], site, tree, owners)
    asked = {name.partition(".")[0] for name in command["names"]}
    modules = asked | set(command["imports"])
    return {
        "python": environment_python(environment), "distributions": base["distributions"], "stdlib": sorted(stdlib_names(environment)), "names": names,
        "known": (known := _known(modules, base["distributions"], command.get("mapping"))),
        "lookAlikes": look_alikes(modules - set(known), base["distributions"], command.get("mapping")),
        "usual": _usual(asked, owners, command.get("mapping")),
        "unusedImports": unused, "undefinedNames": undefined,
        **offers(command["names"], names, Library([tree, site, os.path.dirname(os.__file__)])),
    }


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


# --- distributions


def _environment_index(environment: str, site: str) -> dict:
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


def _usual(asked: Iterable[str], owners: dict[str, str], mapping: str | None) -> dict[str, str]:
    """Import name → the distribution that nearly everybody means by it, where another one is installed."""
    table = (_mapping(mapping) if mapping else {}) | _mapping(CORRECTIONS)
    return {name: table[name] for name in asked if name in owners and name in table and normal(owners[name]) != normal(table[name])}


def _known(asked: Iterable[str], distributions: list[dict], mapping: str | None) -> dict[str, str]:
    """Import name → distribution, for names that nothing installed provides.

    Looked-up sources, the surest first: a few corrections of ours, the list of pipreqs, and optional requirements that installed packages name
    themselves.
    """
    present = {module for distribution in distributions for module in distribution["modules"]}
    table = (_mapping(mapping) if mapping else {}) | _mapping(CORRECTIONS)
    named = {}
    for distribution in distributions:
        for line in distribution["requires"]:
            match = re.match(r"[A-Za-z0-9._-]+", line)
            if match:
                named.setdefault(normal(match[0]), match[0])
    known = {}
    for name in asked:
        if name in present:
            continue
        plain = normal(name)
        answer = table.get(name) or named.get(plain) or named.get(f"python-{plain}") or named.get(f"{plain}-binary")
        if answer:
            known[name] = answer
    return known


def _mapping(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            pairs = (line.strip().split(":", 1) for line in file if ":" in line)
            return {left: right for left, right in pairs}
    except OSError:
        return {}


def look_alikes(asked: Iterable[str], distributions: list[dict], mapping: str | None) -> dict[str, list[str]]:
    """Name → well-known or installed names that are one slip away from it, for names that are none of them themselves."""
    known = {normal(name) for distribution in distributions for name in (distribution["name"], *distribution["modules"])}
    if mapping:
        known |= {normal(name) for pair in _mapping(mapping).items() for name in (pair[0].partition(".")[0], pair[1])}
    found = {}
    for name in asked:
        plain = normal(name)
        if plain not in known and len(plain) >= SHORTEST_SLIP:
            near = sorted(other for other in known if len(other) >= SHORTEST_SLIP and _one_slip(plain, other))
            if near:
                found[name] = near[:3]
    return found


def _one_slip(one: str, other: str) -> bool:
    """One letter too many, missing, wrong, or two that changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (left, right) in enumerate(zip(one, other)) if left != right), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])


# --- names


def _locations(asked: list[str], site: str, tree: str, owners: dict[str, str]) -> dict[str, list[dict]]:
    """Every name asked for, with the places it can be imported from, the best first. Each file is read once for all names."""
    found: dict[str, list[dict]] = {name: [] for name in asked}
    names = [name for name in found if re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name)]
    for origin, root in (("tree", tree), ("package", site)):
        for name in names:
            found[name] += _as_module(name, origin, root, owners)
        for name, module, kind in _definitions([name for name in names if "." not in name], root, origin):
            found[name].append(_location(name, module, kind, origin, owners))
    for name in names:
        if name in sys.stdlib_module_names:
            found[name].append({"name": name, "module": name, "kind": "module", "origin": "stdlib"})
        elif "." not in name:
            found[name] += _in_stdlib(name)
        found[name] = sorted(found[name], key=_preference)[:MOST_LOCATIONS]
    return found


def _location(name: str, module: str, kind: str, origin: str, owners: dict[str, str]) -> dict:
    location = {"name": name, "module": module, "kind": kind, "origin": origin}
    owner = owners.get(module.partition(".")[0]) if origin == "package" else None
    return location | ({"distribution": owner} if owner else {})


def _preference(location: dict) -> tuple:
    """The tree first, then public modules before private ones, definitions and re-exports before others, short paths before long ones."""
    parts = location["module"].split(".")
    private = any(part.startswith("_") for part in parts)
    return ({"tree": 0, "package": 1, "stdlib": 1}[location["origin"]], private, len(parts), location["module"])


def _as_module(name: str, origin: str, root: str, owners: dict[str, str]) -> list[dict]:
    base = os.path.join(root, *name.split("."))
    is_module = os.path.isfile(base + ".py") or os.path.isfile(os.path.join(base, "__init__.py")) or bool(glob.glob(glob.escape(base) + ".*.so"))
    if not is_module and os.path.isdir(base):  # a namespace package
        is_module = any(entry.endswith(".py") for entry in os.listdir(base))
    return [_location(name, name, "module", origin, owners)] if is_module else []


# Where people import everyday names from; parsing the whole standard library for one word would cost seconds.
STDLIB_HOMES = ("typing", "collections", "collections/abc", "datetime", "enum", "dataclasses", "functools", "contextlib", "pathlib", "uuid",
                "decimal", "abc", "types", "itertools", "urllib/parse", "asyncio/__init__", "logging/__init__", "json/__init__")


def _in_stdlib(name: str) -> list[dict]:
    folder = os.path.dirname(os.__file__)
    found = []
    for home in STDLIB_HOMES:
        path = os.path.join(folder, f"{home}.py")
        module = home.removesuffix("/__init__").replace("/", ".")
        kind = _defines(path, name, module)
        if kind and kind != "import":
            found.append({"name": name, "module": module, "kind": kind, "origin": "stdlib"})
    return found


def _definitions(names: list[str], root: str, origin: str) -> Iterator[tuple[str, str, str]]:
    if not names:
        return
    # No check of word borders here: a plain alternation is what the regex engine is quick at, and the parser has the last word.
    word = re.compile(b"|".join(re.escape(name.encode()) for name in sorted(names, key=len, reverse=True)))
    definition = defining(names)
    for path, module in _sources(root, origin):
        try:
            data = read_plain(path, LARGEST_SOURCE)
        except OSError:
            continue
        if not word.search(data) or not (path.endswith("__init__.py") or definition.search(data)):
            continue
        offered = defined_in(path, data, module)
        for name in names:
            if name in offered:
                yield name, module, offered[name]


def _sources(root: str, origin: str) -> Iterator[tuple[str, str]]:
    for folder, folders, files in os.walk(root):
        folders[:] = [entry for entry in folders if entry.isidentifier() and (entry not in SKIPPED or origin == "tree" and entry.startswith("test"))]
        package = os.path.relpath(folder, root).replace(os.sep, ".")
        prefix = "" if package == "." else package + "."
        for file in files:
            stem, extension = os.path.splitext(file)
            if extension == ".py" and stem.isidentifier():
                yield os.path.join(folder, file), prefix.rstrip(".") if stem == "__init__" else prefix + stem


def _defines(path: str, name: str, module: str) -> str | None:
    try:
        data = read_plain(path, LARGEST_SOURCE)
    except OSError:
        return None
    return defined_in(path, data, module).get(name) if name.encode() in data else None


# --- unused imports and undefined names


def _ruff(tree: str, ruff: str | None) -> tuple[list[dict], list[dict]]:
    """What ruff finds to be imported and never used (F401), and used and never defined (F821)."""
    if not ruff or not os.path.exists(ruff):
        return [], []
    try:
        ran = subprocess.run(
            [ruff, "check", "--select", "F401,F821", "--output-format", "json", "--no-cache", "--exit-zero", "--quiet", "--isolated", "."],
            cwd=tree, capture_output=True, text=True, timeout=60)
        records = json.loads(ran.stdout or "[]")
    except (OSError, subprocess.SubprocessError, ValueError):
        return [], []
    return (
        _records(records, "F401", r"`(?P<name>[^`]+)` imported but unused", tree),
        _records(records, "F821", r"Undefined name `(?P<name>[^`]+)`", tree)[:MOST_UNDEFINED],
    )


def _records(records: list[dict], code: str, message: str, tree: str) -> list[dict]:
    found = []
    for record in records:
        match = re.match(message, record.get("message", ""))
        if match and record.get("code") == code:
            file = os.path.relpath(record["filename"], os.path.realpath(tree)).replace(os.sep, "/")
            found.append({"file": file, "line": record["location"]["row"], "name": match["name"]})
    return found
