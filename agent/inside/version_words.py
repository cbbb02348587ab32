"""Versions and requirement lines as text."""
from __future__ import annotations

import re


def with_bounds(line: str, limits: str) -> str:
    """`a[x]>=1 ; marker` and `<2` → `a[x]>=1,<2 ; marker`"""
    requirement, semicolon, marker = line.partition(";")
    requirement = requirement.rstrip()
    joint = "," if re.search(r"[<>=~!]", requirement.rpartition("]")[2]) else ""
    return f"{requirement}{joint}{limits}" + (f" ;{marker}" if semicolon else "")


def release(version: str) -> list[str]:
    """`1!2.0.3rc1` → `["2", "0", "3"]`, at least two parts."""
    match = re.match(r"(?:\d+!)?v?(?P<release>\d+(?:\.\d+)*)", version)
    parts = match["release"].split(".") if match else ["0"]
    return parts if len(parts) > 1 else [*parts, "0"]


def next_minor(version: str) -> str:
    major, minor = release(version)[:2]
    return f"{major}.{int(minor) + 1}"


def next_major(version: str) -> str:
    return str(int(release(version)[0]) + 1)


def same(one: str, other: str) -> bool:
    """`2.0` is `2.0.0`; `1.0.RC1` is `1.0rc1`."""
    def plain(version: str) -> str:
        text = version.lower().lstrip("v")
        match = re.match(r"(?P<release>(?:\d+!)?\d+(?:\.\d+)*)(?P<rest>.*)", text)
        return re.sub(r"(\.0+)+$", "", match["release"]) + re.sub(r"[-_.]", "", match["rest"]) if match else text
    return plain(one) == plain(other)
