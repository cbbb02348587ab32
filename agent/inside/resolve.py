"""Answers version questions with uv: which declared versions must change so that the set installs, and which other versions there are.

The idea. Exact pins and other upper bounds are read as lower bounds, and uv gives the lowest versions with wheels for this Python that go
together: one call. What that call moved is then narrowed down: every bound that can stay as it is written, stays. What is left must move.
A package that builds in no version, and that the tree has only because others wanted it, is left out, and the others move until none wants it.

Limits: SECONDS for a question; a package that was asked about is raised in at most three steps (same minor, same major, newest) and capped in
at most two; at most MOST_SUSPECTS packages are asked about.
"""
from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Iterable, Sequence

from .compiling import PRE_RELEASE, TOO_HIGH, Answer, Compiler, Wanted
from .distribution_names import normal
from .failed_builds import GIVEN_UP
from .processes import sweep
from .relocking import lock_anew
from .uv import Uv

SECONDS = 120.0
MOST_SUSPECTS = 3
# More bounds than this are not narrowed one by one.
MOST_NARROWED = 40


async def resolve(request: dict, nest: tuple[int, int] | None) -> dict:
    uv = Uv(request, nest)
    python = os.path.join(request["environment"], "bin", "python")
    python = python if os.access(python, os.X_OK) else request["python"]
    if request["question"]["goal"] == "lock":
        return await lock_anew(uv, request["tree"], python, request["question"].get("names", []))
    compiler = Compiler(uv, python, SECONDS)
    resolver = Resolver(request["question"], compiler)
    try:
        answers = await {"install": resolver.install, "run": resolver.run, "exist": resolver.exist}[request["question"]["goal"]]()
    finally:
        await sweep()
        shutil.rmtree(uv.folder("resolve"), ignore_errors=True)
    return {"resolutions": answers, "calls": compiler.calls, "seconds": round(compiler.spent, 3)}


class Resolver:
    def __init__(self, question: dict, compiler: Compiler) -> None:
        self._q, self._compiler = question, compiler
        self._bounds: dict[str, dict] = {bound["name"]: bound for bound in question["bounds"]}
        # Bounds whose lower bound is above everything there is.
        self._beyond: set[str] = set()
        # Bounds that are taken in their newest version: their lowest does not build.
        self._newest: set[str] = set()
        self._limits: list[str] = list(question["constraints"])
        # Bounds that are left out.
        self._dropped: list[str] = []
        self._answers: list[dict] = []

    # --- what does not install

    async def install(self) -> list[dict]:
        loose = await self._together(list(self._bounds))
        if loose.versions is None:
            return [{"goal": "install", "step": "lowest", "moves": [], "problem": loose.problem}]
        loose = await self._without_hopeless(loose)
        everything = list(self._bounds)
        moved = await self._narrow(self._candidates(loose.versions))
        moved = await self._without_built(moved, loose.versions)
        answer = await self._together(moved)
        if answer.versions is None:
            moved, answer = everything, loose
        moved, answer = await self._buildable(moved, answer)
        moved = [name for name in moved if not same(self._bounds[name].get("exact") or "", (answer.versions or {}).get(name, "-"))]
        fixed = [name for name in everything if name not in moved]

        async def raised(step: str, ceiling: Callable[[str], str] | None) -> list[dict]:
            newest = [self._raised(name, (answer.versions or {}).get(name), ceiling) for name in moved]
            return self._answer("install", step, moved, await self._compiler.ask(Wanted(
                self._lines(fixed, loosened=step == "newest"), [*newest, *self._q["free"]], self._limits)))

        self._add(self._answer("install", "lowest", moved, answer))
        return await self._add_all(raised("same-major", _next_major), raised("newest", None))

    async def _without_hopeless(self, loose: Answer) -> Answer:
        """Leaves out what builds in no version: the versions of others that want it are excluded with it."""
        own = {normal(re.match(r"[\w.-]+", line)[0]) for line in self._q["free"]}
        for name in sorted(self._compiler.sources & set(loose.versions) - own):
            bound = self._bounds.get(name)
            # Of what the manifest does not name, only what the installer stumbled over is looked at.
            may_go = name in self._q.get("failed", []) if bound is None else not bound.get("used")
            if not may_go or not await self._hopeless(name, loose.versions[name]) or bound is not None and not await self._wanted_by_others(name, loose):
                continue
            bounds, self._bounds = self._bounds, {other: kept for other, kept in self._bounds.items() if other != name}
            # No version is below 0: whatever wants this package is no candidate any more.
            self._limits.append(f"{name}<0")
            without = await self._together(list(self._bounds))
            if without.versions is None:
                self._bounds = bounds
                self._limits.pop()
                continue
            loose = without
            if bound is not None:
                self._dropped.append(name)
        return loose

    async def _wanted_by_others(self, name: str, loose: Answer) -> bool:
        """
        Whether it would come without its own line too, with the others as they are written or moved. What only the tree names may be used in ways
        that nobody sees.
        """
        bounds, self._bounds = self._bounds, {other: kept for other, kept in self._bounds.items() if other != name}
        try:
            if name in ((await self._together(list(self._bounds))).versions or {}):
                return True
            # Those that stay were in that set as they are written.
            for other in self._candidates(loose.versions):
                answer = await self._compiler.ask(Wanted([self._bounds[other]["written"]]), strict=True)
                if name in (answer.versions or {}):
                    return True
            return False
        finally:
            self._bounds = bounds

    async def _hopeless(self, name: str, version: str) -> bool:
        """Whether neither this version builds nor the newest one. A build that was only given up may succeed elsewhere."""
        newest = ((await self._compiler.alone(name)).versions or {}).get(name)
        if newest is None:
            return False
        for each in dict.fromkeys((version, newest)):
            said = await self._compiler.builds(name, each)
            if said is None or GIVEN_UP in said:
                return False
        return True

    async def _together(self, loosened: Sequence[str]) -> Answer:
        """Everything at once, the bounds of `loosened` read as lower ones."""
        for _ in range(8):
            answer = await self._compiler.ask(self._wanted(loosened))
            match = TOO_HIGH.search(answer.problem) if answer.versions is None else None
            name = normal(match["name"] or match["other"]) if match else ""
            if name not in loosened or name in self._beyond:
                return answer
            self._beyond.add(name)
        return answer

    def _wanted(self, loosened: Sequence[str], before: str | None = None) -> Wanted:
        lowest, newest, limits = [], list(self._q["free"]), list(self._limits)
        for name, bound in self._bounds.items():
            if bound.get("constraint"):
                limits.append(bound["loose" if name in loosened else "written"])
            elif name not in loosened:
                (lowest if bound.get("exact") else newest).append(bound["written"])
            elif name in self._beyond:
                newest.append(bound["bare"])
            elif name in self._newest or bound["loose"] == bound["bare"]:
                newest.append(bound["loose"])
            else:
                lowest.append(bound["loose"])
        return Wanted(lowest, newest, limits, before)

    def _lines(self, names: Iterable[str], loosened: bool) -> list[str]:
        return [self._bounds[name]["loose" if loosened and name not in self._beyond else "written"] for name in names]

    def _candidates(self, versions: dict[str, str]) -> list[str]:
        """Bounds that may have to move: pins that came out otherwise, and all ranges, which only uv can judge."""
        return [name for name, bound in self._bounds.items()
                if name in versions and (not bound.get("exact") or not same(bound["exact"], versions[name]))]

    async def _narrow(self, candidates: list[str]) -> list[str]:
        """The smallest part of the candidates that cannot stay as written, while all others do."""
        if len(candidates) > MOST_NARROWED:
            return candidates
        # A version without a usable wheel must move, whatever the others do.
        written = {self._bounds[name]["written"]: name for name in candidates}
        usable = await self._compiler.individually(written)
        certain = [name for line, name in written.items() if line not in usable]
        doubtful = [name for line, name in written.items() if line in usable]
        needed = set(certain) | set(await self._needed(doubtful, certain))
        return [name for name in candidates if name in needed]

    async def _needed(self, doubtful: list[str], loosened: list[str]) -> list[str]:
        """Halves, then halves of halves: which of `doubtful` must be loosened besides `loosened`."""
        if not doubtful or (await self._compiler.ask(self._wanted(loosened), strict=True)).versions is not None:
            return []
        if len(doubtful) == 1:
            return doubtful
        half = len(doubtful) // 2
        left, right = doubtful[:half], doubtful[half:]
        of_left = await self._needed(left, [*loosened, *right])
        return [*of_left, *await self._needed(right, [*loosened, *of_left])]

    async def _without_built(self, moved: list[str], versions: dict[str, str]) -> list[str]:
        """A raise over a major changes the code that uses the package: rather build the written version, where that can be done."""
        kept = list(moved)
        crossing = [name for name in moved if self._bounds[name].get("used") and (exact := self._bounds[name].get("exact"))
                    and release(exact)[0] != release(versions[name])[0]]
        for name in crossing[:MOST_SUSPECTS]:
            if not await self._fails(name, self._bounds[name]["exact"]):
                self._compiler.sources.add(name)
                kept.remove(name)
                if (await self._compiler.ask(self._wanted(kept))).versions is None:
                    kept.append(name)
        return kept

    async def _buildable(self, moved: list[str], answer: Answer) -> tuple[list[str], Answer]:
        """Sources that this answer would build are built on trial; one that fails is taken in its newest version instead."""
        for _ in range(3):
            built = sorted(name for name in self._compiler.sources & set(answer.versions or {}) if name in self._bounds and name not in self._newest)
            failing = [name for name in built if await self._fails(name, answer.versions[name])]
            if not failing:
                break
            self._newest.update(failing)
            wider = [*moved, *(name for name in failing if name not in moved)]
            again = await self._together(wider)
            if again.versions is None:
                break
            moved, answer = wider, again
        return moved, answer

    async def _fails(self, name: str, version: str) -> bool:
        if name in self._q.get("failed", []) and same(version, self._bounds[name].get("exact", "-")):
            return True  # the installer has just tried it
        return await self._compiler.builds(name, version) is not None

    def _raised(self, name: str, lowest: str | None, ceiling) -> str:
        bound = self._bounds[name]
        base = bound["bare"] if name in self._beyond else bound["loose"]
        return base if ceiling is None or lowest is None else with_bounds(base, f"<{ceiling(lowest)}")

    # --- what may not be a package at all

    async def exist(self) -> list[dict]:
        """Is there a wheel for this Python; and was there anything of that name on the day asked for?"""
        for name in self._q["names"]:
            now = (await self._compiler.alone(name)).versions
            then = await self._compiler.alone(name, self._q.get("before")) if now and self._q.get("before") else None
            was = then is None or then.versions is not None or "wheel" in then.problem
            version = (now or {}).get(normal(name)) if was else None
            self._answers.append({"goal": "exist", "step": "whole", "moves": [], "about": name, **({"version": version} if version else {})})
        return self._answers

    # --- what installs and does not run

    async def run(self) -> list[dict]:
        suspects = self._q["suspects"][:MOST_SUSPECTS]
        steps = (("same-minor", None, _next_minor), ("same-major", _next_minor, _next_major), ("newest", _next_major, None))
        raised = [self._raise(suspect, *step) for step in steps for suspect in suspects]
        return await self._add_all(*raised, *(self._lower(suspect) for suspect in suspects), *([self._dated()] if self._q.get("before") else []))

    async def _raise(self, suspect: dict, step: str, floor: Callable[[str], str] | None, ceiling: Callable[[str], str] | None) -> list[dict]:
        """
        A newer version of one package, with the fewest others that must follow: what holds it back is raised with it. Each step leaves out the
        versions of the one before, or a package that is held back would never get beyond it.
        """
        name, version = suspect["name"], suspect["version"]
        others = [other for other in self._bounds if other != name]
        # `>2.0.0b3` would name a pre-release, and with it ask for more of them.
        above = f">={floor(version)}" if floor else f">={'.'.join(release(version))}" if PRE_RELEASE.search(version) else f">{version}"
        limits = above + (f",<{ceiling(version)}" if ceiling else "")
        free, constraints = self._about(name, limits)
        answer = await self._compiler.ask(Wanted(self._lines(others, loosened=True), free, constraints))
        if answer.versions is None or name not in answer.versions:
            return []
        moved = [other for other in self._candidates(answer.versions) if other != name and self._bounds[other].get("exact")]
        moved += await self._ranges_that_move(name, moved, free, constraints)
        return self._answer("raise", step, [*moved, *([name] if name in self._bounds else [])], answer, about=name)

    async def _ranges_that_move(self, name: str, moved: list[str], free: list[str], constraints: list[str]) -> list[str]:
        ranges = [other for other, bound in self._bounds.items() if other != name and not bound.get("exact")]
        staying = [bound["written"] for other, bound in self._bounds.items() if other != name and other not in moved and other not in ranges]
        kept = [self._bounds[other]["written"] for other in ranges]
        loose = [self._bounds[other]["loose"] for other in moved]
        if not ranges or (await self._compiler.ask(Wanted([*loose, *staying], [*free, *kept], constraints))).versions is not None:
            return []
        return ranges

    async def _lower(self, suspect: dict) -> list[dict]:
        """Older versions of one package that the manifest leaves open: below the newest minor, then below the newest major."""
        name, version = suspect["name"], suspect["version"]
        if self._bounds.get(name, {}).get("exact"):
            return []
        found, seen = [], set()
        major, minor = release(version)[:2]
        for step, cap in (("same-major", f"{major}.{minor}" if minor != "0" else major), ("older-major", major)):
            free, constraints = self._about(name, f"<{cap}", written=True)
            bounds = [bound["written"] for other, bound in self._bounds.items() if other != name]
            answer = await self._compiler.ask(Wanted([], [*bounds, *free], constraints))
            older = (answer.versions or {}).get(name)
            if older and older not in seen:
                seen.add(older)
                found += self._answer("lower", step, [name], answer, about=name, cap=cap)
        return found

    async def _dated(self) -> list[dict]:
        """What a fresh install would have given on that day."""
        answer = await self._compiler.ask(self._wanted([], before=self._q["before"]), strict=True)
        moves = [{"name": name, "to": version} for name, version in sorted((answer.versions or {}).items())]
        return [] if answer.versions is None else [{"goal": "dated", "step": "whole", "moves": moves}]

    def _about(self, name: str, limits: str, written: bool = False) -> tuple[list[str], list[str]]:
        """(free lines, constraints) that hold one package within limits, wherever it is declared."""
        free = [line for line in self._q["free"] if normal(re.match(r"[\w.-]+", line)[0]) != name]
        own = [line for line in self._q["free"] if line not in free]
        if name in self._bounds:
            own = [self._bounds[name]["written" if written else "bare"]]
        limited = [with_bounds(line, limits) for line in own]
        return [*free, *limited], [*self._q["constraints"], *([] if own else [f"{name}{limits}"])]

    def _answer(self, goal: str, step: str, moved: Iterable[str], answer: Answer, **more: object) -> list[dict]:
        """One answer, or none."""
        if answer.versions is None:
            return []
        moves = [{"name": name, "to": answer.versions[name]} for name in moved if name in answer.versions]
        version = more.get("about") and answer.versions.get(more["about"])
        if not moves and not self._dropped and "about" not in more:
            return []
        return [{"goal": goal, "step": step, "moves": moves, **more, **({"version": version} if version else {}), **({"drops": self._dropped} if self._dropped else {})}]

    async def _add_all(self, *asked: Awaitable[list[dict]]) -> list[dict]:
        """Asks all at once and adds the answers in the order of the questions."""
        for answers in await asyncio.gather(*asked):
            self._add(answers)
        return self._answers

    def _add(self, answers: Iterable[dict]) -> None:
        """Further answers, unless they say the same as one before."""
        def said(answer: dict) -> tuple:
            return answer["moves"], answer.get("version"), answer.get("cap")

        for answer in answers:
            if all(said(other) != said(answer) for other in self._answers):
                self._answers.append(answer)


def with_bounds(line: str, limits: str) -> str:
    """`a[x]>=1 ; marker` and `<2` → `a[x]>=1,<2 ; marker`"""
    requirement, semicolon, marker = line.partition(";")
    requirement = requirement.rstrip()
    joint = "," if re.search(r"[<>=~!]", requirement.rpartition("]")[2]) else ""
    return f"{requirement}{joint}{limits}" + (f" ;{marker}" if semicolon else "")


def release(version: str) -> list[str]:
    """`1!2.0.3rc1` → `["2", "0", "3"]`, at least two parts."""
    match = re.match(r"(?:\d+!)?v?(?P<release>\d+(?:\.\d+)*)", version)
    parts = match["release"].split(".") if match else ["0"]
    return parts if len(parts) > 1 else [*parts, "0"]


def _next_minor(version: str) -> str:
    major, minor = release(version)[:2]
    return f"{major}.{int(minor) + 1}"


def _next_major(version: str) -> str:
    return str(int(release(version)[0]) + 1)


def same(one: str, other: str) -> bool:
    """`2.0` is `2.0.0`; `1.0.RC1` is `1.0rc1`."""
    def plain(version: str) -> str:
        text = version.lower().lstrip("v")
        match = re.match(r"(?P<release>(?:\d+!)?\d+(?:\.\d+)*)(?P<rest>.*)", text)
        return re.sub(r"(\.0+)+$", "", match["release"]) + re.sub(r"[-_.]", "", match["rest"]) if match else text
    return plain(one) == plain(other)
