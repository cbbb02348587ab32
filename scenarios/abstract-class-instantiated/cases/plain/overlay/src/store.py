from src.ports import Store
from src.units import METRES


class TableStore(Store):
    def facter(self, unit: str) -> float:
        return METRES[unit]

    def units(self) -> list[str]:
        return sorted(METRES)
