METRES = {"mm": 0.001, "m": 1.0, "km": 1000.0}


def convert(value: float, unit: str, to: str) -> float:
    """Raises KeyError with the unit that is not known."""
    return value * METRES[unit] / METRES[to]
