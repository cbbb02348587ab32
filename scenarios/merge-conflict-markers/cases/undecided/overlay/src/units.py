<<<<<<< HEAD
METRES = {"m": 1.0, "km": 1000.0}
=======
METRES = {"m": 1.0, "mi": 1609.344}
>>>>>>> add-miles


def convert(value: float, unit: str, to: str) -> float:
    """Raises KeyError with the unit that is not known."""
    return value * METRES[unit] / METRES[to]
