"""Measures what well-known packages really bring: `python3 test/tools/measure-packages.py SITE PYTHON [FIRST] > harness/audit/package-facts.json`.

FIRST is what `python3 test/tools/measure-packages.py --first SITE PYTHON UV` printed: for packages with compiled parts, the first release that uv
can install on that Python from wheels alone.

SITE is a folder that uv filled (`uv pip install --target SITE --python-version PYTHON --only-binary :all: …`). Nothing is imported: modules come from
RECORD, requirements from METADATA, exported names from the syntax of the files.
"""
from __future__ import annotations

import ast
import email.parser
import glob
import json
import os
import re
import subprocess
import sys

# Libraries whose names backends take from the wrong place; of the others only the modules are kept.
WITH_NAMES = ("fastapi", "starlette", "sqlalchemy", "sqlmodel", "pydantic_settings", "jose", "passlib", "jwt")
DEEPEST = 4
# Insides that no backend imports from.
INSIDE = ("testing", "tests", "util", "utils", "cyextension", "connectors", "dialects", "engine", "event", "sql", "handlers", "dependencies", "openapi", "_compat")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(site: str) -> dict[str, dict]:
    found = {}
    for folder in sorted(glob.glob(os.path.join(site, "*.dist-info"))):
        with open(os.path.join(folder, "METADATA"), encoding="utf-8", errors="replace") as file:
            headers = email.parser.HeaderParser().parse(file)
        with open(os.path.join(folder, "WHEEL"), encoding="utf-8") as file:
            pure = all("-none-any" in line for line in file if line.startswith("Tag:"))
        requires, extras = [], {}
        for line in headers.get_all("Requires-Dist") or []:
            name = re.match(r"[A-Za-z0-9._-]+(?:\[[^\]]*\])?", line)
            marker = line.partition(";")[2]
            if name is None or not applies(marker):
                continue
            extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker)
            (extras.setdefault(normal(extra[1]), []) if extra else requires).append(wanted(name[0]))
        entry = {"version": headers["Version"], "modules": sorted(modules(folder))}
        if requires:
            entry["requires"] = sorted(set(requires))
        if extras:
            entry["extras"] = {extra: sorted(set(names)) for extra, names in sorted(extras.items())}
        if not pure:
            entry["compiled"] = True
        found[normal(headers["Name"])] = entry
    return found


def wanted(requirement: str) -> str:
    name, bracket, extras = requirement.partition("[")
    return normal(name) + (bracket + extras.lower() if bracket else "")


def applies(marker: str) -> bool:
    """Rough, and on the safe side: only what names another system or an older Python is left out."""
    text = marker.replace('"', "'")
    if re.search(r"(sys_platform|platform_system)\s*==\s*'(win32|Windows|darwin|emscripten|cygwin)'", text):
        return False
    if re.search(r"implementation_name\s*==\s*'pypy'|platform_python_implementation\s*==\s*'PyPy'", text):
        return False
    older = re.search(r"python(?:_full)?_version\s*<=?\s*'3\.(\d+)", text)
    return older is None or int(older[1]) > 14


def modules(folder: str) -> set[str]:
    names: set[str] = set()
    with open(os.path.join(folder, "RECORD"), encoding="utf-8", errors="replace") as file:
        for line in file:
            path = line.split(",")[0]
            first, slash, rest = path.partition("/")
            if not slash:
                stem, _, extension = first.partition(".")
                if extension.split(".")[-1] in ("py", "so") and stem.isidentifier():
                    names.add(stem)
            elif first.isidentifier() and first != "__pycache__" and rest.endswith((".py", ".so", ".pyi")):
                names.add(first)
    return names


class Names:
    """Names a module has once it is loaded; None for one that only running it would tell."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._known: dict[str, set[str] | None] = {}

    def file(self, module: str) -> str | None:
        base = os.path.join(self._site, *module.split("."))
        return next((path for path in (os.path.join(base, "__init__.py"), base + ".py") if os.path.isfile(path)), None)

    def of(self, module: str) -> set[str] | None:
        if module not in self._known:
            self._known[module] = None
            self._known[module] = self._read(module)
        return self._known[module]

    def _read(self, module: str) -> set[str] | None:
        path = self.file(module)
        if path is None:
            return None
        with open(path, "rb") as file:
            body = ast.parse(file.read()).body
        names: set[str] = set()
        package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
        if not self._walk(body, package, names):
            return None
        if path.endswith("__init__.py"):
            for entry in os.listdir(os.path.dirname(path)):
                stem = entry.split(".")[0]
                if stem.isidentifier() and (entry.endswith((".py", ".so")) or os.path.isdir(os.path.join(os.path.dirname(path), entry))):
                    names.add(stem)
        return names

    def _walk(self, body: list[ast.stmt], package: str, names: set[str]) -> bool:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                if node.name == "__getattr__":
                    return False
                names.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*parts, *([node.module] if node.module else [])])
                for alias in node.names:
                    if alias.name == "*":
                        below = self.of(base)
                        if below is None:
                            return False
                        names |= {name for name in below if not name.startswith("_")}
                    else:
                        names.add(alias.asname or alias.name)
            elif isinstance(node, ast.Import):
                names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and "globals" in ast.dump(node.value):
                return False
            else:
                names |= {target.id for target in ast.walk(node) if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store)}
                if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                    if not self._walk(node.orelse, package, names):
                        return False
                    continue
                for part in ("body", "orelse", "finalbody"):
                    if not self._walk(getattr(node, part, []), package, names):
                        return False
                for handler in getattr(node, "handlers", []):
                    if not self._walk(handler.body, package, names):
                        return False
        return True


def exported(site: str) -> dict[str, list[str]]:
    names, found = Names(site), {}
    for top in WITH_NAMES:
        for folder, folders, files in os.walk(os.path.join(site, top)):
            folders[:] = sorted(entry for entry in folders if not entry.startswith("_") and entry not in INSIDE)
            for file in sorted(files):
                if not file.endswith(".py") or (file.startswith("_") and file != "__init__.py"):
                    continue
                path = os.path.relpath(os.path.join(folder, file), site)[: -len(".py")]
                module = path.removesuffix("/__init__").replace(os.sep, ".")
                if module.count(".") >= DEEPEST:
                    continue
                have = names.of(module)
                if have is not None:
                    found[module] = sorted(name for name in have if not name.startswith("_"))
    return found


def first_releases(site: str, python: str, uv: str) -> dict[str, dict]:
    """The lowest release of all, and the lowest of the newest major: very old ones were often pure, and say nothing of those between."""
    known, found = distributions(site), {}
    compiled = {name for name, entry in known.items() if entry.get("compiled")}
    # pydantic is pure, and every release of it wants one exact release of its compiled half.
    for name in sorted(compiled | {"pydantic"}):
        major = known[name]["version"].partition(".")[0]
        asked = [lowest(uv, python, requirement) for requirement in (name, f"{name}>={major}")]
        found[name] = {"firstWheels": list(dict.fromkeys(version for version in asked if version))}
        # What is the same in the lowest and in the highest resolution is tied to one release.
        tied = {version: {other: release for other, release in resolved(uv, python, f"{name}=={version}", "lowest").items()
                          if other in compiled - {name} and resolved(uv, python, f"{name}=={version}", "highest").get(other) == release} for version in found[name]["firstWheels"]}
        if any(tied.values()):
            found[name]["companions"] = {version: others for version, others in tied.items() if others}
    return found


def lowest(uv: str, python: str, requirement: str) -> str | None:
    return resolved(uv, python, requirement, "lowest-direct").get(normal(requirement.partition(">=")[0]))


def resolved(uv: str, python: str, requirement: str, resolution: str) -> dict[str, str]:
    asked = subprocess.run(
        [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python-version", python, "--python-platform", "x86_64-unknown-linux-gnu",
         "--only-binary", ":all:", "--resolution", resolution, "-"], input=requirement, capture_output=True, text=True)
    lines = [line.split(";")[0].strip().partition("==") for line in asked.stdout.splitlines()]
    return {normal(name): version for name, equals, version in lines if equals}


if __name__ == "__main__":
    if sys.argv[1] == "--first":
        print(json.dumps(first_releases(*sys.argv[2:5])))
        sys.exit()
    site, python = sys.argv[1:3]
    first = json.load(open(sys.argv[3])) if len(sys.argv) > 3 else {}
    facts = {"python": python, "distributions": distributions(site), "exports": exported(site)}
    for name, measured in first.items():
        facts["distributions"][name] |= measured
    sys.stdout.write("{\n")
    sys.stdout.write(f'"python": {json.dumps(python)},\n"stdlib": {json.dumps(" ".join(sorted(n for n in sys.stdlib_module_names if not n.startswith("_") or n in ("__future__", "_thread"))))},\n')
    for part, last in (("distributions", False), ("exports", True)):
        entries = [f"{json.dumps(key)}: {json.dumps(' '.join(value) if part == 'exports' else value)}" for key, value in facts[part].items()]
        sys.stdout.write(f'"{part}": {{\n' + ",\n".join(entries) + "\n}" + ("\n" if last else ",\n"))
    sys.stdout.write("}\n")
