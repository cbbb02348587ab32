from pydantic import BaseModel, Field


class Length(BaseModel):
    kind: str = Field("length", const=True)
    value: float
