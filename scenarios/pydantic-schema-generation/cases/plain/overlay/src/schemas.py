from pydantic import BaseModel


class Scale:
    factor = 1.0


class Length(BaseModel):
    value: float
    scale: Scale
