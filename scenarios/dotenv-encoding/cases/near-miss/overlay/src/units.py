# Längen
METRES = {"m": 1.0, "km": 1000.0}


def convert(value: float, unit: str, to: str) -> float:
    return value * METRES[unit] / METRES[to]
