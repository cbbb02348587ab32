from pydantic import BaseModel, Field


class Length(BaseModel):
    unit: str = Field(regex="^[a-z]+$")
