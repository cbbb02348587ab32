"""
Which declared versions must change so that the set installs.

Exact pins and other upper bounds are read as lower bounds, and uv gives the lowest versions with wheels for this Python that go together: one
call. What that call moved is then narrowed down: every bound that can stay as it is written, stays. What is left must move. A package that builds
in no version, and that the tree has only because others wanted it, is left out, and the others move until none wants it.
"""
from __future__ import annotations

import re
from collections.abc import Callable

from .compiling import Answer, Wanted
from .distribution_names import normal
from .failed_builds import GIVEN_UP
from .version_question import MOST_SUSPECTS, Question
from .version_words import next_major, release, same, with_bounds

# More bounds than this are not narrowed one by one.
MOST_NARROWED = 40


class Installing(Question):
    async def install(self) -> list[dict]:
        loose = await self.together(list(self.bounds))
        if loose.versions is None:
            return [{"goal": "install", "step": "lowest", "moves": [], "problem": loose.problem}]
        loose = await self._without_hopeless(loose)
        everything = list(self.bounds)
        moved = await self._narrow(self.candidates(loose.versions))
        moved = await self._without_built(moved, loose.versions)
        answer = await self.together(moved)
        if answer.versions is None:
            moved, answer = everything, loose
        moved, answer = await self._buildable(moved, answer)
        moved = [name for name in moved if not same(self.bounds[name].get("exact") or "", (answer.versions or {}).get(name, "-"))]
        fixed = [name for name in everything if name not in moved]

        async def raised(step: str, ceiling: Callable[[str], str] | None) -> list[dict]:
            newest = [self._raised(name, (answer.versions or {}).get(name), ceiling) for name in moved]
            return self.answer("install", step, moved, await self.compiler.ask(Wanted(
                self.lines(fixed, loosened=step == "newest"), [*newest, *self.q["free"]], self.limits)))

        self.add(self.answer("install", "lowest", moved, answer))
        return await self.add_all(raised("same-major", next_major), raised("newest", None))

    async def _without_hopeless(self, loose: Answer) -> Answer:
        """Leaves out what builds in no version: the versions of others that want it are excluded with it."""
        own = {normal(re.match(r"[\w.-]+", line)[0]) for line in self.q["free"]}
        for name in sorted(self.compiler.sources & set(loose.versions) - own):
            bound = self.bounds.get(name)
            # Of what the manifest does not name, only what the installer stumbled over is looked at.
            may_go = name in self.q.get("failed", []) if bound is None else not bound.get("used")
            if not may_go or not await self._hopeless(name, loose.versions[name]) or bound is not None and not await self._wanted_by_others(name, loose):
                continue
            bounds, self.bounds = self.bounds, {other: kept for other, kept in self.bounds.items() if other != name}
            # No version is below 0: whatever wants this package is no candidate any more.
            self.limits.append(f"{name}<0")
            without = await self.together(list(self.bounds))
            if without.versions is None:
                self.bounds = bounds
                self.limits.pop()
                continue
            loose = without
            if bound is not None:
                self.dropped.append(name)
        return loose

    async def _wanted_by_others(self, name: str, loose: Answer) -> bool:
        """
        Whether it would come without its own line too, with the others as they are written or moved. What only the tree names may be used in ways
        that nobody sees.
        """
        bounds, self.bounds = self.bounds, {other: kept for other, kept in self.bounds.items() if other != name}
        try:
            if name in ((await self.together(list(self.bounds))).versions or {}):
                return True
            # Those that stay were in that set as they are written.
            for other in self.candidates(loose.versions):
                answer = await self.compiler.ask(Wanted([self.bounds[other]["written"]]), strict=True)
                if name in (answer.versions or {}):
                    return True
            return False
        finally:
            self.bounds = bounds

    async def _hopeless(self, name: str, version: str) -> bool:
        """Whether neither this version builds nor the newest one. A build that was only given up may succeed elsewhere."""
        newest = ((await self.compiler.alone(name)).versions or {}).get(name)
        if newest is None:
            return False
        for each in dict.fromkeys((version, newest)):
            said = await self.compiler.builds(name, each)
            if said is None or GIVEN_UP in said:
                return False
        return True

    async def _narrow(self, candidates: list[str]) -> list[str]:
        """The smallest part of the candidates that cannot stay as written, while all others do."""
        if len(candidates) > MOST_NARROWED:
            return candidates
        # A version without a usable wheel must move, whatever the others do.
        written = {self.bounds[name]["written"]: name for name in candidates}
        usable = await self.compiler.individually(written)
        certain = [name for line, name in written.items() if line not in usable]
        doubtful = [name for line, name in written.items() if line in usable]
        needed = set(certain) | set(await self._needed(doubtful, certain))
        return [name for name in candidates if name in needed]

    async def _needed(self, doubtful: list[str], loosened: list[str]) -> list[str]:
        """Halves, then halves of halves: which of `doubtful` must be loosened besides `loosened`."""
        if not doubtful or (await self.compiler.ask(self.wanted(loosened), strict=True)).versions is not None:
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
        crossing = [name for name in moved if self.bounds[name].get("used") and (exact := self.bounds[name].get("exact"))
                    and release(exact)[0] != release(versions[name])[0]]
        for name in crossing[:MOST_SUSPECTS]:
            if not await self._fails(name, self.bounds[name]["exact"]):
                self.compiler.sources.add(name)
                kept.remove(name)
                if (await self.compiler.ask(self.wanted(kept))).versions is None:
                    kept.append(name)
        return kept

    async def _buildable(self, moved: list[str], answer: Answer) -> tuple[list[str], Answer]:
        """Sources that this answer would build are built on trial; one that fails is taken in its newest version instead."""
        for _ in range(3):
            built = sorted(name for name in self.compiler.sources & set(answer.versions or {}) if name in self.bounds and name not in self.newest)
            failing = [name for name in built if await self._fails(name, answer.versions[name])]
            if not failing:
                break
            self.newest.update(failing)
            wider = [*moved, *(name for name in failing if name not in moved)]
            again = await self.together(wider)
            if again.versions is None:
                break
            moved, answer = wider, again
        return moved, answer

    async def _fails(self, name: str, version: str) -> bool:
        if name in self.q.get("failed", []) and same(version, self.bounds[name].get("exact", "-")):
            return True  # the installer has just tried it
        return await self.compiler.builds(name, version) is not None

    def _raised(self, name: str, lowest: str | None, ceiling) -> str:
        bound = self.bounds[name]
        base = bound["bare"] if name in self.beyond else bound["loose"]
        return base if ceiling is None or lowest is None else with_bounds(base, f"<{ceiling(lowest)}")
