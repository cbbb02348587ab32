from pydantic import BaseModel, root_validator


class Length(BaseModel):
    value: float

    @root_validator
    def positive(cls, values):
        if values["value"] < 0:
            raise ValueError("must not be negative")
        return values
