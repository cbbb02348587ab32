from pydantic import BaseModel


class Lengths(BaseModel):
    root: list[float]
    unit = "m"
