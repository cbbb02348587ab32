"""What a tree's own files say about imports, read as text: names that they import, and names that they would take from packages."""
from __future__ import annotations

import os
import re

from .plain_file import read_plain

SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", ".boot-check", "site-packages", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
MOST_FILES, MOST_BYTES = 5_000, 1_000_000
# `from a.b import (c,\n d as e)  # why` and `import a.b as x, c`
FROM = re.compile(r"^[ \t]*from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]+(?P<items>\([^)]*\)|[^\n#]+)", re.MULTILINE)
PLAIN = re.compile(r"^[ \t]*import[ \t]+(?P<modules>[^\n#]+)", re.MULTILINE)


class TreeNames:
    """Remembers each file until it changes."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}

    def imported(self, tree: str) -> frozenset[str] | None:
        """Every dotted name that a file of the tree imports, or may import, from outside of it. None: too large to tell."""
        found: set[str] = set()
        files = 0
        for folder, folders, names in os.walk(tree):
            folders[:] = [name for name in folders if name not in SKIPPED]
            for name in names:
                if name.endswith(".py"):
                    files += 1
                    found |= self._of(os.path.join(folder, name))
            if files > MOST_FILES:
                return None
        return frozenset(found)

    def _of(self, path: str) -> frozenset[str]:
        try:
            stat = os.stat(path)
            stamp = (stat.st_mtime_ns, stat.st_size)
            known = self._files.get(path)
            if known is None or known[0] != stamp:
                known = self._files[path] = (stamp, imports_of(read_plain(path, MOST_BYTES).decode("utf-8", "replace")))
            return known[1]
        except OSError:
            return frozenset()


def imports_of(text: str) -> frozenset[str]:
    """`from a import b` may load `a.b` as well as `a`: both are said."""
    names: set[str] = set()
    for match in FROM.finditer(text):
        module = match["module"]
        if not module.startswith("."):
            names.add(module)
            names.update(f"{module}.{item}" for item in _first_words(match["items"].strip("()").replace("\n", ",")))
    for match in PLAIN.finditer(text):
        names.update(_first_words(match["modules"]))
    return frozenset(names)


def _first_words(listed: str) -> list[str]:
    """`a as b, c  # note` → a, c"""
    items = (item.partition("#")[0].split() for item in listed.replace("\\", " ").split(","))
    return [words[0] for words in items if words]


def stems(folders: list[str]) -> frozenset[str]:
    """First names that an import could find in these folders."""
    found: set[str] = set()
    for folder in folders:
        try:
            found.update(entry.name.partition(".")[0] for entry in os.scandir(folder) if entry.name.endswith((".py", ".so", ".pyc")) or entry.is_dir())
        except OSError:
            continue
    return frozenset(found)
