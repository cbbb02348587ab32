from pydantic import BaseModel


class Length(BaseModel):
    value: float
    scale: Scale


SHORT = Length(value=1.0, scale=None)
