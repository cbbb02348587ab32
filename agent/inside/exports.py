"""What modules, classes and functions really offer: read from source, stubs and `__all__`, never by running them.

A module's names are those its top level binds, those its `__all__` states, those a star import brings, and its submodules. Where only running
the module would tell all of them (`__getattr__`, a compiled module without a stub), what is known is given and marked as open: the list may then
be used to find a name, never to say that one is missing.
"""
from __future__ import annotations

import ast
import glob
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .plain_file import read_plain

MOST_MODULES = 12
MOST_SHAPES = 8
MOST_HOMES = 3
MOST_NAMES = 3000
DEEPEST = 12
LARGEST = 2_000_000


@dataclass
class Module:
    """One module as its text says it is."""

    name: str
    path: str
    body: list[ast.stmt] = field(default_factory=list)
    open: bool = False

    @property
    def is_package(self) -> bool:
        return os.path.isdir(self.path) or os.path.basename(self.path).startswith("__init__.")

    @property
    def folder(self) -> str:
        return self.path if os.path.isdir(self.path) else os.path.dirname(self.path)


class Library:
    """Modules below a few folders, each read once."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = roots
        self.known: dict[str, Module | None] = {}
        self.offered: dict[str, tuple[dict[str, str], bool]] = {}

    def module(self, name: str) -> Module | None:
        if name not in self.known:
            self.known[name] = self._read(name)
        return self.known[name]

    def _read(self, name: str) -> Module | None:
        path = next((found for root in self.roots if (found := _file_of(root, name))), None)
        if path is None:
            return Module(name, "", open=True) if name in sys.builtin_module_names else self._alias(name)
        if not path.endswith((".py", ".pyi")):
            return Module(name, path, open=not os.path.isdir(path))
        try:
            body = ast.parse(read_plain(path, LARGEST)).body
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            return Module(name, path, open=True)
        return self._stand_in(name, body) or Module(name, path, body)

    def _stand_in(self, name: str, body: Sequence[ast.stmt]) -> Module | None:
        """`sys.modules[__name__] = _collections_abc`: what is imported by this name is another module."""
        target = _put_in_place(name, body)
        real = self.module(target) if target and target != name else None
        return real and Module(name, real.path, real.body, real.open)

    def _alias(self, name: str) -> Module | None:
        """`os.path` and `collections.abc` have no file: their parents put another module in that place."""
        parent, _, last = name.rpartition(".")
        above = self.module(parent) if parent else None
        target = _module_called(last, above.body) if above else None
        real = self.module(target) if target and target != name else None
        return real and Module(name, real.path, real.body, real.open)

    def nearest(self, name: str) -> str | None:
        """The module itself, else the innermost of its packages that is there."""
        parts = name.split(".")
        return next((prefix for end in range(len(parts), 0, -1) if self.module(prefix := ".".join(parts[:end]))), None)

    def exports(self, name: str, depth: int = 0) -> tuple[dict[str, str], bool]:
        """Name → kind, and whether there may be more."""
        if name in self.offered:
            return self.offered[name]
        module = self.module(name)
        if module is None or depth > DEEPEST:
            return {}, True
        self.offered[name] = ({}, True)  # while it is being read: a circle of star imports ends here
        names, more = {}, module.open
        for bound, kind in _bindings(module.body):
            names.setdefault(bound, kind)
        for source in _stars(module):
            brought, unsure = self.exports(source, depth + 1)
            stated = self.module(source)
            public = set(_stated(stated.body)) if stated else set()
            names = {bound: kind for bound, kind in brought.items() if (bound in public if public else not bound.startswith("_"))} | names
            more = more or unsure
        for bound in _stated(module.body):
            names.setdefault(bound, "import")
        for submodule in _submodules(module):
            names.setdefault(submodule, "module")
        more = more or "__getattr__" in names or _is_dynamic(module.body)
        self.offered[name] = (names, more)
        return self.offered[name]


def _file_of(root: str, name: str) -> str | None:
    base = os.path.join(root, *name.split("."))
    for candidate in (os.path.join(base, "__init__.py"), f"{base}.py", os.path.join(base, "__init__.pyi"), f"{base}.pyi"):
        if os.path.isfile(candidate):
            return candidate
    compiled = glob.glob(glob.escape(base) + ".*.so") + glob.glob(glob.escape(base) + ".*.pyd")
    if compiled:
        return compiled[0]
    return base if os.path.isdir(base) and any(entry.endswith((".py", ".so")) or os.path.isdir(os.path.join(base, entry)) for entry in os.listdir(base)) else None


def _submodules(module: Module) -> Iterator[str]:
    if not module.is_package:
        return
    try:
        entries = os.listdir(module.folder)
    except OSError:
        return
    for entry in sorted(entries):
        stem, _, extension = entry.partition(".")
        is_folder = not extension and os.path.isdir(os.path.join(module.folder, entry))
        if stem.isidentifier() and stem not in ("__init__", "__pycache__", "__main__") and (is_folder or extension.split(".")[-1] in ("py", "so", "pyd")):
            yield stem


# --- what a text binds


def _bindings(body: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name, "class"
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield statement.name, "function"
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
                yield from ((name.id, "value") for name in ast.walk(target) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store))
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            for alias in statement.names:
                if alias.name != "*":
                    yield alias.asname or (alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name), "import"
        elif type(statement).__name__ == "TypeAlias":
            yield statement.name.id, "value"
        elif not _for_typing(statement):
            yield from _bindings(inner for part in _blocks(statement) for inner in part)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)) or type(statement).__name__ == "TryStar":
        yield statement.body
        yield getattr(statement, "orelse", [])
        yield getattr(statement, "finalbody", [])
        yield from (handler.body for handler in getattr(statement, "handlers", []))


def _for_typing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test)


def _module_called(name: str, body: Iterable[ast.stmt]) -> str | None:
    """The module that a text binds to a name: `import posixpath as path`, or `import _collections_abc` and `abc = _collections_abc`."""
    statements = list(_flat(body))
    for statement in statements:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return alias.name
    for statement in statements:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name) and statement.value.id != name:
            if any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
                return _module_called(statement.value.id, statements)
    return None


def _put_in_place(own: str, body: Iterable[ast.stmt]) -> str | None:
    """The module that a text puts in its own place: `sys.modules[__name__] = other`."""
    statements = list(_flat(body))
    for statement in statements:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Name):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Subscript) and ast.unparse(target.value) in ("sys.modules", "modules") and ast.unparse(target.slice) in ("__name__", repr(own)):
                return _module_called(statement.value.id, statements)
    return None


def _stated(body: Iterable[ast.stmt]) -> Iterator[str]:
    """Strings of `__all__ = […]`, `__all__ += […]` and `__all__ = [*a, "b"]`."""
    for statement in body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
                yield from (part.value for part in ast.walk(statement.value) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _stars(module: Module) -> Iterator[str]:
    for statement in _flat(module.body):
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            yield absolute(module, statement)


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if not _for_typing(statement):
            yield from _flat(inner for part in _blocks(statement) for inner in part)


def absolute(module: Module, statement: ast.ImportFrom) -> str:
    parts = module.name.split(".")
    base = parts[: len(parts) - statement.level + (1 if module.is_package else 0)] if statement.level else []
    return ".".join([*base, *([statement.module] if statement.module else [])])


def _is_dynamic(body: Iterable[ast.stmt]) -> bool:
    """`globals().update(…)`, `sys.modules[__name__] = …` at the top level."""
    return any(word in ast.dump(statement) for statement in body if isinstance(statement, (ast.Expr, ast.Assign)) for word in ("id='globals'", "attr='modules'"))


# --- classes and functions


def _definition(library: Library, module: str, name: str, depth: int = 0) -> tuple[Module, ast.stmt] | None:
    """The class or function that a module offers under a name, re-exports followed."""
    found = library.module(module)
    if found is None or depth > DEEPEST:
        return None
    for statement in _flat(found.body):
        if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
            return found, statement
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name) == name:
                    return _definition(library, absolute(found, statement), alias.name, depth + 1)
                if alias.name == "*" and name in library.exports(absolute(found, statement))[0]:
                    return _definition(library, absolute(found, statement), name, depth + 1)
    return None


def members(library: Library, module: str, name: str, depth: int = 0) -> tuple[dict[str, str], bool]:
    """What objects of a class have: methods, attributes of the class and of `self`, inherited ones too; and whether there may be more."""
    found = _definition(library, module, name)
    if found is None or not isinstance(found[1], ast.ClassDef) or depth > DEEPEST:
        return {}, True
    home, statement = found
    names = dict(_bindings(statement.body))
    for part in ast.walk(statement):
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and isinstance(part.value, ast.Name) and part.value.id == "self":
            names.setdefault(part.attr, "value")
    more = any(hook in names for hook in ("__getattr__", "__getattribute__")) or any(keyword.arg == "metaclass" for keyword in statement.keywords)
    for base in statement.bases:
        inherited, unsure = _base_members(library, home, base, depth)
        names = inherited | names
        more = more or unsure
    return names, more


PLAIN_BASES = {"object", "ABC", "Generic", "Protocol", "Exception", "BaseException"}


def _base_members(library: Library, home: Module, base: ast.expr, depth: int) -> tuple[dict[str, str], bool]:
    while isinstance(base, ast.Subscript):
        base = base.value
    written = ast.unparse(base)
    if written.rpartition(".")[2] in PLAIN_BASES:
        return {}, False
    head, _, last = written.rpartition(".")
    return members(library, _imported_module(home, head) if head else home.name, last, depth + 1)


def _imported_module(home: Module, written: str) -> str:
    """`sa.orm` in a module that says `import sqlalchemy as sa` → `sqlalchemy.orm`."""
    head, _, rest = written.partition(".")
    for statement in _flat(home.body):
        for alias in getattr(statement, "names", []) if isinstance(statement, (ast.Import, ast.ImportFrom)) else []:
            if (alias.asname or alias.name) == head:
                origin = alias.name if isinstance(statement, ast.Import) else f"{absolute(home, statement)}.{alias.name}"
                return f"{origin}.{rest}" if rest else origin
    return written


def parameters(library: Library, module: str, name: str, method: str = "") -> dict | None:
    """The parameters of a function, of a class's method, or of a dataclass's fields."""
    found = _definition(library, module, name)
    if found is None:
        return None
    home, statement = found
    if not isinstance(statement, ast.ClassDef):
        return _signature(statement, bound=False) if method == "" else None
    return _method(library, home, statement, method or "__init__", 0)


def _method(library: Library, home: Module, statement: ast.ClassDef, method: str, depth: int) -> dict | None:
    for part in _flat(statement.body):
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef)) and part.name == method:
            static = any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in part.decorator_list)
            return _signature(part, bound=not static)
    if method == "__init__" and any("dataclass" in ast.unparse(decorator) for decorator in statement.decorator_list):
        names = [part.target.id for part in statement.body if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)]
        return {"parameters": names, "open": bool(statement.bases)}
    for base in statement.bases:
        written = ast.unparse(base).partition("[")[0]
        head, _, last = written.rpartition(".")
        found = _definition(library, _imported_module(home, head) if head else home.name, last) if depth < DEEPEST else None
        if found and isinstance(found[1], ast.ClassDef) and (inherited := _method(library, *found, method, depth + 1)):
            return inherited
    return None


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef, bound: bool) -> dict:
    positional = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    keyword_only = [argument.arg for argument in function.args.kwonlyargs]
    return {"parameters": [*(positional[1:] if bound else positional), *keyword_only], "open": function.args.kwarg is not None}


# --- the answer


def offers(asked: Sequence[str], found: Mapping[str, Sequence[dict]], library: Library) -> dict:
    """`exports` of the modules asked for (of their nearest package when they are not there), `members` of classes, `parameters` of callables."""
    exports: dict[str, dict] = {}
    for name in asked:
        module = library.nearest(name) if len(exports) < MOST_MODULES else None
        if module is None or module in exports or module.partition(".")[0] != name.partition(".")[0]:
            continue
        names, more = library.exports(module)
        exports[module] = {"names": sorted(name for name in names if name.isidentifier())[:MOST_NAMES], "open": more}
    shapes: dict[str, list[dict]] = {"members": [], "parameters": []}
    for name in asked:
        head, _, method = name.partition(".")
        for place in [place for place in found.get(head, []) if place["kind"] in ("class", "function")][:MOST_HOMES]:
            if place["kind"] == "class" and not method and len(shapes["members"]) < MOST_SHAPES:
                names, more = members(library, place["module"], head)
                shapes["members"].append({"name": head, "module": place["module"], "names": sorted(names), "open": more})
            shape = parameters(library, place["module"], head, method) if len(shapes["parameters"]) < MOST_SHAPES and (method or place["kind"] == "function") else None
            if shape:
                shapes["parameters"].append({"name": name, "module": place["module"], **shape})
    return {"exports": exports, **shapes}
