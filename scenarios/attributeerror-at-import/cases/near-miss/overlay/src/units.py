import src.main

VERSION = src.main.VERSION
METRES = {"mm": 0.001, "m": 1.0}


def convert(value: float, unit: str, to: str) -> float:
    return value * METRES[unit] / METRES[to]
