from src.ports import Store
from src.units import METRES


class TableStore(Store):
    def units(self) -> list[str]:
        return sorted(METRES)
