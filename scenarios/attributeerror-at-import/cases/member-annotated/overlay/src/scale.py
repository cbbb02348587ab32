from enum import StrEnum


class Scale(StrEnum):
    METRIC = "metric"
    IMPERIAL: "imperial"


DEFAULT = Scale.IMPERIAL
