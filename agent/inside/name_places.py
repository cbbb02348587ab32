"""Where names can be imported from: first a plain search of the bytes, then only the files that may define the word are parsed (`definitions.py`)."""
from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator

from .definitions import defined_in, defining
from .plain_file import read_plain

MOST_LOCATIONS = 12
LARGEST_SOURCE = 2_000_000
SKIPPED = {"tests", "test", "testing", "__pycache__", "node_modules", ".venv", "venv", ".git"}


def places_of(asked: list[str], site: str, tree: str, owners: dict[str, str]) -> dict[str, list[dict]]:
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
