"""Answers version questions with uv: which declared versions must change so that the set installs, and which other versions there are.

Limits: SECONDS for a question; a package that was asked about is raised in at most three steps (same minor, same major, newest) and capped in
at most two; at most MOST_SUSPECTS packages are asked about.
"""
from __future__ import annotations

import os
import shutil

from .compiling import Compiler
from .installing_versions import Installing
from .other_versions import OtherVersions
from .processes import sweep
from .relocking import lock_anew
from .uv import Uv

SECONDS = 120.0


async def resolve(request: dict, nest: tuple[int, int] | None) -> dict:
    uv = Uv(request, nest)
    python = os.path.join(request["environment"], "bin", "python")
    python = python if os.access(python, os.X_OK) else request["python"]
    question = request["question"]
    if question["goal"] == "lock":
        return await lock_anew(uv, request["tree"], python, question.get("names", []))
    compiler = Compiler(uv, python, SECONDS)
    try:
        answers = await answered(question, compiler)
    finally:
        await sweep()
        shutil.rmtree(uv.folder("resolve"), ignore_errors=True)
    return {"resolutions": answers, "calls": compiler.calls, "seconds": round(compiler.spent, 3)}


async def answered(question: dict, compiler: Compiler) -> list[dict]:
    if question["goal"] == "install":
        return await Installing(question, compiler).install()
    others = OtherVersions(question, compiler)
    return await (others.run() if question["goal"] == "run" else others.exist())
