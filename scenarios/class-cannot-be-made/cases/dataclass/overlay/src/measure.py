from dataclasses import dataclass


@dataclass
class Measure:
    unit: str = "m"
    value: float
