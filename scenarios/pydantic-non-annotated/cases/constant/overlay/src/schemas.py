from pydantic import BaseModel


FACTORS = {"m": 1.0}


class Length(BaseModel):
    value: float
    factors = FACTORS
