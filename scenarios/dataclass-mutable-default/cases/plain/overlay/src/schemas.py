from dataclasses import dataclass


@dataclass
class Length:
    value: float
    tags: list[str] = []
    factors: dict[str, float] = {"m": 1.0}
