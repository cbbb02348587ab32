from src.units import METRES

FACTOR = METRES["m"]
