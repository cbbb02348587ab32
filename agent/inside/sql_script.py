"""A script for psql, cut into its statements: the server takes one at a time, and some of them (CREATE DATABASE) only alone."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# What a statement is cut at, and what hides a semicolon: comments, texts, quoted names, $tag$ bodies.
PART = re.compile(
    r"(?P<end>;)|(?P<comment>--[^\n]*)|(?P<open>/\*)|(?P<text>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z))|(?P<name>\"(?:[^\"]|\"\")*(?:\"|\Z))|(?P<tag>\$(?:[A-Za-z_]\w*)?\$)", re.DOTALL)
# \c shop   \connect "shop" app
CONNECT = re.compile(r"\\c(?:onnect)?[ \t]+(?:\"(?P<quoted>[^\"]+)\"|'(?P<text>[^']+)'|(?P<bare>[^\s\"';-][^\s;]*))")
FROM_STDIN = re.compile(r"\bCOPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


class Step(NamedTuple):
    sql: str
    # The rows that follow a `COPY … FROM stdin`.
    rows: str | None = None
    # The database to go on in; then there is no SQL.
    connect: str | None = None


def steps(script: str) -> Iterator[Step]:
    """Statements and changes of the database, in order. Other commands of psql itself (`\\set`, `\\echo`) are left out."""
    at = begin = 0
    while at < len(script):
        if script[at] == "\\" and not script[begin:at].strip():
            end = script.find("\n", at)
            end = len(script) if end < 0 else end
            match = CONNECT.match(script, at, end)
            if match is not None and (name := match["quoted"] or match["text"] or match["bare"]) != "-":
                yield Step("", connect=name)
            at = begin = end
            continue
        match = PART.match(script, at)
        if match is None:
            at += 1
        elif match["end"]:
            statement = script[begin:at].strip()
            at = begin = match.end()
            if statement and FROM_STDIN.search(statement):
                rows, at = _rows(script, at)
                begin = at
                yield Step(statement, rows=rows)
            elif statement:
                yield Step(statement)
        elif match["open"]:
            at = _comment_end(script, match.end())
        elif match["comment"] and not script[begin:at].strip():
            at = begin = match.end()
        elif match["tag"]:
            close = script.find(match["tag"], match.end())
            at = len(script) if close < 0 else close + len(match["tag"])
        else:
            at = match.end()
    if rest := script[begin:].strip():
        yield Step(rest)


def _comment_end(script: str, at: int) -> int:
    """Comments can hold comments."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(script, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(script)


def _rows(script: str, at: int) -> tuple[str, int]:
    """The lines up to `\\.`, and where the script goes on."""
    at = script.find("\n", at) + 1 or len(script)
    match = re.compile(r"^\\\.[ \t\r]*$", re.MULTILINE).search(script, at)
    return (script[at:], len(script)) if match is None else (script[at:match.start()], match.end())
