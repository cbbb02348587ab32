from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Length(BaseModel):
    kind: Literal["length"] = "length"
    metres: float


class Weight(BaseModel):
    unit: str = "g"
    grams: float


class Measure(BaseModel):
    value: Annotated[Length | Weight, Field(discriminator="kind")]
