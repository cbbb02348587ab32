from src.units import METRES


class Scale:
    factor = METRES["m"]
