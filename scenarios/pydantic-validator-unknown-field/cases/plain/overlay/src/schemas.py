from pydantic import BaseModel, field_validator


class Length(BaseModel):
    value: float

    @field_validator("valeu")
    @classmethod
    def positive(cls, value):
        return abs(value)
