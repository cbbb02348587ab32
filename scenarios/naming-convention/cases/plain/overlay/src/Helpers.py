class converter:
    """Converts."""


def toMetres(value: float) -> float:
    return value
