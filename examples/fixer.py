#!/usr/bin/env python3
"""An outside fixer in 30 lines: boot-check DIR --fixer "python3 examples/fixer.py"

It reads one fault as JSON from stdin (contracts/fixer-request.schema.json) and prints a CodeFix, or null when it knows none
(contracts/fixer-reply.schema.json). This one knows a single thing: the in-house package `corelib` was renamed to `platform_core`.
boot-check applies the answer to its copy, boots it, and keeps it only when the fault is gone.
"""
import json
import re
import sys


def fix_for(request):
    issue = request["issue"]
    if "No module named 'corelib" not in issue["evidence"] or any("corelib" in one["title"] for one in issue["tried"]):
        return None
    for file in request["files"]:
        lines = [line for line in file["text"].splitlines(True) if re.match(r"\s*(from|import) corelib\b", line)]
        if len(lines) == 1 and file["text"].count(lines[0]) == 1:
            return {
                "file_path": file["file_path"],
                "old_code": lines[0],
                "new_code": lines[0].replace("corelib", "platform_core", 1),
                "explanation": "corelib is called platform_core since its version 4.",
            }
    return None


json.dump({"title": "Rename corelib to platform_core", "fix": fix_for(json.load(sys.stdin))}, sys.stdout)
