from pydantic import BaseModel, root_validator


class Length(BaseModel):
    value: float

    @root_validator
    def positive(cls, values):
        return values
