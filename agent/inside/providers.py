"""Which distribution provides a module: looked up, never guessed."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable

from .distribution_names import normal

# Shorter names are all near to one another.
SHORTEST_SLIP = 5
# What the list of pipreqs lacks or has wrong, each checked against the modules that the distribution really contains.
CORRECTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "import-names.txt")


def usual(asked: Iterable[str], owners: dict[str, str], mapping: str | None) -> dict[str, str]:
    """Import name → the distribution that nearly everybody means by it, where another one is installed."""
    table = (_mapping(mapping) if mapping else {}) | _mapping(CORRECTIONS)
    return {name: table[name] for name in asked if name in owners and name in table and normal(owners[name]) != normal(table[name])}


def known_providers(asked: Iterable[str], distributions: list[dict], mapping: str | None) -> dict[str, str]:
    """Import name → distribution, for names that nothing installed provides.

    Looked-up sources, the surest first: a few corrections of ours, the list of pipreqs, and optional requirements that installed packages name
    themselves.
    """
    present = {module for distribution in distributions for module in distribution["modules"]}
    table = (_mapping(mapping) if mapping else {}) | _mapping(CORRECTIONS)
    named = {}
    for distribution in distributions:
        for line in distribution["requires"]:
            match = re.match(r"[A-Za-z0-9._-]+", line)
            if match:
                named.setdefault(normal(match[0]), match[0])
    known = {}
    for name in asked:
        if name in present:
            continue
        plain = normal(name)
        answer = table.get(name) or named.get(plain) or named.get(f"python-{plain}") or named.get(f"{plain}-binary")
        if answer:
            known[name] = answer
    return known


def _mapping(path: str) -> dict[str, str]:
    try:
        with open(path, encoding="utf-8") as file:
            pairs = (line.strip().split(":", 1) for line in file if ":" in line)
            return {left: right for left, right in pairs}
    except OSError:
        return {}


def look_alikes(asked: Iterable[str], distributions: list[dict], mapping: str | None) -> dict[str, list[str]]:
    """Name → well-known or installed names that are one slip away from it, for names that are none of them themselves."""
    known = {normal(name) for distribution in distributions for name in (distribution["name"], *distribution["modules"])}
    if mapping:
        known |= {normal(name) for pair in _mapping(mapping).items() for name in (pair[0].partition(".")[0], pair[1])}
    found = {}
    for name in asked:
        plain = normal(name)
        if plain not in known and len(plain) >= SHORTEST_SLIP:
            near = sorted(other for other in known if len(other) >= SHORTEST_SLIP and _one_slip(plain, other))
            if near:
                found[name] = near[:3]
    return found


def _one_slip(one: str, other: str) -> bool:
    """One letter too many, missing, wrong, or two that changed places."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (left, right) in enumerate(zip(one, other)) if left != right), min(len(one), len(other)))
    left, right = one[start:], other[start:]
    return left[1:] == right or left == right[1:] or left[1:] == right[1:] or (left[:2] == right[1::-1] and left[2:] == right[2:])
