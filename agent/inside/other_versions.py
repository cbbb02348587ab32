"""Other versions of packages that install and do not run, each with the fewest others that must follow; and whether a name is a package at all."""
from __future__ import annotations

import re
from collections.abc import Callable

from .compiling import PRE_RELEASE, Wanted
from .distribution_names import normal
from .version_question import MOST_SUSPECTS, Question
from .version_words import next_major, next_minor, release, with_bounds


class OtherVersions(Question):
    async def run(self) -> list[dict]:
        suspects = self.q["suspects"][:MOST_SUSPECTS]
        steps = (("same-minor", None, next_minor), ("same-major", next_minor, next_major), ("newest", next_major, None))
        raised = [self._raise(suspect, *step) for step in steps for suspect in suspects]
        return await self.add_all(*raised, *(self._lower(suspect) for suspect in suspects), *([self._dated()] if self.q.get("before") else []))

    async def _raise(self, suspect: dict, step: str, floor: Callable[[str], str] | None, ceiling: Callable[[str], str] | None) -> list[dict]:
        """
        A newer version of one package, with the fewest others that must follow: what holds it back is raised with it. Each step leaves out the
        versions of the one before, or a package that is held back would never get beyond it.
        """
        name, version = suspect["name"], suspect["version"]
        others = [other for other in self.bounds if other != name]
        # `>2.0.0b3` would name a pre-release, and with it ask for more of them.
        above = f">={floor(version)}" if floor else f">={'.'.join(release(version))}" if PRE_RELEASE.search(version) else f">{version}"
        limits = above + (f",<{ceiling(version)}" if ceiling else "")
        free, constraints = self._about(name, limits)
        answer = await self.compiler.ask(Wanted(self.lines(others, loosened=True), free, constraints))
        if answer.versions is None or name not in answer.versions:
            return []
        moved = [other for other in self.candidates(answer.versions) if other != name and self.bounds[other].get("exact")]
        moved += await self._ranges_that_move(name, moved, free, constraints)
        return self.answer("raise", step, [*moved, *([name] if name in self.bounds else [])], answer, about=name)

    async def _ranges_that_move(self, name: str, moved: list[str], free: list[str], constraints: list[str]) -> list[str]:
        ranges = [other for other, bound in self.bounds.items() if other != name and not bound.get("exact")]
        staying = [bound["written"] for other, bound in self.bounds.items() if other != name and other not in moved and other not in ranges]
        kept = [self.bounds[other]["written"] for other in ranges]
        loose = [self.bounds[other]["loose"] for other in moved]
        if not ranges or (await self.compiler.ask(Wanted([*loose, *staying], [*free, *kept], constraints))).versions is not None:
            return []
        return ranges

    async def _lower(self, suspect: dict) -> list[dict]:
        """Older versions of one package that the manifest leaves open: below the newest minor, then below the newest major."""
        name, version = suspect["name"], suspect["version"]
        if self.bounds.get(name, {}).get("exact"):
            return []
        found, seen = [], set()
        major, minor = release(version)[:2]
        for step, cap in (("same-major", f"{major}.{minor}" if minor != "0" else major), ("older-major", major)):
            free, constraints = self._about(name, f"<{cap}", written=True)
            bounds = [bound["written"] for other, bound in self.bounds.items() if other != name]
            answer = await self.compiler.ask(Wanted([], [*bounds, *free], constraints))
            older = (answer.versions or {}).get(name)
            if older and older not in seen:
                seen.add(older)
                found += self.answer("lower", step, [name], answer, about=name, cap=cap)
        return found

    async def _dated(self) -> list[dict]:
        """What a fresh install would have given on that day."""
        answer = await self.compiler.ask(self.wanted([], before=self.q["before"]), strict=True)
        moves = [{"name": name, "to": version} for name, version in sorted((answer.versions or {}).items())]
        return [] if answer.versions is None else [{"goal": "dated", "step": "whole", "moves": moves}]

    def _about(self, name: str, limits: str, written: bool = False) -> tuple[list[str], list[str]]:
        """(free lines, constraints) that hold one package within limits, wherever it is declared."""
        free = [line for line in self.q["free"] if normal(re.match(r"[\w.-]+", line)[0]) != name]
        own = [line for line in self.q["free"] if line not in free]
        if name in self.bounds:
            own = [self.bounds[name]["written" if written else "bare"]]
        limited = [with_bounds(line, limits) for line in own]
        return [*free, *limited], [*self.q["constraints"], *([] if own else [f"{name}{limits}"])]

    async def exist(self) -> list[dict]:
        """Is there a wheel for this Python; and was there anything of that name on the day asked for?"""
        for name in self.q["names"]:
            now = (await self.compiler.alone(name)).versions
            then = await self.compiler.alone(name, self.q.get("before")) if now and self.q.get("before") else None
            was = then is None or then.versions is not None or "wheel" in then.problem
            version = (now or {}).get(normal(name)) if was else None
            self.answers.append({"goal": "exist", "step": "whole", "moves": [], "about": name, **({"version": version} if version else {})})
        return self.answers
