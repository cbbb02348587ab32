from src.units import METRES


def load() -> dict[str, float]:
    if table is None:
        return dict(METRES)
    return table
