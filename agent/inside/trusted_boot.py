"""A boot whose record is that of a cold start: forked where that gives the same, and made again, cold, where a fork cannot be trusted."""
from __future__ import annotations

import re

from .between import Between
from .boot import Boot, Say
from .ladder import AskOutside
from .warm import Warm

# `  File "/env/lib/python3.14/site-packages/jwt/api.py", line 3, in <module>`: a package that fails while it is imported.
IN_PACKAGE = re.compile(r'File "(?P<file>[^"]+site-packages/[^"]+(?<!__main__\.py))", line \d+, in <module>')


async def boot(command: dict, say: Say, ask_outside: AskOutside, between: Between) -> dict:
    """The boot's output. Raises only for what is not the app's fault."""
    warm = between.warm
    run = Boot(command, say, ask_outside, between)
    output = await run.run(fork=command.get("fork") == "now")
    if run.forked and (doubt := run.differs or _doubt(run, output, warm)):
        # Not certainly what a cold start shows: then a cold start shall say it.
        said, forked = run.differs, output
        run = Boot(command, say, ask_outside, between)
        output = await run.run(fork=False) | {"start": {"how": "cold", "why": doubt}}
        if said or _outcome(output) != _outcome(forked):
            warm.distrust(command, doubt)
    if not run.forked:
        warm.failing |= _failing_packages(output)
    if command.get("fork"):
        # A healthy first look is followed by the confirmation, which is cold.
        warm.learn(command, run.modules, output["timings"]["total"], restart=command["fork"] == "now" or output["stage"] != "healthy")
    return output


def _doubt(run: Boot, output: dict, warm: Warm) -> str:
    if not run.had_last_word:
        return "it ended without a word"
    # What a cold start has shown to fail may fail in a fork too.
    return next((f"{_short(file)} fails while it is imported" for file in _failing_packages(output) - warm.failing), "")


def _outcome(output: dict) -> tuple:
    return output["stage"], output["exit"]


def _failing_packages(output: dict) -> set[str]:
    """Files of packages that failed while they were imported: perhaps because others were imported before them."""
    matches = (IN_PACKAGE.search(line["text"]) for line in output["lines"])
    return {match["file"] for match in matches if match is not None}


def _short(file: str) -> str:
    return file.rpartition("site-packages/")[2]
