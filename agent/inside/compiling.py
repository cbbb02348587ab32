"""One question to uv's resolver: which versions go together on this Python, as wheels.

Three things that uv's command line does not offer are made here. Some requirements must come out in their lowest version and others in their
newest: the latter are put into a wheel of our own that requires them, because `lowest-direct` means direct ones only. A package that has no
wheel at all is allowed to be built. A lower bound above everything that exists is dropped.
"""
from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from .distribution_names import normal
from .failed_builds import failed_builds
from .uv import Uv

# Limits: one call, one trial build, all of one question.
CALL_SECONDS, BUILD_SECONDS = 60.0, 90.0
MOST_ESCAPES = 12
# Mostly they wait for the package index.
AT_ONCE = 4
NO_WHEEL = re.compile(r"Wheels are required for `(?P<name>[\w.-]+)`")
TOO_HIGH = re.compile(r"only (?P<name>[A-Za-z][\w.-]*)(?:\[[\w,-]+\])?<=?\S+ is available|there (?:is no version|are no versions) of (?P<other>[A-Za-z][\w.-]*)")
PRE_RELEASE = re.compile(r"\d\.?(?:a|b|c|rc|alpha|beta|dev|pre)\.?\d", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """What to resolve. `lowest` come out in their lowest version that fits, `newest` in their newest."""

    lowest: Sequence[str]
    newest: Sequence[str] = ()
    constraints: Sequence[str] = ()
    before: str | None = None


@dataclass(frozen=True)
class Answer:
    """`versions` by normalised name; None when there is no answer, and `problem` is what uv said."""

    versions: dict[str, str] | None
    problem: str = ""


@dataclass
class Compiler:
    uv: Uv
    python: str
    seconds: float
    calls: int = 0
    # Packages without any wheel, by normalised name.
    sources: set[str] = field(default_factory=set)
    _built: dict[str, str | None] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @property
    def spent(self) -> float:
        return time.monotonic() - self._begun

    async def ask(self, wanted: Wanted, strict: bool = False) -> Answer:
        """`strict`: no package is allowed to be built that was not before."""
        for _ in range(MOST_ESCAPES):
            # Another question may come to the same package first, while this one is being asked without it.
            known = frozenset(self.sources)
            answer = await self._call(wanted)
            if answer.versions is not None or strict:
                return answer
            missing = NO_WHEEL.search(answer.problem)
            if missing is None or normal(missing["name"]) in known:
                return answer
            self.sources.add(normal(missing["name"]))
        return answer

    async def _call(self, wanted: Wanted, whole: bool = True) -> Answer:
        """`whole` False: the requirements alone, without what they need."""
        async with self._places:
            if self.spent > self.seconds:
                return Answer(None, "The resolver took too long.")
            return await self._compile(wanted, whole)

    async def _compile(self, wanted: Wanted, whole: bool) -> Answer:
        folder = self.uv.folder("resolve")
        name = f"{self.calls:03}"
        self.calls += 1
        # A pre-release is only chosen where it is named directly.
        direct = [*wanted.lowest, *(line for line in wanted.newest if PRE_RELEASE.search(line) or "@" in line)]
        indirect = [line for line in wanted.newest if line not in direct]
        links = os.path.join(folder, f"{name}-links")
        arguments = ["pip", "compile", "--quiet", "--no-config", "--no-header", "--no-annotate", "--python", self.python]
        if indirect and whole:
            direct.append(_bundle(links, indirect))
            arguments += ["--find-links", links]
        elif indirect:
            direct += indirect
        arguments += ["--resolution", "lowest-direct" if whole else "highest", "--only-binary", ":all:"]
        arguments += [word for source in sorted(self.sources) for word in ("--no-binary", source)]
        if not whole:
            arguments.append("--no-deps")
        if wanted.before:
            arguments += ["--exclude-newer", wanted.before]
        if wanted.constraints:
            arguments += ["--constraint", _write(folder, f"{name}-limits.txt", wanted.constraints)]
        out: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        ended = await self.uv.run(
            *arguments, _write(folder, f"{name}.in", direct), heard=lambda stream, data: out[stream].extend(data), cwd=folder,
            limit=min(CALL_SECONDS, max(1.0, self.seconds - self.spent)), beside=True)
        if ended != {"code": 0}:
            return Answer(None, out["stderr"].decode("utf-8", "replace")[-4000:] or "The resolver took too long.")
        return Answer(_versions(out["stdout"].decode("utf-8", "replace")))

    async def alone(self, line: str, before: str | None = None) -> Answer:
        """One requirement without what it needs, as a wheel."""
        return await self._call(Wanted([], [line], before=before), whole=False)

    async def builds(self, name: str, version: str) -> str | None:
        """Why the source of this version does not build here; None when it does."""
        key = f"{name}=={version}"
        failed = failed_builds(self.uv)
        if key not in self._built and (known := failed.known(name, version)) is not None:
            self._built[key] = known
        if key not in self._built:
            out = bytearray()
            target = os.path.join(self.uv.folder("resolve"), f"build-{len(self._built):03}")
            ended = await self.uv.run(
                "pip", "install", "--no-config", "--no-deps", "--python", self.python, "--target", target, key,
                heard=lambda _stream, data: out.extend(data), cwd=self.uv.folder("resolve"), limit=BUILD_SECONDS)
            text = out.decode("utf-8", "replace")
            if ended == {"code": 1}:
                failed.remember(text)
            said = failed.give_up(name, version, BUILD_SECONDS) if ended == {"late": True} else text[-4000:]
            self._built[key] = None if ended == {"code": 0} else said or "The build did not end."
        return self._built[key]

    async def individually(self, lines: Iterable[str]) -> set[str]:
        """Those lines that have a wheel for this Python, each looked at alone, without what they need."""
        lines = list(lines)
        answers = await asyncio.gather(*(self.alone(line) for line in lines))
        return {line for line, answer in zip(lines, answers, strict=True) if answer.versions is not None}


def _versions(text: str) -> dict[str, str]:
    """`name==1.2 ; marker` lines."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"(?P<name>[A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)", line)
        if match and not match["name"].startswith("boot-check-"):
            found[normal(match["name"])] = match["version"]
    return found


def _write(folder: str, name: str, lines: Iterable[str]) -> str:
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))
    return path


def _bundle(folder: str, lines: Sequence[str]) -> str:
    """A wheel that requires these lines; the requirement that asks for it. Its local version names its content, and is no registry's."""
    version = "0+" + hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    os.makedirs(folder, exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: boot-check-bundle\nVersion: {version}\n" + "".join(f"Requires-Dist: {line}\n" for line in lines)
    with zipfile.ZipFile(os.path.join(folder, f"boot_check_bundle-{version}-py3-none-any.whl"), "w") as wheel:
        info = f"boot_check_bundle-{version}.dist-info"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: boot-check\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return f"boot-check-bundle=={version}"
