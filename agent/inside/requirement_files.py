"""requirements.txt as uv should see it: one flat file, readable bytes, and no address of a package index that only its owner may ask.

Most files go to uv as they are. A file is written anew when it is not plain UTF-8, names an index of its own, or has a form that uv does not take.
"""
from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable

# Indexes that everybody may ask. The machine's own settings say where the first one is reached.
PUBLIC = {"pypi.org", "pypi.python.org", "files.pythonhosted.org", "test.pypi.org", "download.pytorch.org"}
OPTION = re.compile(r"^(?P<flag>-r|--requirement|-c|--constraint|-e|--editable|-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host)[= \t]+(?P<value>\S+)")
HOST = re.compile(r"^[a-z+]+://(?:[^/@]*@)?(?P<host>[^/:]+)", re.IGNORECASE)
# -e git+https://host/name.git@v1#egg=name   ·   git+ssh://…#egg=name
EGG = re.compile(r"^(?P<url>(?:git|hg|svn|bzr)\+[^#\s]+)#(?:.*&)?egg=(?P<name>[\w.-]+(?:\[[\w,-]+\])?)")


def read_text(path: str) -> str:
    """The file's text, whatever Windows made of it. @raises OSError"""
    with open(path, "rb") as file:
        data = file.read()
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def logical_lines(text: str) -> list[str]:
    """Without comments; a backslash at the end goes on in the next line."""
    joined = re.sub(r"\\\r?\n", " ", text)
    return [line for raw in joined.splitlines() if (line := re.sub(r"(^|\s)#.*$", "", raw).strip())]


def is_private(url: str) -> bool:
    match = HOST.match(url)
    return match is not None and match["host"].lower() not in PUBLIC


def needs_rewriting(path: str, seen: frozenset[str] = frozenset()) -> bool:
    """True when uv could not read the file, or would ask an index that is nobody else's business."""
    if path in seen:
        return False
    try:
        with open(path, "rb") as file:
            if file.read(3).startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return True
        lines = logical_lines(read_text(path))
    except OSError:
        return False
    for line in lines:
        option = OPTION.match(line)
        if EGG.match(option["value"] if option and option["flag"] in ("-e", "--editable") else line):
            return True
        if option and option["flag"] in ("-i", "--index-url", "--extra-index-url", "-f", "--find-links") and is_private(option["value"]):
            return True
        if option and option["flag"] in ("-r", "--requirement", "-c", "--constraint"):
            if needs_rewriting(os.path.normpath(os.path.join(os.path.dirname(path), option["value"])), seen | {path}):
                return True
    return False


def flat(path: str, change: Callable[[str], str] = str, constraint: bool = False, seen: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """(requirements and options, constraints) of a file and all it includes; paths are absolute. `change` sees each requirement."""
    wanted: list[str] = []
    limits: list[str] = []
    if path in seen:
        return wanted, limits
    own = limits if constraint else wanted
    folder = os.path.dirname(path)
    for line in logical_lines(read_text(path)):
        option = OPTION.match(line)
        flag, value = (option["flag"], option["value"]) if option else ("", "")
        if flag in ("-r", "--requirement", "-c", "--constraint"):
            inner = os.path.normpath(os.path.join(folder, value))
            if not os.path.isfile(inner):
                own.append(f"{flag} {inner}")  # uv says best what is missing
                continue
            more, less = flat(inner, change, constraint or flag in ("-c", "--constraint"), seen | {path})
            wanted += more
            limits += less
        elif flag in ("-i", "--index-url", "--trusted-host") or (flag in ("--extra-index-url", "-f", "--find-links") and is_private(value)):
            continue
        elif flag in ("-e", "--editable") or EGG.match(line):
            egg = EGG.match(value or line)
            own.append(f"{egg['name']} @ {egg['url']}" if egg else f"-e {_absolute(folder, value)}")
        elif flag in ("-f", "--find-links"):
            own.append(f"--find-links {_absolute(folder, value)}")
        elif line.startswith("-"):
            own.append(line)
        elif re.match(r"\.{0,2}/", line):
            own.append(_absolute(folder, line))
        else:
            own.append(change(line))
    return wanted, limits


def _absolute(folder: str, path: str) -> str:
    return path if HOST.match(path) else os.path.normpath(os.path.join(folder, path))
