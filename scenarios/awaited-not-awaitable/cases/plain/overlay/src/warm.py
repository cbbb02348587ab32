from src.units import METRES


def warm() -> int:
    return len(METRES)
