from pydantic import BaseModel


class Length(BaseModel):
    value: float = one
