from pydantic import BaseModel


class Scale(BaseModel):
    factor: float = 1.0
