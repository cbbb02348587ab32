"""One question about versions: the bounds it is about, how they are put to uv, and the answers so far."""
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Sequence

from .compiling import TOO_HIGH, Answer, Compiler, Wanted
from .distribution_names import normal
from .version_words import same

# Packages that are asked about, at most.
MOST_SUSPECTS = 3


class Question:
    def __init__(self, question: dict, compiler: Compiler) -> None:
        self.q, self.compiler = question, compiler
        self.bounds: dict[str, dict] = {bound["name"]: bound for bound in question["bounds"]}
        # Bounds whose lower bound is above everything there is.
        self.beyond: set[str] = set()
        # Bounds that are taken in their newest version: their lowest does not build.
        self.newest: set[str] = set()
        self.limits: list[str] = list(question["constraints"])
        # Bounds that are left out.
        self.dropped: list[str] = []
        self.answers: list[dict] = []

    async def together(self, loosened: Sequence[str]) -> Answer:
        """Everything at once, the bounds of `loosened` read as lower ones."""
        for _ in range(8):
            answer = await self.compiler.ask(self.wanted(loosened))
            match = TOO_HIGH.search(answer.problem) if answer.versions is None else None
            name = normal(match["name"] or match["other"]) if match else ""
            if name not in loosened or name in self.beyond:
                return answer
            self.beyond.add(name)
        return answer

    def wanted(self, loosened: Sequence[str], before: str | None = None) -> Wanted:
        lowest, newest, limits = [], list(self.q["free"]), list(self.limits)
        for name, bound in self.bounds.items():
            if bound.get("constraint"):
                limits.append(bound["loose" if name in loosened else "written"])
            elif name not in loosened:
                (lowest if bound.get("exact") else newest).append(bound["written"])
            elif name in self.beyond:
                newest.append(bound["bare"])
            elif name in self.newest or bound["loose"] == bound["bare"]:
                newest.append(bound["loose"])
            else:
                lowest.append(bound["loose"])
        return Wanted(lowest, newest, limits, before)

    def lines(self, names: Iterable[str], loosened: bool) -> list[str]:
        return [self.bounds[name]["loose" if loosened and name not in self.beyond else "written"] for name in names]

    def candidates(self, versions: dict[str, str]) -> list[str]:
        """Bounds that may have to move: pins that came out otherwise, and all ranges, which only uv can judge."""
        return [name for name, bound in self.bounds.items()
                if name in versions and (not bound.get("exact") or not same(bound["exact"], versions[name]))]

    def answer(self, goal: str, step: str, moved: Iterable[str], answer: Answer, **more: object) -> list[dict]:
        """One answer, or none."""
        if answer.versions is None:
            return []
        moves = [{"name": name, "to": answer.versions[name]} for name in moved if name in answer.versions]
        version = more.get("about") and answer.versions.get(more["about"])
        if not moves and not self.dropped and "about" not in more:
            return []
        return [{"goal": goal, "step": step, "moves": moves, **more, **({"version": version} if version else {}), **({"drops": self.dropped} if self.dropped else {})}]

    async def add_all(self, *asked: Awaitable[list[dict]]) -> list[dict]:
        """Asks all at once and adds the answers in the order of the questions."""
        for answers in await asyncio.gather(*asked):
            self.add(answers)
        return self.answers

    def add(self, answers: Iterable[dict]) -> None:
        """Further answers, unless they say the same as one before."""
        def said(answer: dict) -> tuple:
            return answer["moves"], answer.get("version"), answer.get("cap")

        for answer in answers:
            if all(said(other) != said(answer) for other in self.answers):
                self.answers.append(answer)
