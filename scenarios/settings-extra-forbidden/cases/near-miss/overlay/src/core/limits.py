from pydantic import BaseModel


class Limits(BaseModel):
    model_config = {"extra": "forbid"}

    per_minute: int


def limits(**values: object) -> Limits:
    return Limits.model_validate(values)
