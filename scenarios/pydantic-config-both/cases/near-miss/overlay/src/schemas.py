from pydantic import BaseModel


class Length(BaseModel):
    value: float
    unit = "m"

    class Config:
        frozen = True
