from pydantic import BaseModel, validator


class Length(BaseModel):
    value: float

    @validator("valeu")
    def positive(cls, value):
        return abs(value)
