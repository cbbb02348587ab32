from dataclasses import make_dataclass

Measure = make_dataclass("Measure", [("unit", str, "m"), ("value", float)])
