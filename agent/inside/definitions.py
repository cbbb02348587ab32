"""Which names a module offers to others, and what kind of thing each is, read from its source. Each text is parsed once."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

MOST_TEXTS = 20_000
# path → what its text was, and what it offers. Lookups of one run ask for one name after the other in the same files.
_known: dict[str, tuple[tuple[int, int], dict[str, str]]] = {}


def defining(names: Iterable[str]) -> re.Pattern[bytes]:
    """Matches text of a plain module that may define one of the names: a word that is only used would cost a parse for nothing.

    `class Name`, `def name`, `import x as name`, `name = …`, `name: …`, `a = name = …`
    """
    word = b"(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names, key=len, reverse=True)) + b")"
    return re.compile(rb"\b(?:class|def|as)[ \t]+" + word + rb"\b|^[ \t]*" + word + rb"[ \t]*(?::|=(?!=))|=[ \t]*" + word + rb"[ \t]*=(?!=)", re.MULTILINE)


def defined_in(path: str, data: bytes, module: str) -> dict[str, str]:
    """Name → `class`, `function`, `value`, or `import` when a package offers what it imports itself."""
    mark = len(data), hash(data)
    known = _known.get(path)
    if known is None or known[0] != mark:
        if len(_known) >= MOST_TEXTS:
            _known.clear()
        known = _known[path] = mark, _among(_parsed(data), module.split(".")[0], path.endswith("__init__.py"))
    return known[1]


def _parsed(data: bytes) -> list[ast.stmt]:
    try:
        return ast.parse(data).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _among(body: list[ast.stmt], package: str, is_package: bool) -> dict[str, str]:
    """The first definition of a name counts, and any definition more than an import."""
    found: dict[str, str] = {}
    for statement in body:
        for name, kind in _offered(statement, package, is_package):
            if name not in found or (found[name] == "import" and kind != "import"):
                found[name] = kind
    return found


def _offered(statement: ast.stmt, package: str, is_package: bool) -> Iterator[tuple[str, str]]:
    if isinstance(statement, ast.ClassDef):
        yield statement.name, "class"
    elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        yield statement.name, "function"
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        yield from _assigned(statement, is_package)
    elif isinstance(statement, ast.ImportFrom):
        yield from ((name, "import") for name in _re_exported(statement, package, is_package))
    elif isinstance(statement, (ast.If, ast.Try)) and not _for_typing(statement):
        # Of alternatives the first counts.
        merged: dict[str, str] = {}
        for part in (statement.body, statement.orelse, *(handler.body for handler in getattr(statement, "handlers", []))):
            merged = _among(part, package, is_package) | merged
        yield from merged.items()


def _assigned(statement: ast.Assign | ast.AnnAssign, is_package: bool) -> Iterator[tuple[str, str]]:
    targets = [target.id for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target]) if isinstance(target, ast.Name)]
    yield from ((name, "value") for name in targets)
    if is_package and "__all__" in targets and statement.value is not None:
        # What a package states as its interface it has, however lazily.
        yield from ((part.value, "import") for part in ast.walk(statement.value) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _re_exported(statement: ast.ImportFrom, package: str, is_package: bool) -> Iterator[str]:
    """A package's `__init__` that imports from itself, or `import X as X`: meant for others. Any other import is for the module's own use."""
    own = statement.level > 0 or (statement.module or "").split(".")[0] == package
    for alias in statement.names:
        if alias.asname == alias.name or (is_package and own):
            yield alias.asname or alias.name


def _for_typing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test)
