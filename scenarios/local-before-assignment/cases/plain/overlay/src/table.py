from src.units import METRES

table: dict[str, float] | None = None


def load() -> dict[str, float]:
    """Fills the table once."""
    if table is None:
        table = dict(METRES)
    return table
