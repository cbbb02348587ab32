from pydantic import BaseModel, Field


class Length(BaseModel):
    unit: str = Field("m", const=True)
