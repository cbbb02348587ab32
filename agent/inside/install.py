"""Makes environments with uv. One environment is one folder; it is complete when its marker file says what is in it.

Two runs that want the same folder wait for each other on a lock file; the second finds the marker and does nothing. A failing install
is data: what uv printed, and its exit code.
"""
from __future__ import annotations

import asyncio
import fcntl
import glob
import json
import os
import re
import shutil
import time
import tomllib
from collections.abc import Callable

from .environment import environment_python
from .failed_builds import FAILED, MACHINE, failed_builds
from .grown import exactly, has_strangers, plant
from .log import LogBook
from .requirement_files import flat, is_private, needs_rewriting
from .plain_file import read_plain
from .uv import STATE, Uv
from .wheels import BUILD_SECONDS, missing_wheel, planned

MANIFEST_BYTES = 20_000_000
# An environment that failed is taken as it was for so long.
FAILURE_SECONDS = 24 * 3600


def marker_file(environment: str) -> str:
    return os.path.join(environment, STATE, "complete.json")


class Install:
    def __init__(self, request: dict, say: Callable[[dict], None], nest: tuple[int, int] | None) -> None:
        self._r, self._say, self._uv = request, say, Uv(request, nest)
        self._begun = time.monotonic()
        self._book = LogBook(lambda line: say({"type": "line", "line": line}), self._begun)
        self._command: list[str] = []
        self._exit: dict | None = None

    async def run(self) -> dict:
        environment = self._r["environment"]
        os.makedirs(os.path.join(environment, STATE), exist_ok=True)
        with open(os.path.join(environment, STATE, "lock"), "w") as lock:
            await _locked(lock)
            marker = read_marker(environment)
            if marker is not None and os.access(os.path.join(environment, "bin", "python"), os.X_OK):
                os.utime(marker_file(environment))
                return self._result(marker, cached=True)
            known = self._known_failure()
            if known is not None:
                return known
            result = self._result(await self._build(), cached=False)
            self._remember(result)
            return result

    def _known_failure(self) -> dict | None:
        """A failing build takes up to a minute and fails again; for a day it is taken as it was."""
        path = os.path.join(self._r["environment"], STATE, "failed.json")
        try:
            if time.time() - os.stat(path).st_mtime > FAILURE_SECONDS:
                return None
            with open(path, encoding="utf-8") as file:
                return json.load(file) | {"cached": True, "seconds": round(time.monotonic() - self._begun, 3)}
        except (OSError, ValueError):
            return None

    def _remember(self, result: dict) -> None:
        text = "\n".join(line["text"] for line in result["lines"])
        # Only what the package itself is to blame for: a machine that is out of memory, disk or network may be well again.
        if not result["ok"] and result["exit"] == {"code": 1} and FAILED.search(text) and not MACHINE.search(text):
            failed_builds(self._uv).remember(text)
            write_atomically(os.path.join(self._r["environment"], STATE, "failed.json"), json.dumps(result))

    async def _build(self) -> dict | None:
        """The marker's content, or None when something failed; then `_exit` says what."""
        self._say({"type": "stage", "stage": "install", "what": "installing the packages"})
        marker = await self._grown() or await self._fresh()
        if marker is not None:
            write_atomically(marker_file(self._r["environment"]), json.dumps(marker))
        return marker

    async def _grown(self) -> dict | None:
        """
        Out of the seed, when the outcome is what it would be without. Whatever goes wrong here is no answer: only a fresh environment says why an
        installation fails.
        """
        environment, seed = self._r["environment"], self._r.get("seed")
        steps = [exactly(step) for step in install_steps(self._r["plan"], self._r["tree"], environment)]
        if seed is None or not steps or read_marker(seed["folder"]) is None:
            return None
        book, self._book = self._book, LogBook(lambda _line: None, self._begun)
        self._make_room()
        if await asyncio.to_thread(plant, seed, environment) and await self._run("venv", "--allow-existing", "--python", self._r["python"], environment):
            for arguments in steps:
                if await missing_wheel(self._uv, arguments, os.path.join(environment, "bin", "python")) is not None or not await self._run(*arguments):
                    break
            else:
                marker = await self._complete()
                if marker is not None and not await asyncio.to_thread(has_strangers, environment):
                    return marker
        self._book = book
        return None

    async def _fresh(self) -> dict | None:
        self._make_room()
        environment, python = self._r["environment"], self._r["python"]
        if not await self._run("venv", "--allow-existing", "--python", python, environment):
            return None
        for arguments in install_steps(self._r["plan"], self._r["tree"], environment):
            missing = await missing_wheel(self._uv, arguments, os.path.join(environment, "bin", "python"))
            if missing is not None and await self._fails_again(missing, arguments):
                return None
            if not await self._run(*arguments, limit=None if missing is None else BUILD_SECONDS):
                # Only what has a wheel missing has a limit.
                if missing is not None and self._exit == {"late": True}:
                    self._give_up(missing)
                return None
        return await self._complete()

    async def _complete(self) -> dict | None:
        environment = self._r["environment"]
        uvicorn = "declared"
        if not glob.glob(os.path.join(environment, "lib", "python*", "site-packages", "uvicorn")):
            uvicorn = "missing"
            if not await self._run("pip", "install", *_compiled(environment), "uvicorn"):
                return None
        return {"uvicorn": uvicorn, "packages": installed(environment)}

    async def _fails_again(self, missing: str, arguments: list[str]) -> bool:
        """Another project met the same failing build: what was said then is said again."""
        failed = failed_builds(self._uv)
        for version in [missing, *(await planned(self._uv, arguments) if failed.any() else [])]:
            said = failed.known(*version.split("==", 1))
            if said is not None:
                self._command, self._exit = [self._r["uv"], *arguments], {"code": 1}
                self._book.feed("stderr", f"{said}\n".encode())
                return True
        return False

    def _make_room(self) -> None:
        """Empties a half-built environment, but keeps the folder itself: it can be a mount point."""
        environment, user = self._r["environment"], self._r.get("user")
        for entry in os.listdir(environment):
            if entry == STATE:
                continue
            path = os.path.join(environment, entry)
            shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        os.makedirs(self._r["cache"], exist_ok=True)
        if user and os.getuid() == 0:
            os.chown(environment, user["uid"], user["gid"])
            own(self._r["cache"], user)

    def _give_up(self, missing: str) -> None:
        self._exit = {"signal": "SIGKILL"}
        said = failed_builds(self._uv).give_up(*missing.split("==", 1), BUILD_SECONDS)
        self._book.feed("stderr", f"{said}\n".encode())

    async def _run(self, *arguments: str, limit: float | None = None) -> bool:
        self._command = [self._r["uv"], *arguments]
        self._exit = await self._uv.run(*arguments, heard=self._book.feed, limit=limit)
        return self._exit == {"code": 0}

    def _result(self, marker: dict | None, cached: bool) -> dict:
        return {
            "ok": marker is not None, "exit": self._exit if marker is None else {"code": 0}, "lines": self._book.lines(),
            "dropped": self._book.dropped, "command": self._command, "cached": cached, "uvicorn": (marker or {}).get("uvicorn", "declared"),
            "packages": (marker or {}).get("packages", []), "python": environment_python(self._r["environment"]),
            "seconds": round(time.monotonic() - self._begun, 3),
        }


def _compiled(environment: str) -> list[str]:
    return ["--compile-bytecode", "--python", os.path.join(environment, "bin", "python")]


def install_steps(plan: dict, tree: str, environment: str) -> list[list[str]]:
    """uv's command lines for a plan, in order.

    `locked` takes what the lock or the pins say; `newest` ignores locks and loosens exact pins to lower bounds.
    """
    kind, newest = plan["kind"], plan["policy"] == "newest"
    install = ["pip", "install", *_compiled(environment), *_without_own_index(tree)]
    if kind == "uv-lock" and not newest:
        chosen = [word for group in plan["groups"] for word in ("--group", group)] + [word for extra in plan["extras"] for word in ("--extra", extra)]
        project = [] if plan.get("project") is not None else ["--no-install-project"]
        return [["sync", "--frozen", "--compile-bytecode", "--no-editable", "--no-default-groups", *project, *chosen,
                 "--python", os.path.join(environment, "bin", "python")]]
    arguments: list[str] = []
    if kind == "requirements":
        if plan["manifest"]:
            arguments += _requirements(os.path.join(tree, plan["manifest"]), plan["manifest"], environment, newest)
    elif kind in ("pyproject", "uv-lock") and not plan["requirements"] and plan.get("project") is None:
        arguments += ["-r", plan["manifest"]]
        arguments += [word for extra in plan["extras"] for word in ("--extra", extra)]
    requirements = [loosen(line) for line in plan["requirements"]] if newest else list(plan["requirements"])
    if requirements:
        arguments += ["-r", _written(environment, "requirements.txt", requirements)]
    if plan.get("project") is not None:
        extras = f"[{','.join(plan['extras'])}]" if plan["extras"] else ""
        arguments.append(os.path.normpath(os.path.join(tree, plan["project"])) + extras)
    if kind != "requirements":
        manifest = plan["manifest"] if plan["manifest"].endswith("pyproject.toml") else "pyproject.toml"
        arguments += [word for group in plan["groups"] if has_group(os.path.join(tree, manifest), group)
                      for word in ("--group", f"{manifest}:{group}")]
    return [[*install, *arguments]] if arguments else []


def _without_own_index(tree: str) -> list[str]:
    """uv reads `[tool.uv]` of the tree; a private index that is named there must not be asked."""
    try:
        with open(os.path.join(tree, "pyproject.toml"), encoding="utf-8", errors="replace") as manifest:
            text = manifest.read()
    except OSError:
        return []
    return ["--no-config"] if "[tool.uv" in text and any(is_private(url) for url in re.findall(r"""url\s*=\s*["']([^"']+)""", text)) else []


def has_group(file: str, group: str) -> bool:
    """PEP 735 only: the groups of other tools are given as requirements."""
    try:
        return group in tomllib.loads(read_plain(file, MANIFEST_BYTES).decode()).get("dependency-groups", {})
    except (OSError, ValueError):
        return False


def loosen(line: str) -> str:
    """`name==1.2` → `name>=1.2`; hashes go, because they pin too. `==2.*` is a range already, and `==` in a marker no pin."""
    requirement, semicolon, marker = re.sub(r"\s+--hash[= ]\S+", "", line.rstrip("\\ \t")).partition(";")
    return re.sub(r"={2,3}\s*(?P<version>[^\s,#*+]+)(?:\+[\w.]+)?(?=[\s,#]|$)", r">=\g<version>", requirement) + semicolon + marker


def _requirements(path: str, name: str, environment: str, newest: bool) -> list[str]:
    """The options that hand a requirements file to uv."""
    if not newest and not needs_rewriting(path):
        return ["-r", name]
    try:
        wanted, limits = flat(path, loosen if newest else str)
    except OSError:
        return ["-r", name]
    options = ["-r", _written(environment, "newest.txt" if newest else "flat.txt", wanted)]
    return options + (["-c", _written(environment, "limits.txt", limits)] if limits else [])


def _written(environment: str, name: str, lines: list[str]) -> str:
    path = os.path.join(environment, STATE, name)
    write_atomically(path, "\n".join(lines) + "\n")
    os.chmod(path, 0o644)
    return path


def write_atomically(path: str, text: str) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)


def read_marker(environment: str) -> dict | None:
    try:
        with open(marker_file(environment), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def installed(environment: str) -> list[dict]:
    packages = []
    for folder in glob.glob(os.path.join(environment, "lib", "python*", "site-packages", "*.dist-info")):
        name, _, version = os.path.basename(folder)[: -len(".dist-info")].rpartition("-")
        packages.append({"name": name, "version": version})
    return sorted(packages, key=lambda package: package["name"].lower())


def own(folder: str, user: dict) -> None:
    """Gives a folder to the installing account, once."""
    if os.stat(folder).st_uid == user["uid"]:
        return
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(os.path.join(path, name), user["uid"], user["gid"], follow_symlinks=False)
    os.chown(folder, user["uid"], user["gid"])


async def _locked(lock) -> None:
    """Polls, because a blocking lock would stop the heartbeat."""
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            await asyncio.sleep(0.1)
