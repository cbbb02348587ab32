from importlib_resources import files

METRES = {"mm": 0.001, "cm": 0.01, "m": 1.0, "km": 1000.0, "in": 0.0254, "ft": 0.3048, "mi": 1609.344}


def convert(value: float, unit: str, to: str) -> float:
    """Raises KeyError with the unit that is not known."""
    return value * METRES[unit] / METRES[to]
