"""Lengths."""

import math
from __future__ import annotations

METRES = {"m": 1.0, "km": math.pow(10, 3)}


def convert(value: float, unit: str, to: str) -> float:
    return value * METRES[unit] / METRES[to]
