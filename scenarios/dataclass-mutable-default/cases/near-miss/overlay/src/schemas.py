from pydantic import BaseModel


class Length(BaseModel):
    value: float
    tags = []
