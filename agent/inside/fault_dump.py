"""Reads what the interpreter's fault handler prints when it is made to."""
from __future__ import annotations

import re


def parse_fault_dump(text: str) -> list[dict]:
    """`Current thread 0x… (most recent call first):` blocks of faulthandler; ours have the innermost frame last."""
    stacks: list[dict] = []
    for line in text.splitlines():
        if re.match(r"(Current thread|Thread) 0x[0-9a-f]+", line):
            stacks.append({"kind": "thread", "name": line.split(" (")[0], "frames": []})
        elif stacks and (match := re.match(r'\s+File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>.+)', line)):
            stacks[-1]["frames"].insert(0, {"file": match["file"], "line": int(match["line"]), "function": match["function"]})
    return stacks
