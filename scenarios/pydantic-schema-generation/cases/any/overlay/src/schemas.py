from pydantic import BaseModel


class Length(BaseModel):
    value: float
    extra: any = None
