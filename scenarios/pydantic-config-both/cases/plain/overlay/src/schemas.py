from pydantic import BaseModel, ConfigDict


class Length(BaseModel):
    model_config = ConfigDict(extra="forbid")
    value: float

    class Config:
        orm_mode = True
        frozen = True
