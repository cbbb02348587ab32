from src.scales import Scale

METRES = {"m": 1.0, "km": 1000.0}


def convert(value: float, unit: str, to: str) -> float:
    return value * METRES[unit] / METRES[to]


def scaled(scale: Scale) -> float:
    return scale.factor
