class Converter:
    """Converts."""


def to_metres(value: float) -> float:
    return value
