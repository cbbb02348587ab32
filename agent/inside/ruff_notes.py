"""What ruff says of the tree's names."""
from __future__ import annotations

import json
import os
import re
import subprocess

# A tree that is written for a tool of its own may have thousands.
MOST_UNDEFINED = 60


def ruff_notes(tree: str, ruff: str | None) -> tuple[list[dict], list[dict]]:
    """What ruff finds to be imported and never used (F401), and used and never defined (F821)."""
    if not ruff or not os.path.exists(ruff):
        return [], []
    try:
        ran = subprocess.run(
            [ruff, "check", "--select", "F401,F821", "--output-format", "json", "--no-cache", "--exit-zero", "--quiet", "--isolated", "."],
            cwd=tree, capture_output=True, text=True, timeout=60)
        records = json.loads(ran.stdout or "[]")
    except (OSError, subprocess.SubprocessError, ValueError):
        return [], []
    return (
        _records(records, "F401", r"`(?P<name>[^`]+)` imported but unused", tree),
        _records(records, "F821", r"Undefined name `(?P<name>[^`]+)`", tree)[:MOST_UNDEFINED],
    )


def _records(records: list[dict], code: str, message: str, tree: str) -> list[dict]:
    found = []
    for record in records:
        match = re.match(message, record.get("message", ""))
        if match and record.get("code") == code:
            file = os.path.relpath(record["filename"], os.path.realpath(tree)).replace(os.sep, "/")
            found.append({"file": file, "line": record["location"]["row"], "name": match["name"]})
    return found
