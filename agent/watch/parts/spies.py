"""While a package is imported in the warm process: who imports whom, which variables are read, and what is printed."""
import builtins
import importlib
import os
import sys


class Spies:
    """In place between `with` and its end, and only there: nothing of it is left in what is forked."""

    def __init__(self):
        # Names of variables that were looked at; `*` when somebody walked over all of them.
        self.read = set()
        # First names of what was asked for, found or not.
        self.tried = set()
        # Module → modules that import it.
        self.asked_by = {}
        # (descriptor, bytes) in the order in which it was printed.
        self.printed = []

    def __enter__(self):
        environ = type(os.environ)
        self._plain = environ.__getitem__, environ.__iter__, builtins.__import__
        environ.__getitem__, environ.__iter__, builtins.__import__ = self._spied(*self._plain)
        self._kept = {fd: os.dup(fd) for fd in (1, 2)}
        self._files = {fd: os.memfd_create("printed") for fd in (1, 2)}
        for fd, file in self._files.items():
            os.dup2(file, fd)

    def __exit__(self, *_):
        environ = type(os.environ)
        environ.__getitem__, environ.__iter__, builtins.__import__ = self._plain
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for fd, file in self._files.items():
            os.dup2(self._kept[fd], fd)
            os.close(self._kept[fd])
            if size := os.fstat(file).st_size:
                self.printed.append((fd, os.pread(file, size, 0)))
            os.close(file)

    def _spied(self, plain_get, plain_walk, plain_import):
        def get(environ, key):
            self.read.add(key if isinstance(key, str) else os.fsdecode(key))
            return plain_get(environ, key)

        def walk(environ):
            self.read.add("*")
            return plain_walk(environ)

        def spied_import(name, globals=None, locals=None, fromlist=(), level=0):
            if level == 0:
                self.tried.add(name.partition(".")[0])
            module = plain_import(name, globals, locals, fromlist, level)
            try:
                self._note(globals or {}, name, fromlist or (), level)
            except Exception:  # noqa: BLE001 only a note
                pass
            return module

        return get, walk, spied_import

    def _note(self, importing, name, items, level):
        full = importlib._bootstrap._resolve_name(name, importing["__package__"], level) if level else name
        names = full.split(".")
        asked = [".".join(names[:end]) for end in range(1, len(names) + 1)]
        asked += [child for child in (f"{full}.{item}" for item in items) if child in sys.modules]
        importer = importing.get("__name__")
        for one in asked:
            if importer and importer != one:
                self.asked_by.setdefault(one, set()).add(importer)
